import { isIP } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { mailHeaders, pageHeaders } from "./security-headers.ts";
import { loadTemplates } from "./templates.ts";

export interface MailboxEntry {
  readonly id: string;
  /** A point in time: ISO 8601, or milliseconds of the epoch. */
  readonly at: string | number;
  readonly mail: { readonly to: string; readonly subject: string; readonly text: string; readonly html: string };
}

/** What the page needs of the mails that were not sent. */
export interface MailboxView {
  /** The newest first. */
  list(): readonly MailboxEntry[];
  get(id: string): MailboxEntry | undefined;
}

export interface MailboxPageOptions {
  readonly appName: string;
  readonly mailbox: MailboxView;
  isHttps(): boolean;
  publicUrl(): string;
}

const HTML = "text/html; charset=utf-8";

/**
 * The mailbox of development: `GET /mailbox` lists the mails, `/mailbox/ID` shows one (`?view=text` for its other form),
 * `/mailbox/ID/html` is the mail itself, for a frame, and `/mailbox.json` is what the script looks at for new ones.
 *
 * Only under names that are surely this machine's. A page of anywhere could otherwise have its own name lead here (DNS rebinding), and
 * read the mails from a developer's browser.
 */
export function serveMailbox(app: FastifyInstance, { appName, mailbox, isHttps, publicUrl }: MailboxPageOptions): void {
  const render = loadTemplates(["mailbox.html", "mailbox-item.html"]);

  const refuseOtherNames = async (request: FastifyRequest, reply: FastifyReply) => {
    if (isOwnName(request.headers.host, publicUrl())) return;
    const words = `The mailbox is shown at ${publicUrl()}/mailbox alone. Set PUBLIC_URL where the server has another name.\n`;
    await reply.code(421).type("text/plain; charset=utf-8").send(words);
  };

  const page = (reply: FastifyReply, open?: { id: string; isText: boolean }) => {
    const root = open === undefined ? "" : "../";
    const entry = open === undefined ? undefined : mailbox.get(open.id);
    if (open !== undefined && entry === undefined) reply.code(404);
    const html = render("mailbox.html", {
      appName,
      root,
      title: entry?.mail.subject ?? "Mailbox",
      isReading: open !== undefined,
      isText: open?.isText,
      items: mailbox.list().map((item) => ({
        ...summary(item),
        href: `${root}mailbox/${encodeURIComponent(item.id)}`,
        isOpen: item.id === entry?.id,
      })),
      mail: entry && { ...entry.mail, at: isoTime(entry.at), frame: `${encodeURIComponent(entry.id)}/html` },
    });
    return reply
      .headers(pageHeaders({ isHttps: isHttps(), frames: true }))
      .type(HTML)
      .send(html);
  };

  app.get("/mailbox", { onRequest: refuseOtherNames }, (_request, reply) => page(reply));

  // Asked for every two seconds: no line in the log each time.
  app.get("/mailbox.json", { logLevel: "warn", onRequest: refuseOtherNames }, (_request, reply) =>
    reply.send({ mails: mailbox.list().map(summary) }),
  );

  app.get<{ Params: { id: string }; Querystring: { view?: unknown } }>(
    "/mailbox/:id",
    { onRequest: refuseOtherNames },
    ({ params, query }, reply) => page(reply, { id: params.id, isText: query.view === "text" }),
  );

  app.get<{ Params: { id: string } }>("/mailbox/:id/html", { onRequest: refuseOtherNames }, ({ params }, reply) => {
    const entry = mailbox.get(params.id);
    if (entry === undefined) return page(reply, { id: params.id, isText: false });
    return reply
      .removeHeader("cross-origin-opener-policy")
      .headers(mailHeaders({ isHttps: isHttps() }))
      .type(HTML)
      .send(withLinksToNewPages(entry.mail.html));
  });
}

/** The name that is configured, this machine's own, or an address: none of them can be made to lead here. RFC 6761, section 6.3. */
function isOwnName(host: string | undefined, publicUrl: string): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (hostname === new URL(publicUrl).hostname || /(^|\.)localhost$/.test(hostname)) return true;
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

function summary({ id, at, mail }: MailboxEntry) {
  return { id, at: isoTime(at), to: mail.to, subject: mail.subject };
}

function isoTime(at: string | number): string {
  return new Date(at).toISOString();
}

/** In the frame itself a link would stay in the sandbox, where no page of ours can be shown. Of several `target`s the first counts. */
function withLinksToNewPages(html: string): string {
  const base = '<base target="_blank">';
  const [head] = /^\s*(?:<!doctype[^>]*>\s*)?(?:<html[^>]*>\s*)?(?:<head(?:\s[^>]*)?>)?/i.exec(html) ?? [""];
  return head + base + html.slice(head.length);
}
