/**
 * The calls to `/v1/auth/reset-password`, and what their answers mean for a person. Never throws.
 *
 * @typedef {{ kind: "done", body: Record<string, unknown> }
 *   | { kind: "refused", message: string }
 *   | { kind: "gone" }
 *   | { kind: "failed", message: string, isUnclear: boolean }} Outcome
 *   `refused`: the value in the field. `gone`: the link. `failed`: all else; `isUnclear` when the server may have done its work.
 */

const ENDPOINT = new URL("../v1/auth/reset-password", import.meta.url);
const PATIENCE_MS = 30_000;

/** @returns {Promise<Outcome>} */
export function askForMail(email) {
  return call("POST", { email });
}

/** @returns {Promise<Outcome>} */
export function setPassword(token, password) {
  return call("PATCH", { token, password });
}

async function call(method, data) {
  let response;
  let body;
  try {
    response = await fetch(ENDPOINT, {
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
    return {
      kind: "failed",
      message: "The server could not be reached. What you typed is still here: check your connection, then try again.",
      isUnclear: true,
    };
  }
  return outcomeOf(response, parsed(body));
}

function outcomeOf(response, body) {
  if (response.ok && body !== undefined) return { kind: "done", body };

  const error = Array.isArray(body?.errors) ? body.errors[0] : undefined;
  if (response.status === 422) return { kind: "refused", message: reason(error) };
  // A 404 that is not the server's own comes from something in between, and says nothing of the link.
  if (response.status === 404 && error !== undefined) return { kind: "gone" };

  const wait = waitWords(response.headers.get("retry-after"));
  if (response.status === 429) {
    return { kind: "failed", message: `There were too many attempts. Please try again ${wait}.`, isUnclear: false };
  }
  if (response.status === 503) {
    return {
      kind: "failed",
      message: `The server is busy at the moment. What you typed is still here: please try again ${wait}.`,
      isUnclear: false,
    };
  }
  const reference =
    typeof error?.id === "string" ? ` If it stays so, tell the operator this reference: ${error.id}` : "";
  return {
    kind: "failed",
    message: `Something went wrong on the server. What you typed is still here: please try again.${reference}`,
    isUnclear: response.status >= 500 || response.ok,
  };
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reason(error) {
  const { attribute, message } = error?.meta ?? {};
  const words = attribute && message ? `This ${attribute} ${message}` : error?.detail || "This was not accepted";
  return /[.!?]$/.test(words) ? words : `${words}.`;
}

/** The words for a `Retry-After`: seconds or a date (RFC 9110, section 10.2.3), or nothing that can be read. */
function waitWords(header) {
  const seconds = /^\d+$/.test(header ?? "")
    ? Number(header)
    : Math.ceil((Date.parse(header ?? "") - Date.now()) / 1000);
  if (!(seconds > 0)) return "in a little while";
  if (seconds === 1) return "in 1 second";
  if (seconds <= 90) return `in ${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90 ? `in about ${minutes} minutes` : `in about ${Math.ceil(minutes / 60)} hours`;
}
