import { randomBytes } from "node:crypto";
import t from "tap";

import { mintToken } from "../../src/accounts/token.ts";
import { newId } from "../../src/db/id.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { makeDatabase } from "../fixtures/database.ts";
import { ignoreForeignKeys } from "../fixtures/dialect.ts";
import { brokenInvariants } from "../fixtures/fuzz/invariants.ts";
import { findSecrets } from "../fixtures/fuzz/secrets.ts";
import { MARKER } from "../fixtures/fuzz/values.ts";

/** How a secret may stand in a file. */
const FORMS: Readonly<Record<string, (text: string) => string | Buffer>> = {
  plain: (text) => `{"a":"${text}"}`,
  "in a URL": (text) => encodeURIComponent(`https://x/?token=${text}`),
  "within other text": (text) => `abc_${text}-def`,
  base64: (text) => Buffer.from(text).toString("base64"),
  "base64 behind one byte": (text) => Buffer.from(`a${text}b`).toString("base64"),
  "base64 behind two bytes": (text) => Buffer.from(`ab${text}`).toString("base64url"),
  hexadecimal: (text) => Buffer.from(text).toString("hex").toUpperCase(),
};

const haystack = (content: string | Buffer) => [
  { name: "it", bytes: Buffer.concat([randomBytes(500), Buffer.from(content), randomBytes(500)]) },
];

void t.test("a token is found however it is written", (t) => {
  const token = mintToken();
  const forms = { ...FORMS, "its bytes": (text: string) => Buffer.from(text, "base64url").toString("hex") };
  for (const [form, written] of Object.entries(forms)) {
    t.not(findSecrets(haystack(written(token)), [token]).length, 0, form);
    t.same(findSecrets(haystack(written(mintToken())), [token]), [], `another one, ${form}`);
  }
  t.end();
});

void t.test("a password is found however it is written", (t) => {
  const forms = {
    ...FORMS,
    folded: (text: string) => text.toUpperCase(),
    "UTF-16": (text: string) => Buffer.from(text, "utf16le"),
    "percent-encoded": (text: string) => Buffer.from(text).toString("hex").replaceAll(/../g, "%$&"),
  };
  for (const [form, written] of Object.entries(forms)) {
    t.not(findSecrets(haystack(written(`${MARKER}-1`)), []).length, 0, form);
    t.same(findSecrets(haystack(written("orbit-walnut-1")), []), [], `another one, ${form}`);
  }
  t.end();
});

void t.test(
  "a database that is as it must be breaks no invariant, and what is wrong with another is seen",
  async (t) => {
    const db = await makeDatabase(t);
    const admin = await insertUser(db, { email: "root@example.org", password: "orbit-walnut-1", isAdmin: true });
    t.same(await brokenInvariants(db), []);

    await ignoreForeignKeys(db, "user_roles");
    const orphan = { user_id: newId(), role_id: newId() };
    for (const [what, spoil, mend] of [
      [/orphan/, () => db("user_roles").insert(orphan), () => db("user_roles").where(orphan).delete()],
      [/no admin/, () => db("roles").update({ name_normal: "x" }), () => db("roles").update({ name_normal: "admin" })],
      [
        /normal form/,
        () => db("users").update({ email_normal: "ROOT@example.org" }),
        () => db("users").update({ email_normal: admin.email_normal }),
      ],
      [
        /secrets/,
        () => db("users").update({ reset_password: mintToken(), reset_password_expires_at: "x" }),
        () => db("users").update({ reset_password: null, reset_password_expires_at: null }),
      ],
      [
        /secrets/,
        () => db("users").update({ password: "orbit-walnut-1" }),
        () => db("users").update({ password: null }),
      ],
      [/counts/, () => db("row_counts").increment("row_count", 1), () => db("row_counts").decrement("row_count", 1)],
    ] as const) {
      await spoil();
      t.match((await brokenInvariants(db)).join("\n"), what);
      await mend();
      t.same(await brokenInvariants(db), [], `mended: ${String(what)}`);
    }
  },
);
