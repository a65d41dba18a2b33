import { Hasher } from "../src/accounts/hasher.ts";
import { openDatabase } from "../src/db/knex.ts";
import { collectionDocument } from "../src/jsonapi/read/document.ts";
import { urlsBelow } from "../src/jsonapi/read/links.ts";
import { loadCollection } from "../src/jsonapi/read/load.ts";
import { describePage } from "../src/jsonapi/read/paging.ts";
import { planCollection } from "../src/jsonapi/read/plan.ts";
import { parseQuery } from "../src/jsonapi/read/query.ts";
import { Serializers } from "../src/jsonapi/read/serializers.ts";
import { createRegistry, type ResourceType } from "../src/jsonapi/resource/registry.ts";
import { resources } from "../src/resources/index.ts";
import type { Caller } from "../src/accounts/caller.ts";

const ADMIN: Caller = {
  userId: "00000000-0000-0000-0000-000000000000",
  sessionId: null,
  isAdmin: true,
  tokenSent: true,
  client: { ipAddress: "127.0.0.1", userAgent: null, language: null },
};
const URLS = ["/v1/users?page[size]=20", "/v1/users?include=roles&page[size]=20"];
const PAGE_TERMS = { limits: { defaultSize: 20, maxSize: 100 }, prefersCursors: false };
const TURNS = 2_000;

/** Where the time of a page goes, stage by stage, without HTTP and without other requests: microseconds, medians. Prints a table. */
export async function measureStages(filename: string): Promise<void> {
  const db = openDatabase(`sqlite:${filename}`);
  try {
    const registry = createRegistry<Caller>(
      resources({
        db,
        clock: Date.now,
        hasher: new Hasher({ logN: 4, p: 1 }),
        mode: "open",
        passwordRules: { minLength: 8 },
        sessionTtl: 60,
        attempts: (_request, run) => run(),
        mailRequests: async () => undefined,
        requestReset: async () => "",
        languages: ["en"],
      }),
    );
    const urls = urlsBelow(() => "http://127.0.0.1:3000/v1");
    const parts = {
      serializers: new Serializers<Caller>(urls),
      urls,
      describedBy: () => "http://127.0.0.1:3000/openapi.json",
    };
    const users = registry.get("users") as ResourceType<Caller>;
    const context = { registry, caller: ADMIN };

    console.log(`\nmicroseconds a page, by stage         query    plan    load  document  (ts-japi)   bytes    all`);
    for (const url of URLS) {
      const times: number[][] = [];
      for (let turn = 0; turn < TURNS; turn += 1) {
        const marks = [performance.now()];
        const mark = () => marks.push(performance.now());
        const query = parseQuery(url, ["include", "fields", "sort", "filter", "page"]);
        mark();
        const plan = planCollection(users, query, PAGE_TERMS, context);
        mark();
        const loaded = await loadCollection(db, plan);
        mark();
        const paging = describePage(urls.collection("users"), query, plan, loaded);
        const document = await collectionDocument(parts, loaded, paging, urls.collection("users"), query);
        mark();
        Buffer.from(JSON.stringify(document));
        mark();
        // Once more, by itself: the part of the document that ts-japi makes.
        await parts.serializers.resources(loaded.graph.primary);
        await parts.serializers.resources(loaded.graph.included);
        mark();
        times.push(marks.slice(1).map((at, index) => at - (marks[index] ?? 0)));
      }
      const median = (stage: number) => {
        const sorted = times
          .slice(TURNS / 4)
          .map((turn) => turn[stage] ?? 0)
          .sort((a, b) => a - b);
        return 1_000 * (sorted[Math.floor(sorted.length / 2)] ?? Number.NaN);
      };
      const [query, plan, load, document, bytes, japi] = [0, 1, 2, 3, 4, 5].map(median) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const all = query + plan + load + document + bytes;
      const cell = (value: number, width: number) => value.toFixed(0).padStart(width);
      console.log(
        url.replace("/v1/", "").padEnd(36) +
          cell(query, 7) +
          cell(plan, 8) +
          cell(load, 8) +
          cell(document, 10) +
          cell(japi, 11) +
          cell(bytes, 8) +
          cell(all, 7),
      );
    }
  } finally {
    await db.destroy();
  }
}
