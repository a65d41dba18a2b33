/**
 * The floor: the same answers as the server's, by bare Fastify handlers with hand-written SQL and hand-written JSON. What a
 * request costs beyond it is what the server's generality costs. Checks the session, as the server must; knows one type.
 *
 * node dist/bench/floor.js DATABASE_FILE: listens on a free port and prints its URL.
 */
import { createHash, randomUUID } from "node:crypto";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import knex from "knex";

const [, , filename = ""] = process.argv;
const db = knex({
  client: "sqlite3",
  connection: { filename },
  useNullAsDefault: true,
  pool: {
    min: 1,
    max: 1,
    afterCreate: (
      connection: { exec(sql: string, done: (error: Error | null) => void): void },
      done: (error: Error | null, connection: unknown) => void,
    ) => {
      connection.exec(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000",
        (error) => {
          done(error, connection);
        },
      );
    },
  },
});
const app = Fastify({ logger: false });
const MEDIA_TYPE = "application/vnd.api+json";
let base = "";

interface User {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  avatar_url: string | null;
  language: string | null;
  is_verified: number;
  last_login_at: string | null;
  created_at: string;
  updated_at: string;
}
interface Role {
  id: string;
  name: string;
  description: string | null;
  created_at: string;
  updated_at: string;
  parent_id: string;
}

const COLUMNS =
  "id, email, first_name, last_name, avatar_url, language, is_verified, last_login_at, created_at, updated_at";

app.removeAllContentTypeParsers();
for (const type of [MEDIA_TYPE, "application/json"]) {
  app.addContentTypeParser(type, { parseAs: "string" }, (_request, body, done) => {
    done(null, JSON.parse(body as string));
  });
}

async function query<Found>(sql: string, values: readonly (string | number)[] = []): Promise<Found[]> {
  return (await db.raw(sql, [...values])) as Found[];
}

async function isAdmin(request: FastifyRequest): Promise<boolean> {
  const token = (request.headers.authorization ?? "").slice("Bearer ".length);
  const hash = createHash("sha256").update(token).digest("hex");
  const [session] = await query<{ is_admin: number }>(
    `select exists (select 1 from user_roles join roles on roles.id = role_id where user_roles.user_id = sessions.user_id and name = 'admin') as is_admin
     from sessions join users on users.id = sessions.user_id and users.credential_epoch = sessions.credential_epoch
     where token_hash = ? and expires_at > ?`,
    [hash, new Date().toISOString()],
  );
  return session?.is_admin === 1;
}

function send(reply: FastifyReply, status: number, document: unknown) {
  return reply
    .status(status)
    .header("content-type", MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(document)));
}

const links = (self: string) => ({ self, related: self.replace("/relationships", "") });

function userResource(user: User, roles?: readonly Role[]) {
  const self = `${base}/v1/users/${user.id}`;
  return {
    id: user.id,
    type: "users",
    attributes: {
      email: user.email,
      firstName: user.first_name,
      lastName: user.last_name,
      avatarUrl: user.avatar_url,
      language: user.language,
      isVerified: user.is_verified === 1,
      lastLoginAt: user.last_login_at,
      createdAt: user.created_at,
      updatedAt: user.updated_at,
    },
    relationships: {
      roles: {
        ...(roles === undefined ? {} : { data: roles.map(({ id }) => ({ id, type: "roles" })) }),
        links: links(`${self}/relationships/roles`),
      },
      sessions: { links: links(`${self}/relationships/sessions`) },
    },
    links: { self },
  };
}

function roleResource(role: Role) {
  const self = `${base}/v1/roles/${role.id}`;
  return {
    id: role.id,
    type: "roles",
    attributes: {
      name: role.name,
      description: role.description,
      createdAt: role.created_at,
      updatedAt: role.updated_at,
    },
    relationships: { users: { links: links(`${self}/relationships/users`) } },
    links: { self },
  };
}

app.get<{ Params: { id: string } }>("/v1/users/:id", async (request, reply) => {
  if (!(await isAdmin(request))) return send(reply, 401, {});
  const [user] = await query<User>(`select ${COLUMNS} from users where id = ?`, [request.params.id]);
  if (user === undefined) return send(reply, 404, {});
  return send(reply, 200, {
    jsonapi: { version: "1.1" },
    links: { self: `${base}/v1/users/${user.id}` },
    data: userResource(user),
  });
});

