import JsonApi, { type ErrorObject } from "devour-client";

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): JsonApi {
  // Without plurals a model has the same name as the type, also where Devour takes the one for the other.
  // And its errors are no more than title and detail, unless one asks for more.
  const errorBuilder = ({ status, title, detail }: ErrorObject) => ({ status, title, detail });
  const api = new JsonApi({ apiUrl: url, pluralize: false, logger: false, errorBuilder });
  api.define("users", {
    email: "",
    password: "",
    currentPassword: "",
    firstName: "",
    lastName: "",
    avatarUrl: "",
    isVerified: "",
    lastLoginAt: "",
    createdAt: "",
    updatedAt: "",
    roles: { jsonApi: "hasMany", type: "roles" },
    sessions: { jsonApi: "hasMany", type: "sessions" },
  });
  api.define("roles", {
    name: "",
    description: "",
    createdAt: "",
    updatedAt: "",
    users: { jsonApi: "hasMany", type: "users" },
  });
  api.define("sessions", {
    email: "",
    password: "",
    token: "",
    userAgent: "",
    ipAddress: "",
    createdAt: "",
    lastUsedAt: "",
    expiresAt: "",
    user: { jsonApi: "hasOne", type: "users" },
  });
  return api;
}

export async function logIn(api: JsonApi, email: string, password: string): Promise<string> {
  const { data: session } = await api.create("sessions", { email, password });
  api.bearer = session.token;
  return session.id;
}

export async function logOut(api: JsonApi, sessionId: string): Promise<void> {
  await api.destroy("sessions", sessionId);
}
