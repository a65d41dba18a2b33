import t from "tap";

import { eq } from "../../src/jsonapi/resource/condition.ts";
import { defineResource, type AnyResource } from "../../src/jsonapi/resource/define.ts";
import { computed } from "../../src/jsonapi/resource/members.ts";
import { createRegistry } from "../../src/jsonapi/resource/registry.ts";
import { boolean, dateTime, integer, string } from "../../src/jsonapi/resource/value-types.ts";

interface BookRow {
  id: string;
  title: string;
  pages: number;
  is_printed: boolean | 0 | 1;
  printed_at: string | null;
  author_id: string;
}

interface Caller {
  readonly isAuthor: boolean;
}

const author = (caller: Caller) => caller.isAuthor;
const base = { type: "books", table: "books", scope: () => true } as const;

/** Each line below one that expects an error must not compile; the check of types would tell if it did. */
const uncompilable = {
  "an attribute that no column is named after": () =>
    // @ts-expect-error -- titel: there is no column titel
    defineResource<BookRow, Caller>()({ ...base, attributes: { titel: { value: string() } } }),
  "an attribute whose column holds values of another type": () =>
    // @ts-expect-error -- title: the column title holds values of another type
    defineResource<BookRow, Caller>()({ ...base, attributes: { title: { value: integer } } }),
  "a column that there is not": () =>
    // @ts-expect-error -- no column name
    defineResource<BookRow, Caller>()({ ...base, attributes: { title: { value: string(), column: "name" } } }),
  "a scope over a column that there is not": () =>
    // @ts-expect-error -- no column titel
    defineResource<BookRow, Caller>()({ ...base, scope: () => eq("titel", ""), attributes: {} }),
  "a right that asks the caller for what they have not": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      // @ts-expect-error -- a caller has no name
      attributes: { title: { value: string(), read: (caller: Caller) => caller.name === "" } },
    }),
  "a computed attribute of a column that there is not": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      // @ts-expect-error -- no column pagination
      attributes: { length: { value: string(), computed: computed(["pagination"], () => "") } },
    }),
  "a computed attribute that uses a column it does not name": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      // @ts-expect-error -- pages is not among the named columns
      attributes: { length: { value: integer, computed: computed(["title"], (row) => row.pages) } },
    }),
  "a hook that uses an attribute that there is not": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      attributes: { title: { value: string() } },
      update: {
        scope: () => true,
        run: async ({ values }) => {
          // @ts-expect-error -- no attribute titel
          t.comment(values.titel);
          return async () => undefined;
        },
      },
    }),
  "a hook that takes an attribute for one of another type": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      attributes: { pages: { value: integer, required: true, create: author } },
      create: {
        access: author,
        run: async ({ id, values }) => {
          // @ts-expect-error -- pages is a number
          const pages: string = values.pages;
          t.comment(pages);
          return async () => ({ id });
        },
      },
    }),
  "an action with rows by a column that there is not": () =>
    defineResource<BookRow, Caller>()({
      ...base,
      attributes: {},
      // @ts-expect-error -- no column titel
      actions: { print: { summary: "Print it", scope: () => eq("titel", ""), run: async () => async () => ({}) } },
    }),
};

void t.test("a declaration that contradicts its rows does not compile", (t) => {
  // What is asserted is asserted by the compiler; here each of them is at least a declaration.
  for (const [what, declare] of Object.entries(uncompilable)) t.equal(declare().type, "books", what);
  t.end();
});

void t.test("hooks are given values of the attributes' types", (t) => {
  const books = defineResource<BookRow, Caller>()({
    ...base,
    attributes: {
      title: { value: string(), required: true, create: author },
      pages: { value: integer, create: author },
      isPrinted: { value: boolean, create: author },
      printedAt: { value: dateTime, nullable: true, create: author },
    },
    create: {
      access: author,
      run: async ({ id, values }) => {
        const typed: {
          title: string;
          pages: number | undefined;
          isPrinted: boolean | undefined;
          printedAt: string | null | undefined;
        } = {
          title: values.title,
          pages: values.pages,
          isPrinted: values.isPrinted,
          printedAt: values.printedAt,
        };
        return async (trx) => {
          await trx("books").insert({ id, ...typed });
          return { id };
        };
      },
    },
  });
  t.same(
    [...(createRegistry([books]).get("books")?.attributes.values() ?? [])].map(({ column }) => column),
    ["title", "pages", "is_printed", "printed_at"],
  );
  t.end();
});

const declare = (more: object): AnyResource<Caller> => ({ ...base, attributes: {}, ...more });
const action = { summary: "Print it", scope: () => true, run: async () => async () => ({}) };
const toOne = { to: "one", type: "books", column: "author_id" };

/** What only shows when all declarations are there: the server does not start, and says why. */
const contradictions: readonly (readonly [readonly AnyResource<Caller>[], RegExp])[] = [
  [[declare({}), declare({})], /books is declared twice/],
  [[declare({ type: "my books" })], /must be letters and digits/],
  [[declare({ attributes: { id: { value: string() } } })], /books\.id: an attribute's name/],
  [[declare({ attributes: { "a-b": { value: string() } } })], /books\.a-b: an attribute's name/],
  [
    [declare({ attributes: { a: { value: string(), column: null, sort: true } } })],
    /books\.a: only what stands in a column/,
  ],
  [
    [declare({ attributes: { a: { value: string(), computed: computed([], () => ""), filter: true } } })],
    /books\.a: only what stands in a column/,
  ],
  [
    [declare({ attributes: { a: { value: string(), computed: computed([], () => ""), update: author } } })],
    /books\.a: what is computed has no column and is not written/,
  ],
  [[declare({ relationships: { type: toOne } })], /books\.type: a relationship's name/],
  [[declare({ relationships: { author: { ...toOne, type: "people" } } })], /there is no resource type people/],
  [
    [declare({ attributes: { a: { value: string() } }, relationships: { a: toOne } })],
    /books\.a: an attribute has that name/,
  ],
  [[declare({ actions: { "print-it": action } })], /books\.print-it: an action's name/],
  [[declare({ actions: { relationships: action } })], /books\.relationships: an action has the URL/],
  [
    [declare({ relationships: { author: toOne }, actions: { author: action } })],
    /books\.author: an action has the URL/,
  ],
  [
    [
      declare({
        relationships: { sequels: { to: "many", type: "books", through: { foreignKey: "x" }, write: author } },
      }),
    ],
    /changed from that side/,
  ],
];

void t.test("declarations that contradict each other stop the server", (t) => {
  for (const [definitions, message] of contradictions)
    t.throws(() => createRegistry(definitions), { message }, String(message));
  t.end();
});
