import { ApiClient } from "jsonapi-react";

const readOnly = { readOnly: true };

const schema = {
  users: {
    type: "users",
    fields: { lastLoginAt: readOnly, createdAt: readOnly, updatedAt: readOnly },
    relationships: { roles: { type: "roles" }, sessions: { type: "sessions", readOnly: true } },
  },
  roles: {
    type: "roles",
    fields: { createdAt: readOnly, updatedAt: readOnly },
    relationships: { users: { type: "users" } },
  },
  sessions: { type: "sessions", relationships: { user: { type: "users", readOnly: true } } },
};

interface ErrorObject {
  readonly detail: string;
  readonly source: { readonly pointer: string };
}

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): ApiClient {
  return new ApiClient({
    url,
    schema,
    // What a form wants to know: a sentence for each field.
    formatErrors: (errors: readonly ErrorObject[]) =>
      Object.fromEntries(errors.map(({ source, detail }) => [source.pointer.split("/").at(-1), detail])),
  });
}

interface Session {
  readonly id: string;
  readonly token: string;
}

/** @returns undefined when the address or the password was wrong: this client throws nothing */
export async function logIn(client: ApiClient, email: string, password: string): Promise<Session | undefined> {
  const { data, error } = await client.mutate("sessions", { email, password });
  if (error !== undefined) return undefined;
  const session = data as Session;
  client.addHeader("Authorization", `Bearer ${session.token}`);
  return session;
}

export async function logOut(client: ApiClient, session: Session): Promise<void> {
  await client.delete(["sessions", session.id]);
  client.removeHeader("Authorization");
  client.clearCache();
}
