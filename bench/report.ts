import type { Measured } from "./measure.ts";

export interface Row {
  readonly scenario: string;
  readonly users: number;
  /** Statements of one request, see countStatements(). */
  readonly queries: string;
  readonly server: Measured;
  /** Without it, `hashes` a second are what the machine can do. */
  readonly floor?: { readonly queries: string; readonly measured: Measured };
  readonly hashes?: number;
  /** Processor time per request with this many users over that with the fewest. */
  readonly flatness?: number;
}

const COLUMNS: readonly (readonly [title: string, width: number, cell: (row: Row) => string])[] = [
  ["scenario", -32, ({ scenario }) => scenario],
  ["users", 9, ({ users }) => String(users)],
  ["queries", 9, ({ queries }) => queries],
  ["floor's", 9, ({ floor }) => floor?.queries ?? ""],
  ["rekey/s", 9, ({ server }) => rate(server.requestsPerSecond)],
  [
    "floor/s",
    9,
    ({ floor, hashes }) =>
      floor === undefined ? `${rate(hashes ?? Number.NaN)}*` : rate(floor.measured.requestsPerSecond),
  ],
  [
    "rate",
    7,
    ({ server, floor, hashes }) =>
      `×${(server.requestsPerSecond / (floor?.measured.requestsPerSecond ?? hashes ?? Number.NaN)).toFixed(2)}`,
  ],
  ["cpu µs", 9, ({ server }) => server.cpu.toFixed(0)],
  ["floor's", 9, ({ floor }) => floor?.measured.cpu.toFixed(0) ?? ""],
  ["cpu", 7, ({ server, floor }) => (floor === undefined ? "" : `×${(server.cpu / floor.measured.cpu).toFixed(2)}`)],
  ["p50 ms", 9, ({ server }) => server.p50.toFixed(1)],
  ["p99 ms", 9, ({ server }) => server.p99.toFixed(1)],
  ["p99/p50", 9, ({ server }) => (server.p99 / server.p50).toFixed(1)],
  ["flat", 7, ({ flatness }) => (flatness === undefined ? "" : `×${flatness.toFixed(2)}`)],
  ["failed", 8, ({ server, floor }) => String(server.failures + (floor?.measured.failures ?? 0))],
];

export function printHead(): void {
  console.log(COLUMNS.map(([title, width]) => padded(title, width)).join(""));
}

export function printRow(row: Row): void {
  console.log(COLUMNS.map(([, width, cell]) => padded(cell(row), width)).join(""));
}

export const LEGEND = `
queries: statements that the database executes for one request, + those that begin and commit
rate: requests per second, times the floor's; * of passwords: times the hashes that all cores can do
cpu: processor time of the server's process for one request, times the floor's (less is better); hashing has its own process
p50, p99: of the server, in milliseconds, with all connections busy
flat: the server's processor time for one request, times that with the fewest users`;

function rate(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}

function padded(text: string, width: number): string {
  return width < 0 ? text.padEnd(-width) : text.padStart(width);
}
