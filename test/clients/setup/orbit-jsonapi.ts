import { JSONAPIAtomicOperationsDocumentSerializer, JSONAPISerializers, JSONAPISource } from "@orbit/jsonapi";
import { RecordKeyMap, RecordSchema, type InitializedRecord, type RecordOperation } from "@orbit/records";

const schema = new RecordSchema({
  models: {
    user: {
      attributes: {
        email: { type: "string" },
        password: { type: "string" },
        currentPassword: { type: "string" },
        firstName: { type: "string" },
        lastName: { type: "string" },
        avatarUrl: { type: "string" },
        isVerified: { type: "boolean" },
        lastLoginAt: { type: "datetime" },
        createdAt: { type: "datetime" },
        updatedAt: { type: "datetime" },
      },
      relationships: {
        roles: { kind: "hasMany", type: "role", inverse: "users" },
        sessions: { kind: "hasMany", type: "session", inverse: "user" },
      },
    },
    role: {
      attributes: {
        name: { type: "string" },
        description: { type: "string" },
        createdAt: { type: "datetime" },
        updatedAt: { type: "datetime" },
      },
      relationships: { users: { kind: "hasMany", type: "user", inverse: "roles" } },
    },
    session: {
      // Orbit gives every record an id of its own. The server takes it for users and roles, but never for sessions:
      // with a key, the id stays with the client, and the server's one is mapped to it.
      keys: { remoteId: {} },
      attributes: {
        email: { type: "string" },
        password: { type: "string" },
        token: { type: "string" },
        userAgent: { type: "string" },
        ipAddress: { type: "string" },
        createdAt: { type: "datetime" },
        lastUsedAt: { type: "datetime" },
        expiresAt: { type: "datetime" },
      },
      relationships: { user: { kind: "hasOne", type: "user", inverse: "sessions" } },
    },
  },
});

/** Models are singular and types are plural. Orbit makes plurals for paths, but not for types unless it is told to. */
function serializerSettingsFor(serializer?: string) {
  const isType = serializer === JSONAPISerializers.ResourceType || serializer === JSONAPISerializers.ResourceTypeParam;
  return isType
    ? { serializationOptions: { inflectors: ["pluralize"] }, deserializationOptions: { inflectors: ["singularize"] } }
    : {};
}

/** @param url where the resources stand, e.g. `https://accounts.example.org/v1` */
export function connect(url: string): JSONAPISource {
  const source = new JSONAPISource({ schema, host: url, keyMap: new RecordKeyMap(), serializerSettingsFor });
  // What is refused would stay at the head of the queue, and everything behind it would wait for ever.
  source.requestQueue.on("fail", () => void source.requestQueue.skip());
  return source;
}

export async function logIn(source: JSONAPISource, email: string, password: string): Promise<InitializedRecord> {
  const session = await source.update<InitializedRecord>((t) =>
    t.addRecord({ type: "session", attributes: { email, password } }),
  );
  const { headers } = source.requestProcessor.defaultFetchSettings;
  if (headers !== undefined) headers["Authorization"] = `Bearer ${String(session.attributes?.["token"])}`;
  return session;
}

export async function logOut(source: JSONAPISource, session: InitializedRecord): Promise<void> {
  await source.update((t) => t.removeRecord(session));
}

/** All of the operations, or none: Orbit writes the document of Atomic Operations, but has to be told to send it. */
export async function perform(source: JSONAPISource, operations: RecordOperation[]): Promise<void> {
  const { requestProcessor } = source;
  const { serializerFor, schema, urlBuilder } = requestProcessor;
  const serializer = new JSONAPIAtomicOperationsDocumentSerializer({ serializerFor, schema });
  const mediaType = 'application/vnd.api+json;ext="https://jsonapi.org/ext/atomic"';
  await requestProcessor.fetch(`${String(urlBuilder.host)}/operations`, {
    method: "POST",
    json: serializer.serialize({ operations }),
    headers: { Accept: mediaType, "Content-Type": mediaType },
  });
}
