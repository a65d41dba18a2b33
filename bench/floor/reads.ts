import type { FastifyInstance } from "fastify";
import type { Knex } from "knex";

import {
  MEDIA_TYPE,
  ROLE_COLUMNS,
  roleResource,
  send,
  single,
  site,
  sparseUserResource,
  USER_COLUMNS,
  userResource,
  type Role,
  type User,
} from "./documents.ts";
import { findCaller } from "./sessions.ts";

const PROFILE = "https://jsonapi.org/profiles/ethanresnick/cursor-pagination/";
const SPARSE: readonly string[] = ["id", "email", "first_name"];
type Query = Readonly<Record<string, string | undefined>>;

/** A resource by id, and pages of users by number and by cursor. */
export function registerReads(app: FastifyInstance, db: Knex): void {
  app.get<{ Params: { id: string } }>("/v1/users/:id", async (request, reply) => {
    if ((await findCaller(db, request))?.isAdmin !== true) return send(reply, 401, {});
    const user = (await db("users")
      .where({ id: request.params.id })
      .first(...USER_COLUMNS)) as User | undefined;
    return user === undefined ? send(reply, 404, {}) : send(reply, 200, single(userResource(user)));
  });

  app.get<{ Querystring: Query }>("/v1/users", async (request, reply) => {
    if ((await findCaller(db, request))?.isAdmin !== true) return send(reply, 401, {});
    const { query } = request;
    if (query["page[after]"] !== undefined) {
      return send(reply, 200, await pageAfter(db, request.url, query), `${MEDIA_TYPE};profile="${PROFILE}"`);
    }
    return send(reply, 200, await pageByNumber(db, request.url, query));
  });
}

async function pageByNumber(db: Knex, url: string, query: Query) {
  const [size, number] = [Number(query["page[size]"] ?? 20), Number(query["page[number]"] ?? 1)];
  const isSparse = query["fields[users]"] !== undefined;
  const users = db("users");
  const email = query["filter[email]"];
  if (email !== undefined) void users.where({ email_normal: email.toLowerCase() });
  const rows: User[] = (await users
    .clone()
    .select(...(isSparse ? SPARSE : USER_COLUMNS))
    .orderBy("id")
    .limit(size)
    .offset((number - 1) * size)) as User[];
  const counted = await users.clone().count({ total: "*" }).first();
  const total = Number(counted?.total ?? 0);
  const last = Math.max(1, Math.ceil(total / size));
  const others = otherParameters(url);
  const page = (at: number) =>
    `${site.base}/v1/users?${others}page%5Bnumber%5D=${String(at)}&page%5Bsize%5D=${String(size)}`;
  const { roles, included } = await rolesOf(db, rows, query);
  return {
    jsonapi: { version: "1.1" },
    links: {
      self: site.base + url,
      describedby: `${site.base}/openapi.json`,
      first: page(1),
      prev: number > 1 ? page(number - 1) : null,
      next: number < last ? page(number + 1) : null,
      last: page(last),
    },
    data: isSparse ? rows.map(sparseUserResource) : rows.map((user) => userResource(user, roles?.get(user.id))),
    ...(included === undefined ? {} : { included }),
    meta: { total, page: { number, size, total } },
  };
}

/** A cursor is the order and the values of it: `["id", ID]` and `["-created_at,-id", CREATED_AT, ID]`. */
async function pageAfter(db: Knex, url: string, query: Query) {
  const size = Number(query["page[size]"] ?? 20);
  const isNewestFirst = query["sort"] === "-createdAt";
  const [, ...place] = JSON.parse(Buffer.from(query["page[after]"] ?? "", "base64url").toString()) as string[];
  const users = db("users")
    .select(...USER_COLUMNS)
    .limit(size + 1);
  if (isNewestFirst) {
    void users.whereRaw("(created_at, id) < (?, ?)", place).orderBy([
      { column: "created_at", order: "desc" },
      { column: "id", order: "desc" },
    ]);
  } else void users.where("id", ">", place[0] ?? "").orderBy("id");
  const rows = (await users) as User[];
  const hasMore = rows.length > size;
  if (hasMore) rows.pop();
  const cursors = rows.map(({ id, created_at }) =>
    Buffer.from(JSON.stringify(isNewestFirst ? ["-created_at,-id", created_at, id] : ["id", id])).toString("base64url"),
  );
  const others = otherParameters(url);
  const page = (which: "after" | "before", cursor: string) =>
    `${site.base}/v1/users?${others}page%5B${which}%5D=${cursor}&page%5Bsize%5D=${String(size)}`;
  const { roles, included } = await rolesOf(db, rows, query);
  return {
    jsonapi: { version: "1.1", profile: [PROFILE] },
    links: {
      self: { href: site.base + url, type: `${MEDIA_TYPE};profile="${PROFILE}"` },
      describedby: `${site.base}/openapi.json`,
      first: page("after", ""),
      prev: page("before", cursors[0] ?? ""),
      next: hasMore ? page("after", cursors.at(-1) ?? "") : null,
      last: page("before", ""),
    },
    data: rows.map((user, index) => ({
      ...userResource(user, roles?.get(user.id)),
      meta: { page: { cursor: cursors[index] } },
    })),
    ...(included === undefined ? {} : { included }),
    meta: { page: { size } },
  };
}

/** The roles of each of these users, and each of all roles once. */
async function rolesOf(db: Knex, users: readonly User[], query: Query) {
  if (query["include"] !== "roles") return {};
  const roles = new Map<string, Role[]>(users.map(({ id }) => [id, []]));
  const rows = (await db("user_roles")
    .join("roles", "roles.id", "user_roles.role_id")
    .whereIn("user_id", [...roles.keys()])
    .orderBy("roles.id")
    .select("user_id", ...ROLE_COLUMNS.map((column) => `roles.${column}`))) as (Role & { user_id: string })[];
  for (const role of rows) roles.get(role.user_id)?.push(role);
  const once = new Map(rows.map((role) => [role.id, role]));
  return { roles, included: [...once.values()].map(roleResource) };
}

/** What the links to other pages keep of a request's query. */
function otherParameters(url: string): string {
  const kept = url
    .slice(url.indexOf("?") + 1)
    .split("&")
    .filter((parameter) => !parameter.startsWith("page%5B"));
  return kept.length === 0 ? "" : `${kept.join("&")}&`;
}
