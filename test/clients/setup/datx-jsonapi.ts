import { Collection, Field, Model } from "@datx/core";
import { config, jsonapiCollection, jsonapiModel, type ICollectionFetchOpts } from "@datx/jsonapi";

export class User extends jsonapiModel(Model) {
  static override type = "users";

  declare firstName: string | null;
  declare lastName: string | null;
  declare roles: Role[];
  declare sessions: Session[];
}

export class Role extends jsonapiModel(Model) {
  static override type = "roles";

  declare name: string;
  declare users: User[];
}

export class Session extends jsonapiModel(Model) {
  static override type = "sessions";

  declare token: string;
  declare user: User;
}

// What a class declares with decorators, where there are decorators: `@Field({ toMany: "roles" }) public roles`.
Field({ toMany: "roles" })(User.prototype, "roles");
Field({ toMany: "sessions" })(User.prototype, "sessions");
Field({ toMany: "users" })(Role.prototype, "users");
Field({ toOne: "users" })(Session.prototype, "user");

class Accounts extends jsonapiCollection(Collection) {
  static override types = [User, Role, Session];
}

/**
 * datx sends all linkage that it knows of with every update, and an empty one where it knows of none: saving a name would take the
 * roles away that others gave since, or all of them. Relationships are changed by `saveRelationship` instead.
 */
function withoutRelationships(request: ICollectionFetchOpts): ICollectionFetchOpts {
  const { data } = (request.data ?? {}) as { data?: object };
  if (request.method !== "PATCH" || data === undefined || !("relationships" in data)) return request;
  const { relationships: _, ...resource } = data;
  return { ...request, data: { data: resource } };
}

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): InstanceType<typeof Accounts> {
  config.baseUrl = `${url}/`;
  config.transformRequest = withoutRelationships;
  return new Accounts();
}

export async function logIn(
  accounts: InstanceType<typeof Accounts>,
  email: string,
  password: string,
): Promise<Session> {
  const session = accounts.add({ email, password }, Session);
  await session.save();
  const { headers } = config.defaultFetchOptions as { headers: Record<string, string> };
  headers["authorization"] = `Bearer ${session.token}`;
  return session;
}

export async function logOut(session: Session): Promise<void> {
  await session.destroy();
}
