import { join } from "node:path";
import t from "tap";

import { ConfigFault, configWarnings, readConfig } from "../../src/config/read.ts";
import { projectRoot } from "../fixtures/project.ts";

const FILE = join(projectRoot, "package.json");

/** What production cannot do without. */
const PRODUCTION = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://id.example.org",
  MAIL_FROM: "Example <no-reply@example.org>",
  POSTMARK_SERVER_TOKEN: "a-server-token",
};

function faultsOf(environment: Record<string, string>, dotenv?: string): readonly string[] {
  try {
    readConfig(environment, dotenv === undefined ? {} : { dotenv });
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
}

void t.test("an empty environment is a development server on loopback", (t) => {
  const config = readConfig({});
  t.match(config, {
    HOST: "127.0.0.1",
    PORT: 3000,
    NODE_ENV: "development",
    DATABASE_URL: "sqlite:data/rekey.sqlite",
    RESET_LIMIT_PER_IP: { max: 5, windowSeconds: 60 },
    GLOBAL_LIMIT_PER_IP: null,
    TRUST_PROXY: [],
  });
  t.equal(config.PUBLIC_URL, undefined);
  t.equal(config.POSTMARK_SERVER_TOKEN, undefined);
  t.ok(Object.isFrozen(config));
  t.end();
});

void t.test("the environment wins over the file; what is empty in either is not set", (t) => {
  const dotenv = "PORT=4000\nAPP_NAME=From the file\nHOST=\nLOG_LEVEL='warn' # quiet\n";
  const config = readConfig({ PORT: "5000", APP_NAME: "", LOG_LEVEL: "  " }, { dotenv });
  t.match(config, { PORT: 5000, APP_NAME: "From the file", HOST: "127.0.0.1", LOG_LEVEL: "warn" });
  t.end();
});

void t.test("the file may be one of Windows", (t) => {
  t.match(readConfig({}, { dotenv: "\uFEFFPORT=4000\r\nAPP_NAME=Ours\r\n" }), { PORT: 4000, APP_NAME: "Ours" });
  t.end();
});

void t.test("values that are taken", (t) => {
  const config = readConfig({
    PUBLIC_URL: "https://example.org/id/",
    FRONTEND_URL: "https://example.org/",
    CORS_ORIGINS: "https://a.example, http://localhost:5173",
    TRUST_PROXY: "10.0.0.0/8, ::1",
    RESET_LIMIT_PER_IP: "10/3600",
    GLOBAL_LIMIT_PER_IP: "1000/60",
    MAIL_FROM: "Ada's App <no-reply@example.org>",
    DATABASE_URL: "postgres://rekey:secret@db/rekey",
    DEFAULT_LANGUAGE: "pt-br",
    OVERRIDES_DIR: `${projectRoot}/test/..`,
  });
  t.match(config, {
    DEFAULT_LANGUAGE: "pt-BR",
    OVERRIDES_DIR: projectRoot,
    PUBLIC_URL: "https://example.org/id",
    FRONTEND_URL: "https://example.org",
    CORS_ORIGINS: ["https://a.example", "http://localhost:5173"],
    RESET_LIMIT_PER_IP: { max: 10, windowSeconds: 3600 },
    GLOBAL_LIMIT_PER_IP: { max: 1000, windowSeconds: 60 },
  });
  t.end();
});

void t.test("each of several forms is taken", (t) => {
  for (const REDIS_URL of [
    "redis://redis",
    "redis://:walnut%20orbit@127.0.0.1:6380/15",
    "rediss://rekey:a%2Fb@[2001:db8::1]:6379",
  ]) {
    t.equal(readConfig({ REDIS_URL }).REDIS_URL, REDIS_URL);
  }
  for (const HOST of ["::", "::1", "0.0.0.0", "localhost", "my_service.internal"])
    t.equal(readConfig({ HOST }).HOST, HOST);
  for (const MAIL_FROM of [
    "a@b",
    "Björn <a@b.example>",
    '"Ours, Inc." <a@b.example>',
    "Ours Inc. <a@bücher.example>",
  ]) {
    t.equal(readConfig({ MAIL_FROM }).MAIL_FROM, MAIL_FROM);
  }
  t.end();
});

const refused: Record<string, readonly string[]> = {
  HOST: ["http://x", "x:y", "a b", "[::1]", "127.0.0.1:3000", "fe80::1%eth0"],
  PORT: ["-1", "65536", "80a", "1e3", "0x50", "3000.0"],
  NODE_ENV: ["prod", "Production"],
  DATABASE_URL: ["mysql://x", "sqlite:", "data/rekey.sqlite"],
  DATABASE_POOL_SIZE: ["0", "1", "1001", "many"],
  PUBLIC_URL: [
    "example.org",
    "/v1",
    "ftp://example.org",
    "https://x.example?a=1",
    "https://x.example#a",
    "https://u:p@x",
  ],
  MAIL_FROM: ["nobody", "a@b, c@d", "Name <a@b> <c@d>", "<a@b>", "Ours, Inc. <a@b>", "a\nb <a@b>"],
  POSTMARK_MESSAGE_STREAM: ["a b", "ü"],
  APP_NAME: ["two\nlines"],
  CORS_ORIGINS: ["*", "https://a.example/path", "a.example"],
  TRUST_PROXY: [
    "true",
    "1",
    "10.0.0.0/99",
    "0.0.0.0/0",
    "::/0",
    "1.2.3.4/0.0.0.0",
    "10.0.0.0/8, true",
    "proxy.example.org",
  ],
  RESET_TOKEN_TTL: ["0", "59", "1h"],
  RESET_LIMIT_PER_IP: ["5", "0/60", "5/0", "5/60/2", "-5/60", "none"],
  GLOBAL_LIMIT_PER_IP: ["100", "0/60"],
  PASSWORD_MIN_LENGTH: ["7", "129"],
  SCRYPT_LOG_N: ["0", "21"],
  REGISTRATION: ["closed"],
  ADMIN_EMAIL: ["admin"],
  DEFAULT_LANGUAGE: ["de, fr", "de_AT", "d", "-", "x".repeat(36)],
  OVERRIDES_DIR: ["/no/such/folder", FILE, `${FILE}/x`, "\0"],
  MAX_PAGE_SIZE: ["0", "1001"],
  LOG_LEVEL: ["verbose"],
};

for (const [name, values] of Object.entries(refused)) {
  void t.test(`${name} that is refused`, (t) => {
    for (const value of values) {
      const faults = faultsOf({ [name]: value });
      t.equal(faults.length, 1, value);
      t.match(faults[0], new RegExp(`^${name} takes .*; it holds "`), value);
    }
    t.end();
  });
}

void t.test("all faults are told at once, one line each", (t) => {
  const faults = faultsOf({ NODE_ENV: "production", PORT: "http", SESSION_TTL: "long", SCRYPT_P: "1" });
  t.same(
    faults.map((line) => line.split(" ")[0]),
    ["PORT", "SESSION_TTL", "PUBLIC_URL", "MAIL_FROM", "POSTMARK_SERVER_TOKEN", "SCRYPT_LOG_N"],
  );
  t.ok(faults.every((line) => !line.includes("\n")));
  t.end();
});

void t.test("a Redis' URL is strict, so that no part of a password is taken for a host", (t) => {
  const urls = [
    "127.0.0.1:6379",
    "http://x",
    "redis://",
    "redis://x/name",
    "redis://x/0?password=y",
    "redis://x/99999",
  ];
  const passwords = [":hunter2#@x", ":hunter2/@x", ":hunter2?@x", ":hunter2%zz@x", "hunter2:@x:y"];
  for (const REDIS_URL of [...urls, ...passwords.map((rest) => `redis://${rest}`)]) {
    t.match(
      faultsOf({ REDIS_URL }),
      [/^REDIS_URL takes redis:.*; it holds a secret that is not shown here$/],
      REDIS_URL,
    );
    t.notMatch(faultsOf({ REDIS_URL }).join(), "hunter2");
  }
  t.end();
});

void t.test("secrets are not shown, nor are passwords in URLs, whatever they hold", (t) => {
  const urls = [
    "mysql://user:hunter2@db/rekey",
    "mysql://user:p@hunter2/x@db",
    "mysql:/user:hunter2@db",
    "mysql://db/rekey?password=hunter2&ssl=1",
    `mysql://user:${"x".repeat(300)}hunter2@db`,
  ];
  for (const DATABASE_URL of urls) t.notMatch(faultsOf({ DATABASE_URL }).join("\n"), "hunter2", DATABASE_URL);
  t.notMatch(faultsOf({ DATABASE_URL: urls[4] ?? "" }).join("\n"), "xxx");
  const faults = faultsOf({ POSTMARK_SERVER_TOKEN: "hunter2\u0007" });
  t.match(faults[0], /^POSTMARK_SERVER_TOKEN takes .*; it holds a secret that is not shown here$/);
  for (const METRICS_TOKEN of ["hunter2", "hunter2 hunter2 hunter2", "hunter2-hünter2-hunter2"]) {
    const [fault] = faultsOf({ METRICS_TOKEN });
    t.match(fault, /^METRICS_TOKEN takes at least 16 visible ASCII .*; it holds a secret that is not shown here$/);
  }
  t.equal(readConfig({ METRICS_TOKEN: "sixteen-letters!" }).METRICS_TOKEN, "sixteen-letters!");
  t.end();
});

void t.test("a key that signs has 32 characters at least, and none that is lost on the way", (t) => {
  const key = "0123456789abcdef0123456789abcdef";
  t.equal(readConfig({ SIGNING_KEY: key }).SIGNING_KEY, key);
  t.equal(readConfig({}).SIGNING_KEY, undefined);
  for (const wrong of [key.slice(1), `${key} ${key}`, `${key}\u00e9`, `${key}\n${key}`]) {
    const faults = faultsOf({ SIGNING_KEY: wrong });
    t.match(faults, [/^SIGNING_KEY takes at least 32 .*; it holds a secret that is not shown here$/]);
  }
  t.end();
});

void t.test("in production nothing may be left to chance", (t) => {
  t.same(faultsOf(PRODUCTION), []);
  for (const name of ["PUBLIC_URL", "MAIL_FROM", "POSTMARK_SERVER_TOKEN"]) {
    t.same(faultsOf({ ...PRODUCTION, [name]: "" }), [`${name} is not set: in production it must be`]);
  }
  for (const [logN, p] of ["17/1", "16/2", "15/3", "14/5", "13/10"].map((line) => line.split("/"))) {
    t.same(
      faultsOf({ ...PRODUCTION, SCRYPT_LOG_N: logN ?? "", SCRYPT_P: p ?? "" }),
      [],
      `${String(logN)}/${String(p)}`,
    );
  }
  for (const [logN, p] of ["16/1", "15/2", "14/4", "13/9", "12/32"].map((line) => line.split("/"))) {
    const faults = faultsOf({ ...PRODUCTION, SCRYPT_LOG_N: logN ?? "", SCRYPT_P: p ?? "" });
    t.match(faults[0], /^SCRYPT_LOG_N takes in production/, `${String(logN)}/${String(p)}`);
  }
  t.end();
});

void t.test("a page of the default size must not be larger than the largest", (t) => {
  t.match(faultsOf({ DEFAULT_PAGE_SIZE: "50", MAX_PAGE_SIZE: "49" })[0], /^DEFAULT_PAGE_SIZE takes no more than/);
  t.same(faultsOf({ DEFAULT_PAGE_SIZE: "50", MAX_PAGE_SIZE: "50" }), []);
  t.end();
});

void t.test("names that look like a slip of the pen are pointed out, others are not", (t) => {
  const environment = {
    PATH: "/bin",
    PWD: "/",
    HOSTNAME: "x",
    USER: "y",
    NODE_OPTIONS: "",
    DATABSE_URL: "z",
    port: "1",
  };
  t.same(configWarnings(environment, { dotenv: "RESET_TOKEN_TLL=60\n" }), [
    "RESET_TOKEN_TLL is not known, and is not read: is RESET_TOKEN_TTL meant?",
    "DATABSE_URL is not known, and is not read: is DATABASE_URL meant?",
    "port is not known, and is not read: is PORT meant?",
  ]);
  for (const name of ["PUBLIC_URL", "FRONTEND_URL", "POSTMARK_API_URL"]) {
    t.match(configWarnings({ ...PRODUCTION, [name]: "HTTP://id.example.org" }), [
      new RegExp(`^${name} begins with http:`),
    ]);
  }
  t.same(configWarnings(PRODUCTION), []);
  t.end();
});

void t.test("the credentials of the webhook: a name, a colon, and a password that nobody guesses", (t) => {
  const read = (POSTMARK_WEBHOOK_CREDENTIALS: string) => () => readConfig({ POSTMARK_WEBHOOK_CREDENTIALS });
  for (const value of ["postmark:0123456789abcdef", "für Ärger:a:b:c:!~$%&/()=?{[]}", `p:${"x".repeat(500)}`]) {
    t.equal(read(value)().POSTMARK_WEBHOOK_CREDENTIALS, value);
  }
  t.equal(readConfig({}).POSTMARK_WEBHOOK_CREDENTIALS, undefined);
  t.equal(read("")().POSTMARK_WEBHOOK_CREDENTIALS, undefined);
  for (const value of [
    "postmark",
    "postmark:",
    ":0123456789abcdef",
    "postmark:0123456789abcde",
    "postmark:0123456789 abcdef",
    "postmark:0123456789abcdéf",
    "post\nmark:0123456789abcdef",
  ]) {
    const message =
      "POSTMARK_WEBHOOK_CREDENTIALS takes name:password, the password of at least 16 visible ASCII characters; it holds a secret that is not shown here";
    t.throws(read(value), { message }, value);
  }
  t.end();
});
