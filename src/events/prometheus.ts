/**
 * The parts of prom-client that we use. The whole of it brings its default metrics too, and with them all of OpenTelemetry: a twentieth of
 * a start.
 */
export { default as Counter } from "prom-client/lib/counter.js";
export { default as Gauge } from "prom-client/lib/gauge.js";
export { default as Histogram } from "prom-client/lib/histogram.js";
export { default as Registry } from "prom-client/lib/registry.js";
