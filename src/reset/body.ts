import { type Email, parseEmail } from "../accounts/email.ts";
import { invalidAttribute } from "../errors/catalogue.ts";
import { attemptAll } from "../errors/fault.ts";

/**
 * What the bodies of the requests must hold. Read by hand: what an address or a token is, no schema says, and nothing may turn an
 * array or a number into one. Members beside are ignored; frontends send more.
 */

/** `{"data":{"email":…}}` @throws {Fault} 422 */
export function readResetRequest(body: unknown): { readonly email: Email } {
  const data = readData(body);
  const text = readText(data, "email");
  const email = parseEmail(text);
  if ("message" in email) throw invalidAttribute("/data/email", "email", email.message);
  return { email };
}

/** `{"data":{"token":…,"password":…}}` @throws {Fault | Faults} 422 */
export function readRedemption(body: unknown): { readonly token: string; readonly password: string } {
  const data = readData(body);
  const [token, password] = attemptAll(
    () => readText(data, "token"),
    () => readText(data, "password"),
  );
  return { token, password };
}

/** `{"data":{"token":…}}` @throws {Fault} 422 */
export function readNotMe(body: unknown): { readonly token: string } {
  return { token: readText(readData(body), "token") };
}

function readData(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body)) throw invalidAttribute("", "body", 'must be an object with the member "data"');
  if (!Object.hasOwn(body, "data")) throw invalidAttribute("", "data", "is missing");
  if (!isObject(body.data)) throw invalidAttribute("/data", "data", "must be an object");
  return body.data;
}

function readText(data: Readonly<Record<string, unknown>>, name: string): string {
  if (!Object.hasOwn(data, name)) throw invalidAttribute("/data", name, "is missing");
  const value = data[name];
  if (typeof value !== "string") throw invalidAttribute(`/data/${name}`, name, "must be a string");
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
