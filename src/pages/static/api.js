import { text, waitWords } from "./texts.js";

/**
 * The calls to `/v1/auth/…`, and what their answers mean for a person, in the page's language. Never throws.
 *
 * @typedef {{ kind: "done", body: Record<string, unknown> }
 *   | { kind: "refused", message: string, language?: "en" }
 *   | { kind: "gone" }
 *   | { kind: "failed", message: string, isUnclear: boolean }} Outcome
 *   `refused`: the value in the field; in English where only the server has words for it. `gone`: the link. `failed`: all else;
 *   `isUnclear` when the server may have done its work.
 */

const PATIENCE_MS = 30_000;

/** @returns {Promise<Outcome>} */
export function askForMail(email) {
  return call("POST", "reset-password", { email });
}

/** @returns {Promise<Outcome>} */
export function setPassword(token, password) {
  return call("PATCH", "reset-password", { token, password });
}

/** @returns {Promise<Outcome>} */
export function stopIt(token) {
  return call("POST", "not-me", { token });
}

async function call(method, endpoint, data) {
  let response;
  let body;
  try {
    response = await fetch(new URL(`../v1/auth/${endpoint}`, import.meta.url), {
      method,
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ data }),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    body = await response.text();
  } catch {
    return { kind: "failed", message: text("say.unreachable"), isUnclear: true };
  }
  return outcomeOf(response, parsed(body));
}

function outcomeOf(response, body) {
  if (response.ok && body !== undefined) return { kind: "done", body };

  const error = Array.isArray(body?.errors) ? body.errors[0] : undefined;
  if (response.status === 422) return { kind: "refused", ...reason(error) };
  // A 404 that is not the server's own comes from something in between, and says nothing of the link.
  if (response.status === 404 && error !== undefined) return { kind: "gone" };

  const wait = waitWords(response.headers.get("retry-after"));
  if (response.status === 429) return { kind: "failed", message: text("say.tooMany", { wait }), isUnclear: false };
  if (response.status === 503) return { kind: "failed", message: text("say.busy", { wait }), isUnclear: false };
  const reference = typeof error?.id === "string" ? ` ${text("say.reference", { reference: error.id })}` : "";
  return {
    kind: "failed",
    message: text("say.wrong") + reference,
    isUnclear: response.status >= 500 || response.ok,
  };
}

function parsed(json) {
  try {
    const value = JSON.parse(json);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What passwords are refused for, by the server's words. */
const REFUSALS = [
  { pattern: /at least (\d+) characters/, key: "say.tooShort", place: "min" },
  { pattern: /at most (\d+) characters/, key: "say.tooLong", place: "max" },
  { pattern: /commonly used/, key: "say.tooCommon" },
  { pattern: /be the email address/, key: "say.isTheEmail" },
  { pattern: /the name of this service/, key: "say.isTheService" },
];

/** Why a value was refused: in words of ours where we know the cause, else in the server's. */
function reason(error) {
  const { attribute, message = "" } = error?.meta ?? {};
  if (attribute === "email") return { message: text("say.notAnEmail") };
  for (const { pattern, key, place } of attribute === "password" ? REFUSALS : []) {
    const found = pattern.exec(message);
    if (found !== null) return { message: text(key, { [place]: found[1] }) };
  }
  const words = attribute && message ? `This ${attribute} ${message}` : error?.detail;
  if (!words) return { message: text("say.refused") };
  return { message: /[.!?]$/.test(words) ? words : `${words}.`, language: "en" };
}
