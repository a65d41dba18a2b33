import jsonapi, { type TransifexResource, type TransifexType } from "@transifex/jsonapi";

class User extends jsonapi.Resource {
  static override TYPE = "users";
}

class Role extends jsonapi.Resource {
  static override TYPE = "roles";
}

class Session extends jsonapi.Resource {
  static override TYPE = "sessions";
}

export class Accounts extends jsonapi.JsonApi {
  declare readonly User: TransifexType;
  declare readonly Role: TransifexType;
  declare readonly Session: TransifexType;
}
Accounts.register(User, "User");
Accounts.register(Role, "Role");
Accounts.register(Session, "Session");

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): Accounts {
  // It cannot send anything before it is told how to authenticate, not even what logs it in.
  return new Accounts({ host: url, auth: () => ({}) });
}

export async function logIn(accounts: Accounts, email: string, password: string): Promise<TransifexResource> {
  const session = await accounts.Session.create({ email, password });
  accounts.setup({ auth: session.get("token") });
  return session;
}

export async function logOut(session: TransifexResource): Promise<void> {
  await session.delete();
}
