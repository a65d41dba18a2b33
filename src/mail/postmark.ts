import { createRequire } from "node:module";
import { domainToASCII } from "node:url";
import type * as Postmark from "postmark";

import type { Delivery, Mail, Mailer } from "./mailer.ts";

export interface PostmarkOptions {
  /** The server token. */
  readonly token: string;
  /** `https://api.postmarkapp.com`, or a stand-in. A path is kept as prefix. */
  readonly apiUrl: string;
  /** The message stream, e.g. `outbound`. */
  readonly stream: string;
  /** `address` or `Display name <address>`. */
  readonly from: string;
  /** For the whole exchange. Above 0. */
  readonly timeoutSeconds?: number;
}

/** During maintenance Postmark says nothing about how long it takes (seconds). */
const MAINTENANCE = 60;

/**
 * Codes within a 422 that are about the account, the sender or the stream: no mail passes until the operator acts.
 * 400 and 401 sender signature unknown or unconfirmed, 405 no credits, 412 and 413 account pending or not approved,
 * 422 invalid server, 1235 and 1236 stream unknown or not sendable, 1480 our address is not on the allow-list.
 *
 * @see https://postmarkapp.com/developer/api/overview#error-codes
 */
const ACCOUNT_CODES: ReadonlySet<number> = new Set([400, 401, 405, 412, 413, 422, 1235, 1236, 1480]);

/**
 * Sends through Postmark (https://postmarkapp.com/developer/user-guide/send-email-with-api). Links and opens are not
 * tracked: a rewritten reset link would pass through a third party.
 *
 * @throws {Error} at once, on an empty token, an `apiUrl` that is no URL, or a `from` without a usable address
 */
export function postmarkMailer({ token, apiUrl, stream, from, timeoutSeconds = 10 }: PostmarkOptions): Mailer {
  const url = new URL(apiUrl);
  const configuration = {
    requestHost: url.host + url.pathname.replace(/\/+$/, ""),
    useHttps: url.protocol === "https:",
    timeout: timeoutSeconds,
  };
  const sender = senderOf(from);
  if (sender === null) throw new Error("The sender of mails must be an address, or: Display name <address>");
  // Where there is no token nobody waits for it to be loaded.
  const { Models, ServerClient } = createRequire(import.meta.url)("postmark") as typeof Postmark;
  new ServerClient(token, configuration); // Fails now rather than at the first mail.

  return {
    async send(mail: Mail): Promise<Delivery> {
      const recipient = asciiAddress(mail.to);
      if (recipient === null) {
        return { outcome: "refused", reason: "Postmark cannot mail to an address of this form" };
      }
      // A client for each mail costs nothing, and keeps what we learn of one exchange apart from the others.
      const exchange = new Exchange(timeoutSeconds);
      const client = new ServerClient(token, { ...configuration, fetch: exchange.fetch });
      try {
        const answer: unknown = await exchange.inTime(
          client.sendEmail({
            From: sender,
            To: recipient,
            Subject: mail.subject,
            TextBody: mail.text,
            HtmlBody: mail.html,
            MessageStream: stream,
            TrackOpens: false,
            TrackLinks: Models.LinkTrackingOptions.None,
            Tag: mail.tag,
            Metadata: { reference: mail.reference },
          }),
        );
        return accepted(answer);
      } catch (error) {
        return classify(error, exchange);
      } finally {
        exchange.end();
      }
    },
  };
}

/** What the client does not tell of an exchange. */
class Exchange {
  /** Seconds, from `Retry-After`. RFC 9110, section 10.2.3. */
  retryAfter: number | undefined;
  /** The code of a network fault, e.g. ECONNREFUSED. */
  networkFault: string | undefined;

  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #isOver: Promise<never>;

