/**
 * The floor: the same answers as the server's, by bare Fastify handlers, SQL that they build with Knex, and JSON that is written
 * down by hand. What a request costs beyond it is what the server's generality costs. It checks the session, as the server must;
 * it knows two types, believes whatever it is sent, and has no log, no limits, no entity tags and no errors.
 *
 * node dist/bench/floor/index.js DATABASE_URL: listens on a free port and prints its URL.
 */
import Fastify from "fastify";

import { openDatabase } from "./database.ts";
import { MEDIA_TYPE, site } from "./documents.ts";
import { registerReads } from "./reads.ts";
import { registerWrites } from "./writes.ts";

const db = openDatabase(process.argv[2] ?? "");
const app = Fastify({ logger: false });

app.removeAllContentTypeParsers();
app.addContentTypeParser([MEDIA_TYPE, "application/json"], { parseAs: "string" }, (_request, body, done) => {
  done(null, JSON.parse(body as string));
});
registerReads(app, db);
registerWrites(app, db);

site.base = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(site.base);