function usersAfter(cursor: string, isNewestFirst: boolean, size: number): Promise<User[]> {
  const [, ...place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string, ...string[]];
  return isNewestFirst
    ? query<User>(
        `select ${COLUMNS} from users where (created_at, id) < (?, ?) order by created_at desc, id desc limit ?`,
        [...place, size + 1],
      )
    : query<User>(`select ${COLUMNS} from users where id > ? order by id limit ?`, [...place, size + 1]);
}

app.get<{ Querystring: Record<string, string> }>("/v1/users", async (request, reply) => {
  if (!(await isAdmin(request))) return send(reply, 401, {});
  const size = Number(request.query["page[size]"] ?? 20);
  const number = Number(request.query["page[number]"] ?? 1);
  const cursor = request.query["page[after]"];
  const isNewestFirst = request.query["sort"] === "-createdAt";
  const users =
    cursor === undefined
      ? await query<User>(`select ${COLUMNS} from users order by id limit ? offset ?`, [size, (number - 1) * size])
      : await usersAfter(cursor, isNewestFirst, size);
  // Pages by cursor show no total.
  const [counted] = cursor === undefined ? await query<{ total: number }>("select count(*) as total from users") : [];
  const total = counted?.total ?? 0;
  let roles: Map<string, Role[]> | undefined;
  if (request.query["include"] === "roles") {
    roles = new Map(users.map(({ id }) => [id, []]));
    const rows = await query<Role>(
      `select roles.id, name, description, created_at, updated_at, user_id as parent_id
       from user_roles join roles on roles.id = role_id where user_id in (${users.map(() => "?").join(",")}) order by roles.id`,
      users.map(({ id }) => id),
    );
    for (const role of rows) roles.get(role.parent_id)?.push(role);
  }
  const last = Math.ceil(total / size);
  const page = (at: number) => `${base}/v1/users?page%5Bnumber%5D=${String(at)}&page%5Bsize%5D=${String(size)}`;
  const included = new Map([...(roles?.values() ?? [])].flat().map((role) => [role.id, role]));
  return send(reply, 200, {
    jsonapi: { version: "1.1" },
    links: { self: base + request.url, first: page(1), prev: null, next: page(number + 1), last: page(last) },
    data: users.map((user) => userResource(user, roles?.get(user.id))),
    ...(roles === undefined ? {} : { included: [...included.values()].map(roleResource) }),
    meta: { total, page: { number, size, total } },
  });
});

app.post<{ Body: { data: { attributes: { name: string; description: string } } } }>(
  "/v1/roles",
  async (request, reply) => {
    if (!(await isAdmin(request))) return send(reply, 401, {});
    const { name, description } = request.body.data.attributes;
    const now = new Date().toISOString();
    const id = randomUUID();
    await query(
      "insert into roles (id, name, name_normal, description, created_at, updated_at) values (?, ?, ?, ?, ?, ?)",
      [id, name, name.toLowerCase(), description, now, now],
    );
    const role = { id, name, description, created_at: now, updated_at: now, parent_id: "" };
    reply.header("location", `${base}/v1/roles/${id}`);
    return send(reply, 201, {
      jsonapi: { version: "1.1" },
      links: { self: `${base}/v1/roles/${id}` },
      data: roleResource(role),
    });
  },
);

app.post<{ Body: { data: { email: string } } }>("/v1/auth/reset-password", async (request) => {
  const { email } = request.body.data;
  const now = Date.now();
  const moment = new Date(now).toISOString();
  const payload = { email: email.toLowerCase(), askedBy: { ipAddress: request.ip, userAgent: null, at: moment } };
  await query(
    "insert into outbox (id, kind, payload, attempts, created_at, due_at, expires_at) values (?, 'reset.requested', ?, 0, ?, ?, ?)",
    [randomUUID(), JSON.stringify(payload), moment, moment, new Date(now + 3_600_000).toISOString()],
  );
  return { message: "If your email was registered with us, you'll get an email with reset link shortly", email };
});

base = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(base);
