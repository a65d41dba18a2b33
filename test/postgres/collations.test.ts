import t from "tap";

import { makeDatabase } from "../fixtures/database.ts";

/** Of each listed table: what is no id, no hash and no point in time is people's text. */
const TEXTS = `
  select attrelid::regclass || '.' || attname as name, collname as collation
  from pg_attribute join pg_collation on pg_collation.oid = attcollation
  where attrelid in ('users'::regclass, 'roles'::regclass, 'sessions'::regclass, 'security_events'::regclass)
    and attnum > 0 and not attisdropped and attname !~ '(^id|_id|_at|_hash|password)$'
  order by 1`;

const MIGRATION = { name: "0016_order_texts_by_code_points" };

void t.test("people's texts are ordered by code points, whatever the language of the database", async (t) => {
  const db = await makeDatabase(t);
  const collations = async () => {
    const { rows } = await db.raw<{ rows: { name: string; collation: string }[] }>(TEXTS);
    return new Map(rows.map(({ name, collation }) => [name, collation]));
  };
  const found = await collations();
  t.ok(found.size > 10 && found.has("users.first_name"), [...found.keys()].join());
  t.same(
    [...found].filter(([, collation]) => collation !== "C"),
    [],
  );

  // Back and forth; the widths stay.
  await db.migrate.down(MIGRATION);
  t.equal((await collations()).get("users.first_name"), "default");
  await db.migrate.up(MIGRATION);
  t.same(await collations(), found);
  t.match(await db("users").columnInfo(), { email: { maxLength: 320 }, first_name: { maxLength: 255 } });
});
