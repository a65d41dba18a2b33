import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { makeAdmin } from "../fixtures/people.ts";
import { seed } from "../../src/cli/seed.ts";

const query = (link: unknown) => (link === null ? null : decodeURIComponent(String(link).split("?")[1] ?? ""));

void t.test("pages by number and size, with links that keep all other parameters", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 24 });
  const read = async (url: string) => (await server.ask("GET", url, { token })).body;

  const middle = await read("/v1/users?filter[email][like]=*@*&page[size]=10&sort=email&page[number]=2");
  t.equal(middle.data.length, 10);
  t.same(middle.meta, { total: 25, page: { number: 2, size: 10, total: 25 } });
  const others = "filter[email][like]=*@*&sort=email&";
  t.equal(query(middle.links.first), `${others}page[number]=1&page[size]=10`);
  t.equal(query(middle.links.prev), `${others}page[number]=1&page[size]=10`);
  t.equal(query(middle.links.next), `${others}page[number]=3&page[size]=10`);
  t.equal(query(middle.links.last), `${others}page[number]=3&page[size]=10`);
  t.match(middle.links.next, "page%5Bnumber%5D=3", "brackets are percent-encoded");

  const beyond = await read("/v1/users?page[size]=10&page[number]=9");
  t.same(beyond.data, []);
  t.equal(query(beyond.links.prev), "page[number]=3&page[size]=10");
  t.equal(beyond.links.next, null);
});

void t.test("following next leads through everything once", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 24 });
  for (const start of ["/v1/users?page[size]=7&sort=lastName", "/v1/users?page[limit]=7&sort=lastName"]) {
    const seen: string[] = [];
    for (let url: string | null = start; url !== null;) {
      const { body } = await server.ask("GET", url, { token });
      seen.push(...body.data.map(({ id }: { id: string }) => id));
      url = body.links.next === null ? null : String(body.links.next).replace("http://rekey.test", "");
    }
    t.equal(seen.length, 25);
    t.equal(new Set(seen).size, 25);
  }
});

void t.test("offset and limit are the same in other words, and links keep them", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 24 });
  const { body } = await server.ask("GET", "/v1/users?page[offset]=10&page[limit]=10", { token });
  t.equal(body.data.length, 10);
  t.same(body.meta.page, { offset: 10, limit: 10, total: 25 });
  t.equal(query(body.links.prev), "page[offset]=0&page[limit]=10");
  t.equal(query(body.links.next), "page[offset]=20&page[limit]=10");
  t.equal(query(body.links.last), "page[offset]=20&page[limit]=10");
});

void t.test("a list of ids is answered whole, up to the largest page", async (t) => {
  const server = await makeApp(t, { DEFAULT_PAGE_SIZE: "5", MAX_PAGE_SIZE: "20" });
  const { token } = await makeAdmin(server);
  await seed(server.db, { users: 24 });
  const ids: string[] = await server.db("users").orderBy("id").limit(22).pluck("id");
  const list = async (count: number) =>
    (await server.ask("GET", `/v1/users?filter[id]=${ids.slice(0, count).join(",")}`, { token })).body.data
      .length as number;
  t.equal(await list(2), 2);
  t.equal(await list(12), 12);
  t.equal(await list(22), 20);
});

void t.test("what is no page is refused, with the parameter", async (t) => {
  const server = await makeApp(t);
  const { token } = await makeAdmin(server);
  const refusals: [string, string][] = [
    ["page[size]=0", "page[size]"],
    ["page[size]=101", "page[size]"],
    ["page[limit]=101", "page[limit]"],
    ["page[size]=-1", "page[size]"],
    ["page[size]=1.5", "page[size]"],
    ["page[size]=ten", "page[size]"],
    ["page[size]=", "page[size]"],
    ["page[size]=1&page[size]=2", "page[size]"],
    ["page[number]=0", "page[number]"],
    ["page[number]=999999999", "page[number]"],
    ["page[offset]=99999999", "page[offset]"],
    ["page[number]=1&page[offset]=1", "page[offset]"],
    ["page[cursor]=x", "page[cursor]"],
    ["page[constructor]=1", "page[constructor]"],
    ["page[size][x]=1", "page[size][x]"],
    ["page=1", "page"],
  ];
  for (const [parameters, parameter] of refusals) {
    const answer = await server.ask("GET", `/v1/users?${parameters}`, { token });
    t.equal(answer.status, 400, parameters);
    t.equal(answer.body.errors[0].source.parameter, parameter, parameters);
  }
});
