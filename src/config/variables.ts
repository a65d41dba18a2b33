import { compile } from "@fastify/proxy-addr";

import {
  basicCredentials,
  folder,
  host,
  httpUrl,
  integer,
  language,
  list,
  longToken,
  mailbox,
  oneOf,
  origin,
  rate,
  redisUrl,
  secretKey,
  text,
  token,
  type Parser,
  type Rate,
} from "./parsers.ts";

/** One environment variable: what it may hold, what it is without being set, and what it means. */
export interface Variable<Value> {
  readonly parse: Parser<Value>;
  /** As it would be written; absent where there is none. */
  readonly fallback?: string;
  /** What `.env.example` and the README say in place of a fallback. */
  readonly fallbackWords?: string;
  /** Never shown, not even in a fault. */
  readonly secret?: true;
  readonly doc: string;
}

const variable = <Value>(
  definition: Variable<Value> & { readonly fallback: string },
): Variable<Value> & { fallback: string } => definition;
const optional = <Value>(definition: Variable<Value>): Variable<Value> => definition;

/** The table of all variables: the only place that says what there is to configure. `.env.example` and the README follow it. */
export const variables = {
  HOST: variable({ parse: host, fallback: "127.0.0.1", doc: "Where to listen." }),
  PORT: variable({
    parse: integer(0, 65_535),
    fallback: "3000",
    doc: "Where to listen. 0 picks a free port and prints it.",
  }),
  NODE_ENV: variable({
    parse: oneOf("development", "production", "test"),
    fallback: "development",
    doc: "`production` switches off the mailbox page, demo defaults and pretty logs.",
  }),
  DATABASE_URL: variable({
    parse: databaseUrl,
    fallback: "sqlite:data/rekey.sqlite",
    doc: "The database: `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST:5432/NAME` with special characters percent-encoded. With `?sslmode=verify-full` (or `require`, which means the same here) the connection is encrypted, and the server's certificate and name are checked, against the file of `&sslrootcert=PATH` or the system's own authorities; `no-verify` checks neither.",
  }),
  DATABASE_POOL_SIZE: variable({
    parse: integer(2, 1000),
    fallback: "10",
    doc: "Connections to PostgreSQL at most, of each instance: all instances together stay below its `max_connections`. SQLite has one that writes and one that reads.",
  }),
  REDIS_URL: optional({
    parse: redisUrl,
    secret: true,
    fallbackWords: "none; each instance counts by itself then",
    doc: "A Redis in which all instances count together for the limits per client address: `redis://:PASSWORD@HOST:6379/0`, encrypted `rediss://…`. See docs/many-instances.md.",
  }),
  PUBLIC_URL: optional({
    parse: httpUrl,
    fallbackWords: "`http://HOST:PORT`; required in production",
    doc: "Absolute base of all links in documents. Never taken from a request's headers.",
  }),
  FRONTEND_URL: optional({
    parse: httpUrl,
    fallbackWords: "the server's own pages",
    doc: "Base of the link in reset mails: `FRONTEND_URL/reset-password?token=…`.",
  }),
  POSTMARK_SERVER_TOKEN: optional({
    parse: token,
    secret: true,
    fallbackWords: "none; required in production",
    doc: "Postmark's server token. Without it mail goes to the mailbox page.",
  }),
  POSTMARK_API_URL: variable({
    parse: httpUrl,
    fallback: "https://api.postmarkapp.com",
    doc: "For tests: a stand-in.",
  }),
  POSTMARK_MESSAGE_STREAM: variable({ parse: token, fallback: "outbound", doc: "Postmark's message stream." }),
  POSTMARK_WEBHOOK_CREDENTIALS: optional({
    parse: basicCredentials,
    secret: true,
    fallbackWords: "none; there is no webhook then",
    doc: "`name:password` that Postmark sends with bounces and spam complaints to `/v1/webhooks/postmark`. The password has at least 16 characters: `openssl rand -hex 24`.",
  }),
  MAIL_FROM: variable({
    parse: mailbox,
    fallback: "no-reply@localhost",
    doc: "The sender of all mails: an address, or `Name <address>`. Required in production.",
  }),
  APP_NAME: variable({ parse: text, fallback: "Rekey", doc: "Shown in mails and pages." }),
  DEFAULT_LANGUAGE: variable({
    parse: language,
    fallback: "en",
    doc: "The language of mails and pages for whoever asks for none that there is: `en`, `de`, `fr`, or one of `OVERRIDES_DIR`.",
  }),
  OVERRIDES_DIR: optional({
    parse: folder,
    fallbackWords: "none",
    doc: "A folder with mail templates, page texts and styles that take the place of the server's own: see docs/customising.md.",
  }),
  CORS_ORIGINS: optional({
    parse: list(origin),
    fallbackWords: "the origin of `FRONTEND_URL`",
    doc: "Comma-separated origins that browsers may call from.",
  }),
  TRUST_PROXY: variable({
    parse: list(proxyRange),
    fallback: "",
    doc: "Comma-separated addresses or CIDR ranges of proxies whose `X-Forwarded-For` is believed.",
  }),
  SIGNING_KEY: optional({
    parse: secretKey,
    secret: true,
    fallbackWords: "made at the first start, and kept in the database",
    doc: "Signs the links «it wasn't me» in mails: at least 32 random characters, the same for all instances. With a key of one's own a copy of the database is not enough to forge such links. With another one, those that were mailed before are void.",
  }),
  RESET_TOKEN_TTL: variable({
    parse: integer(60, 604_800),
    fallback: "3600",
    doc: "Seconds that a reset token lives.",
  }),
  RESET_LIMIT_PER_IP: variable({
    parse: rate,
    fallback: "5/60",
    doc: "Requests for a mail per client address: count/seconds. An IPv6 client is its /64.",
  }),
  RESET_LIMIT_PER_ACCOUNT: variable({
    parse: rate,
    fallback: "3/3600",
    doc: "Reset mails per account address: count/seconds. Over it the answer stays the usual one, and no mail goes out.",
  }),
  LOGIN_LIMIT_PER_IP: variable({
    parse: rate,
    fallback: "20/60",
    doc: "Wrong passwords and tokens per client address, counted together: count/seconds. Wrong webhook credentials count by themselves.",
  }),
  GLOBAL_LIMIT_PER_IP: variable({
    parse: rateOrNone,
    fallback: "0",
    doc: "All requests per client address: count/seconds, or 0 for no limit.",
  }),
  SESSION_TTL: variable({ parse: integer(60, 31_536_000), fallback: "1209600", doc: "Seconds that a session lives." }),
  SESSION_IDLE_TTL: variable({
    parse: secondsOrNone(300, 31_536_000),
    fallback: "0",
    doc: "Seconds after which a session ends that is not used: 300 or more, or 0 for none.",
  }),
  AUDIT_TTL: variable({
    parse: integer(86_400, 315_360_000),
    fallback: "15552000",
    doc: "Seconds that security events are kept (180 days). Those about addresses that nobody has are kept for a week at most.",
  }),
  PASSWORD_MIN_LENGTH: variable({
    parse: integer(8, 128),
    fallback: "8",
    doc: "Characters. 15 for NIST's rule where the password is the only factor.",
  }),
  SCRYPT_LOG_N: variable({
    parse: integer(1, 20),
    fallback: "15",
    doc: "scrypt's cost: log2 of N, with r=8. Weaker than an OWASP line is refused in production.",
  }),
  SCRYPT_P: variable({ parse: integer(1, 32), fallback: "3", doc: "scrypt's parallelism." }),
  REGISTRATION: variable({
    parse: oneOf("open", "confirm", "admin"),
    fallback: "open",
    doc: "`open`: anyone makes a user. `confirm`: anyone asks for one, and the mailed link sets the password. `admin`: only an admin makes users.",
  }),
  ADMIN_EMAIL: optional({
    parse: address,
    fallbackWords: "none",
    doc: "At start-up this address is made a verified admin; a new one gets a mail to set a password.",
  }),
  MAX_PAGE_SIZE: variable({ parse: integer(1, 1000), fallback: "100", doc: "The largest page of a collection." }),
  DEFAULT_PAGE_SIZE: variable({
    parse: integer(1, 1000),
    fallback: "20",
    doc: "The size of a page where none is asked for.",
  }),
  METRICS_TOKEN: optional({
    parse: longToken(16),
    secret: true,
    fallbackWords: "none: open in development, absent in production",
    doc: "Who sends it as `Authorization: Bearer TOKEN` may read `/metrics`. At least 16 characters, better 43 random ones.",
  }),
  LOG_LEVEL: variable({
    parse: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    fallback: "info",
    doc: "pino's levels.",
  }),
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof variables;
export type VariableName = keyof Variables;

type ValueOf<Definition> = Definition extends Variable<infer Value> ? Value : never;

/** The configuration of one server: frozen, checked, by the variables' own names. */
export type Config = Readonly<{
  [Name in VariableName]: Variables[Name] extends { fallback: string }
    ? ValueOf<Variables[Name]>
    : ValueOf<Variables[Name]> | undefined;
}>;

function databaseUrl(value: string) {
  const isKnown = /^sqlite:.+/.test(value) || /^postgres(ql)?:\/\/[^/]/.test(value);
  return isKnown ? { value } : { message: "takes sqlite:PATH or postgres://…" };
}

/** `true`, numbers and the range of all addresses would let clients choose their address, or make all of them one. */
function proxyRange(value: string) {
  const message = "takes addresses or CIDR ranges such as 10.0.0.0/8, and not true, a number of hops, or everybody";
  if (!/[.:]/.test(value) || /\/[0.:]+$/.test(value)) return { message };
  try {
    compile(value);
    return { value };
  } catch {
    return { message };
  }
}

function address(value: string) {
  return /^[^\s@<>,]+@[^\s@<>,]+$/.test(value) ? { value } : { message: "takes an email address" };
}

/** `last_used_at` of sessions is exact to a minute: a shorter span would end sessions that are in use. */
function secondsOrNone(least: number, most: number): Parser<number> {
  return (value) => {
    const parsed = integer(least, most)(value);
    if (value === "0") return { value: 0 };
    return "message" in parsed ? { message: `${parsed.message}, or 0 for none` } : parsed;
  };
}

function rateOrNone(value: string): { readonly value: Rate | null } | { readonly message: string } {
  return value === "0" ? { value: null } : rate(value);
}
