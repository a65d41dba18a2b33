import { basename } from "node:path/posix";
import type { FastifyInstance } from "fastify";

import { serveDocs } from "./docs-page.ts";
import { type MailboxView, serveMailbox } from "./mailbox-page.ts";
import { serveNotMePage } from "./not-me-page.ts";
import { serveResetPage } from "./reset-page.ts";
import { pageHeaders } from "./security-headers.ts";
import { serveAssets } from "./static-files.ts";
import { loadPageWords, type PageWords } from "./words.ts";

export interface PagesOptions {
  /** The name that people know the service by. */
  readonly appName: string;
  /** The absolute base of all links, without a slash at the end; asked for with each request, since a port may be known only then. */
  publicUrl(): string;
  /** Code points. */
  readonly minPasswordLength: number;
  /** Default: ours. */
  readonly words?: PageWords | undefined;
  /** The mails that were not sent; without it there is no mailbox page. For development only: it shows everybody's reset links. */
  readonly mailbox?: MailboxView | undefined;
}

/**
 * The pages for people: the reset page, where browsers look for it, the page that stops what somebody else did, the documentation, and the mailbox of development. Whatever they answer has the
 * headers of `security-headers.ts`; other routes of `app` do not get them.
 *
 * @throws {Error} when a file of a page cannot be read
 */
export async function registerPages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const { appName, publicUrl, minPasswordLength, mailbox, words = loadPageWords() } = options;
  const isHttps = () => publicUrl().startsWith("https:");

  await app.register((pages, _options, done) => {
    pages.addHook("onRequest", async (request, reply) => {
      reply.headers(pageHeaders({ isHttps: isHttps() }));
      // Where the router takes /page/ for /page, all relative links of the page would lead astray.
      const [path = "", ...query] = request.url.split(/(?=\?)/);
      if (path.endsWith("/")) return await reply.redirect(`../${basename(path)}${query.join("")}`, 308);
    });
    serveAssets(pages, words);
    serveResetPage(pages, { appName, publicUrl, minPasswordLength, words, hasMailbox: mailbox !== undefined });
    serveNotMePage(pages, { appName, words });
    serveDocs(pages, { appName, isHttps });
    if (mailbox !== undefined) serveMailbox(pages, { appName, mailbox, isHttps, publicUrl });
    done();
  });
}
