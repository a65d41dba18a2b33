import { article, FIRST, operate, person, SEQUEL, tag, TAGS, changed } from "../fixtures/articles/documents.ts";
import { faultsIn, makeArticles } from "../fixtures/articles/server.ts";
import { nothing, tags } from "../fixtures/articles/tables.ts";
import { section } from "../fixtures/conformance.ts";
import type { Json } from "../fixtures/document.ts";

const { conforms } = section("atomic", "Operations on relationships", import.meta.url);

const BY = ["ref", "href"] as const;
const isShown = (says: string) => `${says}, with a document that contains a top-level \`errors\``;
conforms(
  {
    anchor: "auto-id-updating-to-one-relationships",
    level: "MUST",
    says: "An operation on a to-one relationship targets it through `ref` or `href`, but not both",
  },
  async (t) => {
    const server = await makeArticles(t);
    const target = { ref: { ...article("second"), relationship: "sequelTo" }, href: SEQUEL };
    for (const [index, by] of BY.entries()) {
      const data = index === 0 ? null : article("fourth");
      t.equal((await operate(server, [{ op: "update", [by]: target[by], data }])).status, 204, by);
      t.same((await server.get(SEQUEL)).body.data, data);
    }
    t.equal((await operate(server, [{ op: "update", ...target, data: null }])).status, 400);
    t.same((await server.get(SEQUEL)).body.data, article("fourth"));
  },
);
conforms(
  {
    anchor: "auto-id-updating-to-one-relationships",
    level: "MUST",
    says: "The operation on a to-one relationship includes an `op` code of `update`",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const op of ["add", "remove"]) {
      const answer = await operate(server, [{ op, href: SEQUEL, data: article("fourth") }]);
      t.same(faultsIn(answer), ["403 /atomic:operations/0"], op);
    }
    t.same((await server.get(SEQUEL)).body.data, article("first"));
  },
);
conforms(
  {
    anchor: "auto-id-responses-3",
    level: "MUST",
    says: "An update of a to-one relationship has a result with no `data`, or the answer is 204 if all results are empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    const update = { op: "update", href: SEQUEL, data: null };
    const { body } = await operate(server, [update, { op: "update", ...changed("first") }]);
    t.same(body["atomic:results"][0], {});
    t.equal((await operate(server, [update])).status, 204);
  },
);
conforms(
  {
    anchor: "auto-id-responses-3",
    level: "MUST",
    says: isShown("An appropriate error is returned if the to-one relationship cannot be updated"),
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [href, data, fault] of [
      [SEQUEL, { type: "articles", id: nothing }, "404 /atomic:operations/0/data"],
      [SEQUEL, person("ada"), "409 /atomic:operations/0/data/type"],
      [SEQUEL, [], "400 /atomic:operations/0/data"],
      [`${FIRST}/relationships/author`, null, "422 /atomic:operations/0/data"],
      [`/api/articles/${nothing}/relationships/sequelTo`, null, "404 /atomic:operations/0"],
    ] as const) {
      t.same(faultsIn(await operate(server, [{ op: "update", href, data }])), [fault]);
    }
  },
);
conforms(
  {
    anchor: "auto-id-updating-to-many-relationships",
    level: "MUST",
    says: "An operation on a to-many relationship targets it through `ref` or `href`, but not both",
  },
  async (t) => {
    const server = await makeArticles(t);
    const target = { ref: { ...article("first"), relationship: "tags" }, href: TAGS };
    for (const [index, by] of BY.entries()) {
      const data = index === 0 ? [tag("red")] : [tag("blue")];
      t.equal((await operate(server, [{ op: "update", [by]: target[by], data }])).status, 204, by);
      t.same((await server.get(TAGS)).body.data, data);
    }
    t.equal((await operate(server, [{ op: "update", ...target, data: [] }])).status, 400);
  },
);
for (const [op, says, data, left] of [
  [
    "add",
    "To add members to a to-many relationship, the operation includes an `op` code of `add`",
    ["blue", "red"],
    ["red", "green", "blue"],
  ],
  [
    "update",
    "To replace all the members of a to-many relationship, the operation includes an `op` code of `update`",
    ["blue"],
    ["blue"],
  ],
  [
    "remove",
    "To remove members from a to-many relationship, the operation includes an `op` code of `remove`",
    ["red", "blue"],
    ["green"],
  ],
] as const) {
  conforms({ anchor: "auto-id-updating-to-many-relationships", level: "MUST", says }, async (t) => {
    const server = await makeArticles(t);
    if (op === "add")
      await server.ask("POST", "/api/tags", {
        as: "editor",
        body: { data: { type: "tags", attributes: { name: "x" } } },
      });
    t.equal((await operate(server, [{ op, href: TAGS, data: data.map((name) => tag(name)) }])).status, 204);
    t.same(
      ((await server.get(TAGS)).body.data as Json[]).map(({ id }) => id).sort(),
      left.map((name) => tags[name]).sort(),
    );
  });
}
conforms(
  {
    anchor: "auto-id-responses-4",
    level: "MUST",
    says: "An update of a to-many relationship has a result with no `data`, or the answer is 204 if all results are empty",
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const op of ["add", "update", "remove"]) {
      const change = { op, href: TAGS, data: [tag("red")] };
      t.equal((await operate(server, [change])).status, 204, op);
      t.same((await operate(server, [change, { op: "update", ...changed("first") }])).body["atomic:results"][0], {});
    }
  },
);
conforms(
  {
    anchor: "auto-id-responses-4",
    level: "MUST",
    says: isShown("An appropriate error is returned if the to-many relationship cannot be updated"),
  },
  async (t) => {
    const server = await makeArticles(t);
    for (const [data, fault] of [
      [[tag("red"), { type: "tags", id: nothing }], "404 /atomic:operations/0/data/1"],
      [[article("first")], "409 /atomic:operations/0/data/0/type"],
      [tag("red"), "400 /atomic:operations/0/data"],
      [Object.values(tags).map((id) => ({ type: "tags", id })), "409 /atomic:operations/0"],
    ] as const) {
      t.same(faultsIn(await operate(server, [{ op: "update", href: TAGS, data }])), [fault]);
    }
    t.same((await server.get(TAGS)).body.data, [tag("red"), tag("green")]);
  },
);
