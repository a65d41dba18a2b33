import type { FastifyInstance } from "fastify";

import { serveInLanguages } from "./localised.ts";
import { loadTemplates } from "./templates.ts";
import type { PageWords } from "./words.ts";

export interface NotMePageOptions {
  /** The name that people know the service by. */
  readonly appName: string;
  readonly words: PageWords;
}

/**
 * `GET /not-me`: where the link for «it wasn't me» in a mail leads. The same document with a token in the address and without: to load
 * it changes nothing, since mail scanners load what they find in mails, and run its scripts too. Only the button does.
 */
export function serveNotMePage(app: FastifyInstance, { appName, words }: NotMePageOptions): void {
  const render = loadTemplates(["not-me.html", "head.html", "starting.html"]);
  serveInLanguages(app, "/not-me", words, (view) => render("not-me.html", { ...view, appName }));
}
