import t from "tap";

import { makeApp } from "../fixtures/app.ts";
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
