import { attr, belongsTo, hasMany, SpraypaintBase } from "spraypaint";

/** Keys are camelCase on both sides; the token goes out as a bearer token. */
const Resource = SpraypaintBase.extend({
  static: { apiNamespace: "", keyCase: { server: "camel", client: "camel" } },
});
Resource.generateAuthHeader = (token: string) => `Bearer ${token}`;

// What the server alone writes is not persisted: it would come back with every new resource.
const readOnly = { persist: false };

export const User = Resource.extend({
  static: { jsonapiType: "users" },
  attrs: {
    email: attr(),
    password: attr(),
    currentPassword: attr(),
    firstName: attr(),
    lastName: attr(),
    avatarUrl: attr(),
    isVerified: attr(),
    lastLoginAt: attr(readOnly),
    createdAt: attr(readOnly),
    updatedAt: attr(readOnly),
    roles: hasMany("roles"),
    sessions: hasMany("sessions"),
  },
});

export const Role = Resource.extend({
  static: { jsonapiType: "roles" },
  attrs: {
    name: attr(),
    description: attr(),
    createdAt: attr(readOnly),
    updatedAt: attr(readOnly),
    users: hasMany("users"),
  },
});

export const Session = Resource.extend({
  static: { jsonapiType: "sessions" },
  attrs: {
    email: attr(),
    password: attr(),
    token: attr(readOnly),
    userAgent: attr(readOnly),
    ipAddress: attr(readOnly),
    createdAt: attr(readOnly),
    lastUsedAt: attr(readOnly),
    expiresAt: attr(readOnly),
    user: belongsTo("users"),
  },
});

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): void {
  for (const model of [Resource, User, Role, Session]) model.baseUrl = url;
}

export async function logIn(email: string, password: string) {
  const session = new Session({ email, password });
  await session.save();
  SpraypaintBase.setJWT(session.token);
  return session;
}

export async function logOut(session: InstanceType<typeof Session>): Promise<void> {
  await session.destroy();
}
