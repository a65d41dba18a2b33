import { Model, type ToManyRelation } from "coloquent";

/** Coloquent keeps one HTTP client for all models. */
const server = { url: "" };

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): void {
  server.url = url;
}

abstract class Resource extends Model {
  override getJsonApiBaseUrl(): string {
    return server.url;
  }

  // Coloquent wants a getter and a setter for each attribute; these are all of them at once.
  override getAttribute(name: string): unknown {
    return super.getAttribute(name);
  }

  override setAttribute(name: string, value: unknown): void {
    super.setAttribute(name, value);
  }

  override getRelation(name: string): Model[] {
    return super.getRelation(name) as Model[];
  }
}

export class User extends Resource {
  protected override jsonApiType = "users";
  // A save leaves the model with the time of the save before it. Sent back with the next one, it would be a change.
  override readOnlyAttributes = ["createdAt", "updatedAt", "lastLoginAt"];

  roles(): ToManyRelation {
    return this.hasMany(Role, "roles");
  }

  sessions(): ToManyRelation {
    return this.hasMany(Session, "sessions");
  }
}

export class Role extends Resource {
  protected override jsonApiType = "roles";
  override readOnlyAttributes = ["createdAt", "updatedAt"];

  users(): ToManyRelation {
    return this.hasMany(User, "users");
  }
}

/** Without its user: Coloquent would follow it from the sessions that a user includes, and from there the sessions again, for ever. */
export class Session extends Resource {
  protected override jsonApiType = "sessions";
}

export async function logIn(email: string, password: string): Promise<Session> {
  const session = new Session();
  session.setAttribute("email", email);
  session.setAttribute("password", password);
  const opened = (await session.save()).getModel() as Session;
  const { defaults } = Model.getHttpClient().getImplementingClient() as {
    defaults: { headers: Record<string, string> };
  };
  defaults.headers["Authorization"] = `Bearer ${String(opened.getAttribute("token"))}`;
  return opened;
}

export async function logOut(session: Session): Promise<void> {
  await session.delete();
}