  constructor(timeoutSeconds: number) {
    const { signal } = this.#abort;
    this.#isOver = new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(signal.reason as DOMException);
      });
    });
    this.#timer = setTimeout(() => {
      this.#abort.abort(new DOMException("The mail service took too long", "TimeoutError"));
    }, timeoutSeconds * 1000);
  }

  /**
   * The client has a time-out of its own, but no body is cut off by it once Node has collected the request: an answer of which half
   * came would be waited for without end. (undici holds the request of a response weakly.)
   *
   * @throws {DOMException} TimeoutError
   */
  async inTime<Answer>(answer: Promise<Answer>): Promise<Answer> {
    return await Promise.race([answer, this.#isOver]);
  }

  /** The exchange is over: nothing is left to be cut off. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /** Follows no redirect: the server token would go along. */
  readonly fetch = async (...[input, init]: Parameters<typeof fetch>): Promise<Response> => {
    try {
      const response = await fetch(input, { ...init, redirect: "error", signal: this.#abort.signal });
      this.retryAfter = delaySeconds(response.headers.get("retry-after"));
      return response;
    } catch (error) {
      this.networkFault = networkFault(error);
      throw error;
    }
  };
}

/** A 200 is believed only with the number of a message: a proxy's page has one too, and an error may come with it. */
function accepted(answer: unknown): Delivery {
  if (typeof answer === "object" && answer !== null) {
    const { ErrorCode: code, MessageID: messageId } = answer as { ErrorCode?: unknown; MessageID?: unknown };
    if (code === 0 && typeof messageId === "string" && messageId !== "") return { outcome: "sent", messageId };
    if (typeof code === "number" && code !== 0)
      return { outcome: "retry", reason: `200 with error code ${String(code)}` };
  }
  return { outcome: "retry", reason: "200 without a message id" };
}

/**
 * By status and code together: the numbers of both overlap. The reason never holds the client's message, which quotes
 * addresses. What we do not know is retried: it ends when the entry expires, and loses nothing.
 */
function classify(error: unknown, { retryAfter, networkFault }: Exchange): Delivery {
  const { statusCode, code, message } = error as { statusCode?: unknown; code?: unknown; message?: unknown };
  if (typeof statusCode !== "number" || statusCode === 0) {
    const fault =
      networkFault ?? (error instanceof Error && error.name === "TimeoutError" ? "timeout" : "broken answer");
    return { outcome: "retry", reason: `network: ${fault}` };
  }
  const reason = `${String(statusCode)}${typeof code === "number" && code !== 0 ? ` with error code ${String(code)}` : ""}`;
  const pause = retryAfter === undefined ? {} : { afterSeconds: retryAfter };
  switch (statusCode) {
    case 401:
      return { outcome: "paused", reason: `${reason}: the server token is not valid` };
    case 403:
      return { outcome: "paused", reason: `${reason}: Postmark does not let us in` };
    case 404:
    case 405:
    case 415:
      return { outcome: "paused", reason: `${reason}: this is not Postmark's API` };
    case 413:
      return { outcome: "refused", reason: `${reason}: the mail is too large` };
    case 422:
      if (typeof code === "number" && ACCOUNT_CODES.has(code)) {
        return { outcome: "paused", reason: `${reason}: account, sender or stream cannot send` };
      }
      if (code === 300 && typeof message === "string" && /^(Invalid|Error parsing) 'From'/i.test(message)) {
        return { outcome: "paused", reason: `${reason}: the sender's address is not valid` };
      }
      return code === 406
        ? { outcome: "refused", reason: `${reason}: inactive recipient`, isInactive: true }
        : { outcome: "refused", reason };
    case 503:
      return { outcome: "retry", reason, afterSeconds: retryAfter ?? MAINTENANCE };
    default:
      return { outcome: "retry", reason, ...pause };
  }
}

/** Seconds of a `Retry-After`, which is a number or a date; undefined if there is none that makes sense. */
function delaySeconds(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const seconds = Math.ceil((Date.parse(header) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function networkFault(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return "timeout";
  const { code, message } = (error.cause ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string") return code;
  return message === "unexpected redirect" ? "redirected" : "no connection";
}

/** What Postmark takes left of the @: it knows neither UTF-8 (RFC 6531) nor quoted strings, and a comma would begin a second recipient. */
const LOCAL_PART = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+$/i;
const DOMAIN = /^[a-z0-9-]+(\.[a-z0-9-]+)*$/i;

/** An address with its domain in ASCII (RFC 5890), or null if Postmark could not take it. */
function asciiAddress(address: string): string | null {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, Math.max(0, at));
  const domain = domainToASCII(address.slice(at + 1));
  return LOCAL_PART.test(local) && DOMAIN.test(domain) ? `${local}@${domain}` : null;
}

/** The `From` header: the address made ASCII, the name quoted (RFC 5322, section 3.4). Null if there is no usable address. */
function senderOf(from: string): string | null {
  const named = /^\s*(.*?)\s*<([^<>]+)>\s*$/s.exec(from);
  const address = asciiAddress((named?.[2] ?? from).trim());
  const name = (named?.[1] ?? "").replace(/^"(.*)"$/s, "$1").replace(/[\p{Cc}"\\]/gu, "");
  if (address === null || name === "") return address;
  return `"${name}" <${address}>`;
}
