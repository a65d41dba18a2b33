import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { insertUser } from "../fixtures/accounts.ts";
import { planOf } from "../fixtures/dialect.ts";
import { logIn, makeAdmin, makeUser } from "../fixtures/people.ts";

void t.test("sorts by attributes, several, both ways, ties by id; null is smaller than all else", async (t) => {
  let now = Date.now();
  const server = await makeApp(t, {}, { clock: () => (now += 10) });
  const { token } = await makeAdmin(server);
  for (const [firstName, lastName] of [
    ["Ada", "L"],
    ["Grace", "H"],
    ["Ada", "B"],
  ]) {
    await makeUser(server, { firstName, lastName });
  }
  const order = async (sort: string) => {
    const answer = await server.ask("GET", `/v1/users?sort=${sort}`, { token });
    t.equal(answer.status, 200, sort);
    return answer.body.data.map(
      ({ attributes }: { attributes: Record<string, string | null> }) =>
        `${attributes["firstName"] ?? "-"} ${attributes["lastName"] ?? "-"}`,
    );
  };
  t.same(await order("firstName,-lastName"), ["- -", "Ada L", "Ada B", "Grace H"]);
  t.same(await order("-firstName,lastName"), ["Grace H", "Ada B", "Ada L", "- -"]);
  t.same(await order("-createdAt"), ["Ada B", "Grace H", "Ada L", "- -"]);
  t.same(await order("id"), ["- -", "Ada L", "Grace H", "Ada B"]);
  t.same(await order("-id"), ["Ada B", "Grace H", "Ada L", "- -"]);
});

void t.test("sorts by attributes behind to-one relationships", async (t) => {
  const server = await makeApp(t);
  const admin = await makeAdmin(server);
  const [zoe, ann] = [
    await makeUser(server, { email: "zoe@example.org" }),
    await makeUser(server, { email: "ann@example.org" }),
  ];
  await logIn(server, zoe);
  const sorted = async (sort: string, token: string) => {
    const answer = await server.ask("GET", `/v1/sessions?include=user&sort=${sort}`, { token });
    t.equal(answer.status, 200, sort);
    return answer.body.data.map(
      (session: { relationships: { user: { data: { id: string } } } }) => session.relationships.user.data.id,
    );
  };
  t.same(await sorted("user.email", admin.token), [ann.id, admin.id, zoe.id, zoe.id]);
  t.same(await sorted("-user.email,-id", admin.token), [zoe.id, zoe.id, admin.id, ann.id]);
  t.same(await sorted("user.id", zoe.token), [zoe.id, zoe.id]);
});

/** Letters with and without case, accents and dots, of several scripts; what is no letter; one twice, for ties. */
const NAMES = [
  "",
  " ",
  "-a",
  "10",
  "9",
  "A",
  "B",
  "Z",
  "_",
  "a",
  "a",
  "a a",
  "a-b",
  "aB",
  "ab",
  "b",
  "e\u0301",
  "ss",
  "z",
].concat(["Ä", "É", "ß", "ä", "é", "İ", "ı", "ﬀ", "漢", "\uFF5E", "\u{1F600}"]);

const byCodePoint = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

void t.test(
  "texts of all kinds come by their code points, on every database; pages and comparisons agree",
  async (t) => {
    const server = await makeApp(t);
    const { token, id } = await makeAdmin(server, { firstName: "a" });
    await server.db("users").where({ id }).update({ last_name: "admin" });
    for (const [index, firstName] of NAMES.toSorted(() => Math.random() - 0.5).entries()) {
      await insertUser(server.db, { email: `name${String(index)}@example.org`, firstName, lastName: "x" });
    }
    const rest = "filter[lastName]=x&page[size]=";
    const walk = async (query: string) => {
      const [names, ids]: [string[], string[]] = [[], []];
      for (let url: string | null = `/v1/users?${query}`; url !== null;) {
        const { body, status, text } = await server.ask("GET", url.replace("http://rekey.test", ""), { token });
        t.equal(status, 200, text);
        names.push(...body.data.map((user: { attributes: { firstName: string } }) => user.attributes.firstName));
        ids.push(...body.data.map((user: { id: string }) => user.id));
        url = body.links.next as string | null;
      }
      t.equal(new Set(ids).size, ids.length, "nothing comes twice");
      return names;
    };
    const ordered = NAMES.toSorted(byCodePoint);
    for (const page of ["4&page[after]=", "4&page[number]=1"]) {
      t.same(await walk(`${rest}${page}&sort=firstName`), ordered, page);
      t.same(await walk(`${rest}${page}&sort=-firstName`), ordered.toReversed(), page);
    }
    const all = `${rest}100&sort=firstName`;
    for (const name of ["a", "Z", "ß", "\uFF5E"]) {
      const compared = async (operator: string) =>
        await walk(`${all}&filter[firstName][${operator}]=${encodeURIComponent(name)}`);
      t.same(
        await compared("gt"),
        ordered.filter((other) => byCodePoint(other, name) > 0),
        name,
      );
      t.same(
        await compared("lte"),
        ordered.filter((other) => byCodePoint(other, name) <= 0),
        name,
      );
    }
    // The case of ASCII letters alone: SQLite knows no other.
    t.same(await walk(`${all}&filter[firstName][ilike]=A*`), ["A", "a", "a", "a a", "a-b", "aB", "ab"]);
    t.same(await walk(`${all}&filter[firstName][ilike]=${encodeURIComponent("é*")}`), ["é"]);
    t.same(await walk(`${all}&filter[firstName][like]=a*`), ["a", "a", "a a", "a-b", "aB", "ab"]);
  },
);

void t.test("a name's beginning and a range of names are found by index", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  for (const [filter, sign] of Object.entries({ "[like]=Ad*": /like|glob/, "[gt]=Ad": />/ })) {
    const asked: { sql: string; bindings: string[] }[] = [];
    const note = (query: { sql: string; bindings: string[] }) => {
      if (query.sql.includes("order by") && query.sql.includes("first_name") && sign.test(query.sql)) asked.push(query);
    };
    server.db.on("query", note);
    t.equal((await server.ask("GET", `/v1/users?filter[firstName]${filter}&sort=firstName`, { token })).status, 200);
    server.db.off("query", note);
    const [page] = asked;
    const plan = await planOf(server.db, page?.sql ?? "", page?.bindings ?? []);
    t.match(plan, /users_by_first_name[^]*(?:first_name\)::text >|first_name>|first_name >)/, plan);
  }
});

void t.test("what cannot be sorted by is the same 400, known or not", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  for (const sort of [
    "nickname",
    "password",
    "roles.name",
    "avatarUrl",
    "sessions",
    "-",
    "firstName,,lastName",
    "email.x",
    "a".repeat(500),
  ]) {
    const answer = await server.ask("GET", `/v1/users?sort=${sort}`, { token });
    t.equal(answer.status, 400, sort);
    t.equal(answer.body.errors[0].source.parameter, "sort");
  }
  const near = await server.ask("GET", "/v1/users?sort=-lastname", { token });
  t.equal(near.body.errors[0].meta.suggestions[0], "lastName");
});
