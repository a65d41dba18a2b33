import type { FastifyInstance } from "fastify";

import { serveInLanguages } from "./localised.ts";
import { loadTemplates } from "./templates.ts";
import type { PageWords } from "./words.ts";

export interface ResetPageOptions {
  /** The name that people know the service by. */
  readonly appName: string;
  /** Code points. */
  readonly minPasswordLength: number;
  /** Whether there is a mailbox to point to. */
  readonly hasMailbox: boolean;
  readonly words: PageWords;
  /** The absolute base of all links, without a slash at the end. */
  publicUrl(): string;
}

/**
 * `GET /reset-password`: one document in each language, the same with a token in the address and without. The token is the script's affair; the server
 * never looks at it. Links in it are relative, so that it works below any path that a proxy puts before it.
 *
 * `GET /.well-known/change-password` leads there (W3C, "A Well-Known URL for Changing Passwords").
 */
export function serveResetPage(app: FastifyInstance, options: ResetPageOptions): void {
  const { appName, minPasswordLength, hasMailbox, words, publicUrl } = options;
  const render = loadTemplates(["reset-password.html", "head.html", "starting.html"]);
  serveInLanguages(app, "/reset-password", words, (view) =>
    render("reset-password.html", { ...view, appName, minPasswordLength, hasMailbox }),
  );

  app.get("/.well-known/change-password", (_request, reply) => reply.redirect(`${publicUrl()}/reset-password`, 302));
}
