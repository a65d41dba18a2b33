import type { FastifyReply } from "fastify";

/** The documents of two types, written down by hand: no type is looked up, no name is checked, no shape is worked out. */

export const MEDIA_TYPE = "application/vnd.api+json";

/** Where this server listens: known once it does. */
export const site = { base: "" };

export interface User {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  avatar_url: string | null;
  language: string | null;
  is_verified: boolean | number;
  last_login_at: string | null;
  mail_status: string | null;
  mail_status_at: string | null;
  created_at: string;
  updated_at: string;
}
export const USER_COLUMNS: readonly string[] = [
  "id",
  "email",
  "first_name",
  "last_name",
  "avatar_url",
  "language",
  "is_verified",
  "last_login_at",
  "mail_status",
  "mail_status_at",
  "created_at",
  "updated_at",
] satisfies readonly (keyof User)[];

export interface Role {
  id: string;
  name: string;
  description: string | null;
  created_at: string;
  updated_at: string;
}
export const ROLE_COLUMNS: readonly string[] = [
  "id",
  "name",
  "description",
  "created_at",
  "updated_at",
] satisfies readonly (keyof Role)[];

export function send(reply: FastifyReply, status: number, document: unknown, contentType = MEDIA_TYPE) {
  // A string would get a charset from Fastify, which JSON:API forbids.
  return reply
    .status(status)
    .header("content-type", contentType)
    .send(Buffer.from(JSON.stringify(document)));
}

export function userResource(user: User, roles?: readonly Role[]) {
  const self = `${site.base}/v1/users/${user.id}`;
  return {
    type: "users",
    id: user.id,
    attributes: {
      email: user.email,
      firstName: user.first_name,
      lastName: user.last_name,
      avatarUrl: user.avatar_url,
      language: user.language,
      isVerified: Boolean(user.is_verified),
      lastLoginAt: user.last_login_at,
      mailStatus: user.mail_status,
      mailStatusAt: user.mail_status_at,
      createdAt: user.created_at,
      updatedAt: user.updated_at,
    },
    links: { self },
    relationships: {
      roles: {
        links: { self: `${self}/relationships/roles`, related: `${self}/roles` },
        ...(roles === undefined ? {} : { data: roles.map(({ id }) => ({ type: "roles", id })) }),
      },
      sessions: { links: { self: `${self}/relationships/sessions`, related: `${self}/sessions` } },
    },
  };
}

export function sparseUserResource({ id, email, first_name }: Pick<User, "id" | "email" | "first_name">) {
  return {
    type: "users",
    id,
    attributes: { email, firstName: first_name },
    links: { self: `${site.base}/v1/users/${id}` },
  };
}

export function roleResource(role: Role) {
  const self = `${site.base}/v1/roles/${role.id}`;
  return {
    type: "roles",
    id: role.id,
    attributes: {
      name: role.name,
      description: role.description,
      createdAt: role.created_at,
      updatedAt: role.updated_at,
    },
    links: { self },
    relationships: { users: { links: { self: `${self}/relationships/users`, related: `${self}/users` } } },
  };
}

/** The document of a single resource. */
export function single(resource: { readonly links: { readonly self: string } }) {
  return {
    jsonapi: { version: "1.1" },
    links: { self: resource.links.self, describedby: `${site.base}/openapi.json` },
    data: resource,
  };
}
