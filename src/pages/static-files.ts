import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";

const TYPES = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

const ASSETS: readonly { readonly name: string; readonly type: keyof typeof TYPES }[] = [
  { name: "style.css", type: "css" },
  { name: "api.js", type: "js" },
  { name: "form.js", type: "js" },
  { name: "texts.js", type: "js" },
  { name: "views.js", type: "js" },
  { name: "reset-password.js", type: "js" },
  { name: "not-me.js", type: "js" },
  { name: "mailbox.js", type: "js" },
  { name: "docs.css", type: "css" },
  { name: "docs.js", type: "js" },
  { name: "mark.svg", type: "svg" },
];

/** Of Swagger UI, as its package for Fastify brings them. */
const SWAGGER_UI: typeof ASSETS = [
  { name: "swagger-ui.css", type: "css" },
  { name: "swagger-ui-bundle.js", type: "js" },
];

/**
 * A file of `static/`, as text.
 *
 * @throws {Error} when it is not there
 */
export function readStatic(name: string): string {
  return readFileSync(fileURLToPath(new URL(`./static/${name}`, import.meta.url)), "utf8");
}

/**
 * `GET /pages/…`: styles, scripts and the mark. Read once, sent from memory. A browser asks each time whether its copy is still good
 * (RFC 9110, section 13.1.2): a page never runs with the script of another release.
 *
 * @param own what the operator adds to our style, and puts in the place of our mark
 * @throws {Error} when a file cannot be read
 */
export function serveAssets(
  app: FastifyInstance,
  own: { readonly style?: string | undefined; readonly mark?: string | undefined } = {},
): void {
  const text: Readonly<Record<string, string | undefined>> = {
    "style.css": own.style === undefined ? undefined : `${readStatic("style.css")}\n${own.style}`,
    "mark.svg": own.mark,
  };
  for (const { name, type } of ASSETS) {
    const file = withTag(Buffer.from(text[name] ?? readStatic(name)));
    serve(app, name, type, () => file);
  }
  for (const { name, type } of SWAGGER_UI) serve(app, name, type, () => swaggerUi(name));
}

interface TaggedFile {
  readonly body: Buffer;
  readonly etag: string;
}

function serve(app: FastifyInstance, name: string, type: keyof typeof TYPES, file: () => TaggedFile): void {
  app.get(`/pages/${name}`, (request, reply) => {
    const { body, etag } = file();
    reply.header("cache-control", "no-cache").header("etag", etag);
    if (isKnown(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply.type(TYPES[type]).send(body);
  });
}

const swaggerUiFiles = new Map<string, TaggedFile>();

/** Two megabytes that most servers are never asked for: read when they are, and kept. */
function swaggerUi(name: string): TaggedFile {
  const known = swaggerUiFiles.get(name);
  if (known !== undefined) return known;
  const path = createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`);
  const file = withTag(readFileSync(path));
  swaggerUiFiles.set(name, file);
  return file;
}

function withTag(body: Buffer): TaggedFile {
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url")}"` };
}

/** Weak comparison: a proxy that compresses makes the tag weak. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch !== undefined && (ifNoneMatch.trim() === "*" || ifNoneMatch.includes(etag));
}
