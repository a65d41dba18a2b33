import { readdir } from "node:fs/promises";
import { constants, monitorEventLoopDelay, PerformanceObserver, type PerformanceEntry } from "node:perf_hooks";
import { cpuUsage, getActiveResourcesInfo, memoryUsage, uptime, version } from "node:process";

import { Counter, Gauge, Histogram, type Registry } from "./prometheus.ts";

/** How often the event loop is looked at (milliseconds). */
const RESOLUTION = 20;
const NANOSECONDS = 1e9;
const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/**
 * What there is to say of the process itself, by the names under which dashboards look for it. prom-client's own
 * `collectDefaultMetrics` would observe the garbage collector and the event loop for ever: nothing ends them, and a process that
 * opens and closes servers would gather observers.
 *
 * @returns ends the observers; the numbers stay
 */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | undefined | Promise<number | undefined>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const value = await read();
        if (value !== undefined && Number.isFinite(value)) this.set(value);
      },
    });

  const startedAt = Math.round(Date.now() / 1000 - uptime());
  gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", () => startedAt);
  watchCpu(registers);
  gauge("process_resident_memory_bytes", "Memory that the process holds.", () => memoryUsage.rss());
  gauge("process_open_fds", "Open files and connections. Linux only.", openFiles);
  gauge("nodejs_heap_size_total_bytes", "The heap of JavaScript objects.", () => memoryUsage().heapTotal);
  gauge("nodejs_heap_size_used_bytes", "What of the heap is in use.", () => memoryUsage().heapUsed);
  gauge(
    "nodejs_external_memory_bytes",
    "Memory outside of the heap that its objects hold.",
    () => memoryUsage().external,
  );
  gauge(
    "nodejs_active_resources",
    "Timers, connections and requests under way.",
    () => getActiveResourcesInfo().length,
  );
  new Gauge({
    name: "nodejs_version_info",
    help: "1; the version is in the label.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  const ends = [watchEventLoop(registers), watchGarbageCollector(registers)];
  return () => {
    for (const end of ends) end();
  };
}

function watchCpu(registers: Registry[]): void {
  for (const [name, read] of [
    ["process_cpu_user_seconds_total", () => cpuUsage().user],
    ["process_cpu_system_seconds_total", () => cpuUsage().system],
    ["process_cpu_seconds_total", () => cpuUsage().user + cpuUsage().system],
  ] as const) {
    new Counter({
      name,
      help: "Processor time of the process.",
      registers,
      collect() {
        this.reset();
        this.inc(read() / 1e6);
      },
    });
  }
}

async function openFiles(): Promise<number | undefined> {
  try {
    return (await readdir("/proc/self/fd")).length - 1;
  } catch {
    return undefined;
  }
}

/** How late timers are: since the last time that somebody looked. */
function watchEventLoop(registers: Registry[]): () => void {
  const late = monitorEventLoopDelay({ resolution: RESOLUTION });
  late.enable();
  const gauges = (["mean", "p50", "p90", "p99", "max"] as const).map(
    (name) =>
      [
        name,
        new Gauge({
          name: `nodejs_eventloop_lag_${name}_seconds`,
          help: `Time between two looks at the event loop, ${String(RESOLUTION)} ms apart, since the last scrape: ${name}.`,
          registers,
        }),
      ] as const,
  );
  new Gauge({
    name: "nodejs_eventloop_lag_seconds",
    help: "Delay of the event loop at this moment.",
    registers,
    async collect() {
      const start = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - start) / 1000);
    },
  });
  const read = { mean: () => late.mean, max: () => late.max };
  // Read by the first of the gauges for all, since reading begins anew.
  const [, first] = gauges[0] ?? [];
  if (first !== undefined) {
    Object.assign(first, {
      collect: () => {
        for (const [name, gauge] of gauges) {
          const value = name === "mean" || name === "max" ? read[name]() : late.percentile(Number(name.slice(1)));
          if (Number.isFinite(value)) gauge.set(value / NANOSECONDS);
        }
        late.reset();
      },
    });
  }
  return () => {
    late.disable();
  };
}

function watchGarbageCollector(registers: Registry[]): () => void {
  const durations = new Histogram({
    name: "nodejs_gc_duration_seconds",
    help: "Pauses for garbage collection.",
    labelNames: ["kind"],
    buckets: [0.001, 0.01, 0.1, 1],
    registers,
  });
  for (const kind of Object.values(GC_KINDS)) durations.zero({ kind });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { detail?: { kind?: number } })[]) {
      durations.observe({ kind: GC_KINDS[entry.detail?.kind ?? 0] ?? "other" }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => {
    observer.disconnect();
  };
}
