/**
 * Loaded before a server that is looked into (`--import`), so that nothing of it need be in the server: answers its parent's
 * questions about the process, one at a time.
 */
import { Session, type Profiler } from "node:inspector/promises";
import { createRequire } from "node:module";

export interface Answers {
  /** Processor time of all its threads since it began, in user mode and in the kernel: microseconds. */
  readonly cpu: number;
  /** Bytes, after the garbage is collected (needs `--expose-gc`). */
  readonly heap: { readonly used: number; readonly external: number; readonly rss: number };
  /** What the database driver was told to execute between the first time that this is asked and the second. */
  readonly statements: readonly string[];
  /** Of the main thread, between the first time that this is asked and the second. */
  readonly profile: Profiler.Profile | null;
}

export type Question = keyof Answers;

type Method = (this: { readonly sql?: string }, ...parameters: unknown[]) => unknown;
type Methods = Record<string, Method>;

const require = createRequire(import.meta.url);
let counted: { readonly statements: string[]; readonly end: () => void } | undefined;
let inspector: Session | undefined;

/** Notes every call of the drivers' methods that execute a statement, until the end. */
function countStatements() {
  const statements: string[] = [];
  const sqlite = (require("sqlite3") as { Statement: { prototype: Methods } }).Statement.prototype;
  const postgres = (require("pg") as { Client: { prototype: Methods } }).Client.prototype;
  const watched = [
    ...["all", "run", "get", "each"].map((name) => ({ prototype: sqlite, name })),
    { prototype: postgres, name: "query" },
  ].map(({ prototype, name }) => ({ prototype, name, original: prototype[name] as Method }));
  for (const { prototype, name, original } of watched) {
    prototype[name] = function (...parameters) {
      const [first] = parameters as [string | { readonly text?: string } | undefined];
      statements.push(this.sql ?? (typeof first === "object" ? first.text : first) ?? "");
      return original.apply(this, parameters);
    };
  }
  const end = () => {
    for (const { prototype, name, original } of watched) prototype[name] = original;
  };
  return { statements, end };
}

async function profile(): Promise<Profiler.Profile | null> {
  if (inspector === undefined) {
    inspector = new Session();
    inspector.connect();
    await inspector.post("Profiler.enable");
    await inspector.post("Profiler.setSamplingInterval", { interval: 200 });
    await inspector.post("Profiler.start");
    return null;
  }
  const { profile: taken } = await inspector.post("Profiler.stop");
  inspector.disconnect();
  inspector = undefined;
  return taken;
}

const answers: { readonly [Asked in Question]: () => Answers[Asked] | Promise<Answers[Asked]> } = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  heap: async () => {
    // What a collection frees may hold more: what finalizers and closed handles let go, for one.
    for (let turn = 0; turn < 4; turn += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const { heapUsed, external, rss } = process.memoryUsage();
    return { used: heapUsed, external, rss };
  },
  statements: () => {
    if (counted === undefined) {
      counted = countStatements();
      return [];
    }
    const { statements, end } = counted;
    end();
    counted = undefined;
    return statements;
  },
  profile,
};

process.on("message", (question: Question) => {
  void Promise.resolve(answers[question]()).then((answer) => process.send?.(answer));
});
// The parent is gone, however it went.
process.on("disconnect", () => process.exit());
