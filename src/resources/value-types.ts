import { parseEmail } from "../accounts/email.ts";
import { passwordFault, type PasswordRules } from "../accounts/password.ts";
import type { ValueType } from "../jsonapi/resource/value-types.ts";

/** An email address, as it is stored: trimmed, otherwise as given in Unicode's form NFKC. */
export const emailAddress: ValueType<string> = {
  name: "email",
  parse: (json) => {
    if (typeof json !== "string") return { message: "must be a string" };
    const email = parseEmail(json);
    return "message" in email ? email : { value: email.address };
  },
  // An address that cannot be is one that nobody has: comparing with it finds nothing, and is no fault. PostgreSQL takes no NUL.
  parseText: (text) => (text.includes("\0") ? { message: "must be text" } : { value: text }),
  toJson: (stored) => stored,
  schema: { type: "string", format: "email", maxLength: 254 },
};

/** The form by which addresses are compared. What is no address is its own. */
export function normalEmail(text: string): string {
  const email = parseEmail(text);
  return "message" in email ? text : email.normal;
}

/**
 * A language that mails can be written in, by its tag. One that is stored and that there is no more counts as none: clients send back
 * what they were shown, and what nobody can have any more must not be what they are refused for.
 */
export function languageTag(languages: readonly string[]): ValueType<string> {
  const find = (text: string) => languages.find((tag) => tag.toLowerCase() === text.toLowerCase());
  return {
    name: "language",
    parse: (json) => {
      if (typeof json !== "string") return { message: "must be a string" };
      const value = find(json);
      return value === undefined ? { message: `must be one of: ${languages.join(", ")}` } : { value };
    },
    parseText: (text) => (text.includes("\0") ? { message: "must be text" } : { value: find(text) ?? text }),
    toJson: (stored) => (typeof stored === "string" ? (find(stored) ?? null) : null),
    schema: { type: "string", enum: languages },
  };
}

/** Text that only hooks see, and that is judged there: whatever it holds, it is never stored or shown as it is. */
export const secret: ValueType<string> = {
  name: "secret",
  parse: (json) => (typeof json === "string" ? { value: json } : { message: "must be a string" }),
  parseText: () => ({ message: "cannot be compared" }),
  toJson: () => undefined,
  schema: { type: "string", format: "password", writeOnly: true },
};

/** A password that somebody chooses. Judged as other values are, so that one answer tells of all of them; hooks know the rest. */
export function newPassword(rules: PasswordRules): ValueType<string> {
  return {
    ...secret,
    parse: (json) => {
      const parsed = secret.parse(json);
      const message = "value" in parsed ? passwordFault(parsed.value, rules) : undefined;
      return message === undefined ? parsed : { message };
    },
  };
}
