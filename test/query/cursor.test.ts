import t from "tap";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { makeAdmin, makeUser } from "../fixtures/people.ts";
import { seed } from "../../src/cli/seed.ts";

const PROFILE = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";
const WITH_PROFILE = { accept: `application/vnd.api+json;profile="${PROFILE}"` };

async function seeded(t: Parameters<typeof makeApp>[0]) {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 24 });
  return { server, token };
}

const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);
const path = (link: string) => link.replace("http://rekey.test", "");

/** Follows `next` or `prev` to its end. */
async function follow(server: TestApp, token: string, start: string, direction: "next" | "prev"): Promise<string[][]> {
  const pages: string[][] = [];
  for (let url: string | null = start; url !== null;) {
    const { body, status } = await server.ask("GET", url, { token });
    if (status !== 200) throw new Error(JSON.stringify(body));
    pages.push(ids(body));
    const link = body.links[direction] as string | null;
    url = link === null ? null : path(link);
  }
  return pages;
}

void t.test("the profile in Accept makes pages by cursor; the answer says that it was applied", async (t) => {
  const { server, token } = await seeded(t);
  const { body, headers } = await server.ask("GET", "/v1/users?page[size]=10", { token, headers: WITH_PROFILE });
  t.equal(headers["content-type"], `application/vnd.api+json;profile="${PROFILE}"`);
  t.same(body.jsonapi, { version: "1.1", profile: [PROFILE] });
  t.equal(body.data.length, 10);
  t.equal(body.links.prev, null);
  t.match(body.links.next, "page%5Bafter%5D=");
  t.ok(body.data.every((item: { meta: { page: { cursor: string } } }) => item.meta.page.cursor));
  t.same(body.meta, { page: { size: 10 } });
  const single = await server.ask("GET", `/v1/users/${String(body.data[0].id)}`, { token, headers: WITH_PROFILE });
  t.equal(
    single.headers["content-type"],
    "application/vnd.api+json",
    "where there is nothing to apply it to, it is not",
  );
});

void t.test("forwards and backwards, in every order, everything comes once", async (t) => {
  const { server, token } = await seeded(t);
  for (const sort of [
    "id",
    "-id",
    "lastName",
    "-lastName,firstName",
    "lastLoginAt,-email",
    "-lastLoginAt",
    "isVerified,createdAt",
  ]) {
    const all = ids((await server.ask("GET", `/v1/users?page[size]=100&sort=${sort}`, { token })).body);
    const forwards = await follow(server, token, `/v1/users?page[after]=&page[size]=7&sort=${sort}`, "next");
    t.same(forwards.flat(), all, `${sort} forwards`);
    const backwards = await follow(server, token, `/v1/users?page[before]=&page[size]=7&sort=${sort}`, "prev");
    t.same(backwards.toReversed().flat(), all, `${sort} backwards`);
  }
});

void t.test("a cursor holds when its row is gone, and others came", async (t) => {
  const { server, token } = await seeded(t);
  const first = (await server.ask("GET", "/v1/users?page[after]=&page[size]=5&sort=email", { token })).body;
  const rest = ids((await server.ask("GET", "/v1/users?page[offset]=5&page[limit]=5&sort=email", { token })).body);
  const [gone] = [...ids(first)].slice(-1);
  await server
    .db("users")
    .where({ id: gone ?? "" })
    .delete();
  const next = (await server.ask("GET", path(first.links.next as string), { token })).body;
  t.same(ids(next), rest);
});

void t.test("a range goes from one cursor to another, and says when it was cut short", async (t) => {
  const { server, token } = await seeded(t);
  const all = (await server.ask("GET", "/v1/users?page[after]=&page[size]=20", { token })).body;
  const cursor = (index: number) => all.data[index].meta.page.cursor as string;
  const range = `/v1/users?page[after]=${cursor(2)}&page[before]=${cursor(12)}`;
  const whole = (await server.ask("GET", range, { token })).body;
  t.same(ids(whole), ids(all).slice(3, 12));
  t.notOk(whole.meta.page.rangeTruncated);
  const cut = (await server.ask("GET", `${range}&page[size]=4`, { token })).body;
  t.same(ids(cut), ids(all).slice(3, 7));
  t.equal(cut.meta.page.rangeTruncated, true);
});

void t.test("related collections and linkage have cursors too", async (t) => {
  const { server, token } = await seeded(t);
  const role = await server.db("roles").where({ name: "editor" }).first("id");
  for (const url of [`/v1/roles/${role?.id ?? ""}/users`, `/v1/roles/${role?.id ?? ""}/relationships/users`]) {
    const all = ids((await server.ask("GET", url, { token })).body);
    const pages = await follow(server, token, `${url}?page[after]=&page[size]=2`, "next");
    t.same(pages.flat(), all);
    t.ok(pages.length > 1);
  }
});

void t.test("faults are the profile's own", async (t) => {
  const { server, token } = await seeded(t);
  const ask = async (url: string) => {
    const answer = await server.ask("GET", url, { token });
    t.equal(answer.status, 400, url);
    return answer.body.errors[0];
  };
  const large = await ask("/v1/users?page[after]=&page[size]=101");
  t.same(large.links, { type: `${PROFILE}max-size-exceeded` });
  t.same(large.meta, { page: { maxSize: 100 } });
  t.same(large.source, { parameter: "page[size]" });
  const sort = await ask("/v1/sessions?page[after]=&sort=user.email");
  t.same(sort.links, { type: `${PROFILE}unsupported-sort` });
  t.same(sort.source, { parameter: "sort" });

  const cursor = (await server.ask("GET", "/v1/users?page[after]=&sort=email", { token })).body.data[3].meta.page
    .cursor as string;
  const forged = Buffer.from(JSON.stringify(["id", { a: 1 }])).toString("base64url");
  for (const bad of [
    "x",
    "%00",
    cursor.slice(2),
    forged,
    Buffer.from("[1,2").toString("base64url"),
    "A".repeat(5000),
  ]) {
    t.same((await ask(`/v1/users?page[after]=${bad}`)).source, { parameter: "page[after]" });
    t.same((await ask(`/v1/users?page[before]=${bad}`)).source, { parameter: "page[before]" });
  }
  t.same(
    (await ask(`/v1/users?page[after]=${cursor}&sort=-email`)).source,
    { parameter: "page[after]" },
    "of another order",
  );
  t.same((await ask("/v1/users?page[after]=&page[number]=2")).source, { parameter: "page[number]" });
});

void t.test("long names do not stop who goes on by cursor, and control characters are in none", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const long = "\u{1f5dd}".repeat(255);
  for (let count = 0; count < 3; count += 1) await makeUser(server, { firstName: long, lastName: long });
  let url: string | undefined = "/v1/users?sort=firstName,lastName&page[after]=&page[size]=1";
  let pages = 0;
  while (url !== undefined) {
    const answer = await server.ask("GET", url, { token });
    t.equal(answer.status, 200);
    pages += answer.body.data.length as number;
    url = (answer.body.links.next as string | null)?.replace("http://rekey.test", "");
  }
  t.equal(pages, 4);
  const body = {
    data: { type: "users", attributes: { email: "c@example.org", password: "walnut-orbit-9", firstName: "a\u0001" } },
  };
  const refused = await server.ask("POST", "/v1/users", { body });
  t.equal(refused.status, 422);
  t.equal(refused.body.errors[0].source.pointer, "/data/attributes/firstName");
});
