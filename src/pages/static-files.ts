import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
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
  { name: "reset-password.js", type: "js" },
  { name: "mailbox.js", type: "js" },
  { name: "mark.svg", type: "svg" },
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
 * @throws {Error} when a file cannot be read
 */
export function serveAssets(app: FastifyInstance): void {
  for (const { name, type } of ASSETS) {
    const body = Buffer.from(readStatic(name));
    const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
    app.get(`/pages/${name}`, (request, reply) => {
      reply.header("cache-control", "no-cache").header("etag", etag);
      if (isKnown(request.headers["if-none-match"], etag)) return reply.code(304).send();
      return reply.type(TYPES[type]).send(body);
    });
  }
}

/** Weak comparison: a proxy that compresses makes the tag weak. */
function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  return ifNoneMatch !== undefined && (ifNoneMatch.trim() === "*" || ifNoneMatch.includes(etag));
}
