import type { FastifyInstance, FastifyReply } from "fastify";

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
}

const HTML = "text/html; charset=utf-8";

/**
 * The mailbox of development: `GET /mailbox` lists the mails, `/mailbox/ID` shows one (`?view=text` for its other form),
 * `/mailbox/ID/html` is the mail itself, for a frame, and `/mailbox.json` is what the script looks at for new ones.
 */
export function serveMailbox(app: FastifyInstance, { appName, mailbox, isHttps }: MailboxPageOptions): void {
  const render = loadTemplates(["mailbox.html", "mailbox-item.html"]);

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

  app.get("/mailbox", (_request, reply) => page(reply));

  // Asked for every two seconds: no line in the log each time.
  app.get("/mailbox.json", { logLevel: "warn" }, (_request, reply) =>
    reply.send({ mails: mailbox.list().map(summary) }),
  );

  app.get<{ Params: { id: string }; Querystring: { view?: unknown } }>("/mailbox/:id", ({ params, query }, reply) =>
    page(reply, { id: params.id, isText: query.view === "text" }),
  );

  app.get<{ Params: { id: string } }>("/mailbox/:id/html", ({ params }, reply) => {
    const entry = mailbox.get(params.id);
    if (entry === undefined) return page(reply, { id: params.id, isText: false });
    return reply
      .removeHeader("cross-origin-opener-policy")
      .headers(mailHeaders({ isHttps: isHttps() }))
      .type(HTML)
      .send(withLinksToNewPages(entry.mail.html));
  });
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
