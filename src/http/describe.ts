import { errorResponses } from "../errors/responses.ts";

/** The endpoints for probes and metrics, for the description of the API. OpenAPI 3.1.0, "Paths Object". */

export const SERVER_TAG = { name: "server", description: "How the server is, and what it can do." };

const status = (description: string, value: string) => ({
  description,
  content: {
    "application/json": {
      schema: { type: "object", properties: { status: { type: "string", const: value } }, required: ["status"] },
    },
  },
});

export const healthPaths = {
  "/healthz": {
    get: {
      operationId: "getHealth",
      summary: "Ask whether the process answers",
      tags: [SERVER_TAG.name],
      security: [],
      responses: { "200": status("It does.", "ok") },
    },
  },
  "/readyz": {
    get: {
      operationId: "getReadiness",
      summary: "Ask whether requests can be served",
      description: "The database is reachable and migrated.",
      tags: [SERVER_TAG.name],
      security: [],
      responses: { "200": status("They can.", "ok"), "503": status("They cannot.", "unavailable") },
    },
  },
};

export const metricsPaths = {
  "/metrics": {
    get: {
      operationId: "getMetrics",
      summary: "Read metrics for Prometheus",
      description:
        "In the text format, version 0.0.4. Needs the token of `METRICS_TOKEN` as bearer where one is configured; a session's is of no use here.",
      tags: [SERVER_TAG.name],
      security: [{}, { bearer: [] }],
      responses: {
        "200": {
          description: "All metrics.",
          content: { "text/plain; version=0.0.4; charset=utf-8": { schema: { type: "string" } } },
        },
        ...errorResponses(["unauthorized"], { mediaType: "application/vnd.api+json" }),
      },
    },
  },
};
