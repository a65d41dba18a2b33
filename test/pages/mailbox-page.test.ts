import { setTimeout as pause } from "node:timers/promises";
import t from "tap";

import type { MailboxEntry } from "../../src/pages/mailbox-page.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { servePages } from "../fixtures/pages.ts";

/** A mailbox to put mails into. */
class Mails {
  readonly #entries: MailboxEntry[] = [];

  add(mail: Partial<MailboxEntry["mail"]>): string {
    const id = `mail-${String(this.#entries.length + 1)}`;
    const whole = { to: "ada@example.org", subject: `Mail ${id}`, text: "As text", html: "<p>As HTML</p>", ...mail };
    this.#entries.unshift({ id, at: Date.UTC(2026, 0, 1, 12, this.#entries.length), mail: whole });
    return id;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  list(): readonly MailboxEntry[] {
    return this.#entries;
  }

  get(id: string): MailboxEntry | undefined {
    return this.#entries.find((entry) => entry.id === id);
  }
}

const HOSTILE = `<script>alert(1)</script><img src=x onerror="alert(2)"><svg onload="alert(3)">`;

/** What a page does when it comes to the front: it looks for new mails, without waiting for the next round. */
const COME_TO_FRONT = `document.dispatchEvent(new Event("visibilitychange"))`;

const browser = await openBrowser(t);

await t.test("without a mailbox there is no page", async (t) => {
  const { app } = await servePages(t);
  for (const url of ["/mailbox", "/mailbox.json", "/mailbox/1", "/mailbox/1/html"]) {
    t.equal((await app.inject(url)).statusCode, 404, url);
  }
});

await t.test("an empty mailbox explains itself and leads to the reset page", async (t) => {
  const server = await servePages(t, { mailbox: new Mails() });
  const { page, complaints } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox`);
  await page.getByText("No mail yet").waitFor();
  t.match(await page.locator("header").innerText(), "In development only");
  await page.getByRole("link", { name: "Ask for a password reset" }).click();
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  t.same(complaints, []);
});

await t.test("the list has the newest first, with subject, recipient and time", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "Older" });
  mailbox.add({ subject: "Newer", to: "grace@example.org" });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox`);
  const items = await page.locator(".mails a").allInnerTexts();
  t.match(items[0], /Newer[^]*grace@example\.org[^]*1 Jan 2026, 12:01:00/);
  t.match(items[1], /Older[^]*ada@example\.org/);
});

await t.test("a mail is shown as HTML in a frame, and as text", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "Hello", html: "<h1>Hello in HTML</h1>", text: "Hello in text" });
  const server = await servePages(t, { mailbox });
  const { page, complaints } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox`);
  await page.getByRole("link", { name: "Hello" }).click();
  await page.frameLocator("iframe").getByRole("heading", { name: "Hello in HTML" }).waitFor();
  t.equal(await page.title(), "Hello – Rekey");
  await page.getByRole("link", { name: "As text" }).click();
  await page.getByText("Hello in text").waitFor();
  t.same(complaints, []);
});

await t.test("the link in a mail opens the reset page, which works", async (t) => {
  const mailbox = new Mails();
  const server = await servePages(t, { mailbox });
  mailbox.add({
    html: `<!doctype html><html lang="en"><head><title>x</title></head><body><a href="${server.url}/reset-password?token=abc">Set it</a></body></html>`,
  });
  server.answers.push({ status: 200, body: { id: "1", email: "ada@example.org", name: null } });
  const { page, complaints } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox/mail-1`);
  const opened = page.context().waitForEvent("page");
  await page.frameLocator("iframe").getByRole("link", { name: "Set it" }).click();
  const reset = await opened;
  await reset.getByLabel("New password").fill("correct horse battery");
  await reset.keyboard.press("Enter");
  await reset.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.same(server.calls[0]?.body, { data: { token: "abc", password: "correct horse battery" } });
  t.same(
    server.seen.filter(({ referer }) => referer !== undefined),
    [],
  );
  t.same(complaints, []);
});

await t.test("scripts in a subject, an address or a text are text", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: HOSTILE, to: HOSTILE, text: `</pre>${HOSTILE}` });
  const server = await servePages(t, { mailbox });
  const { page, complaints } = await openPage(t, browser);
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  await page.goto(`${server.url}/mailbox`);
  t.equal(await page.locator(".mails .subject").first().innerText(), HOSTILE);
  mailbox.add({ subject: `${HOSTILE} later`, to: HOSTILE });
  await page.evaluate(COME_TO_FRONT);
  await page.getByText(`${HOSTILE} later`).first().waitFor();
  await page.goto(`${server.url}/mailbox/mail-1?view=text`);
  t.equal(await page.locator("pre").innerText(), `</pre>${HOSTILE}`);
  t.equal(await page.locator("main img, main svg, main script").count(), 0);
  t.equal(dialogs, 0);
  t.same(complaints, []);
});

await t.test("scripts in a mail's HTML do not run, and nothing is loaded for it", async (t) => {
  const mailbox = new Mails();
  const server = await servePages(t, { mailbox });
  mailbox.add({
    html: `${HOSTILE}<base href="http://evil.test/" target="_top"><link rel="stylesheet" href="${server.url}/spy.css">
      <img src="${server.url}/spy.png"><iframe src="${server.url}/spy.html"></iframe><meta http-equiv="refresh" content="0;url=/spy.refresh">
      <style>p { background: url(${server.url}/spy.gif) }</style>
      <form action="${server.url}/spy.form" method="post"><button>Send</button></form>
      <a href="javascript:alert(4)">Run</a><p>The end</p>`,
  });
  const { page } = await openPage(t, browser);
  let dialogs = 0;
  page.context().on("dialog", (dialog) => {
    dialogs++;
    void dialog.dismiss();
  });
  await page.goto(`${server.url}/mailbox/mail-1`);
  const frame = page.locator("iframe").first().contentFrame();
  await frame.getByText("The end").waitFor();
  await frame.getByRole("button", { name: "Send" }).click();
  await frame.getByRole("link", { name: "Run" }).click();
  await pause(300);
  t.equal(dialogs, 0);
  t.same(
    server.seen.filter(({ url }) => url.includes("spy")),
    [],
  );
  t.equal(page.url(), `${server.url}/mailbox/mail-1`);
});

await t.test("a mail's HTML opened by itself is just as powerless, and is shown", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ html: `<p>Shown</p>${HOSTILE}` });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox/mail-1/html`);
  await page.getByText("Shown").waitFor();
  t.equal(await page.evaluate("origin"), "null", "an origin of nobody's");
});

await t.test("a new mail appears by itself, is announced, and leaves the focus where it is", async (t) => {
  const mailbox = new Mails();
  const server = await servePages(t, { mailbox });
  const { page, complaints } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox`);
  await page.getByText("No mail yet").waitFor();

  mailbox.add({ subject: "First" });
  await page.getByRole("link", { name: "First" }).waitFor();
  t.notOk(await page.getByText("No mail yet").isVisible());
  t.equal(await page.getByRole("status").textContent(), "New mail: First");

  await page.getByRole("link", { name: "First" }).focus();
  mailbox.add({ subject: "Second" });
  await page.evaluate(COME_TO_FRONT);
  await page.getByRole("link", { name: "Second" }).waitFor();
  t.match(await page.evaluate("document.activeElement.textContent"), "First");
  t.match(await page.locator(".mails a").first().innerText(), "Second");

  await page.getByRole("link", { name: "Second" }).click();
  await page.frameLocator("iframe").getByText("As HTML").waitFor();
  t.same(complaints, []);
});

await t.test("new mails appear beside an open one too, with links that hold", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "First" });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox/mail-1`);
  mailbox.add({ subject: "Second", html: "<p>The second</p>" });
  await page.evaluate(COME_TO_FRONT);
  await page.getByRole("link", { name: "Second" }).click();
  await page.frameLocator("iframe").getByText("The second").waitFor();
});

await t.test("the mails of a server that was restarted go", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "First" });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/mailbox`);
  mailbox.clear();
  await page.evaluate(COME_TO_FRONT);
  await page.getByText("No mail yet").waitFor();
  const answer = await page.goto(`${server.url}/mailbox/mail-1`);
  t.equal(answer?.status(), 404);
  t.ok(await page.getByRole("heading", { name: "This mail is not here any more" }).isVisible());
});

await t.test("without JavaScript mails can be read all the same", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "First", html: "<p>The first</p>" });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser, { javaScriptEnabled: false });
  await page.goto(`${server.url}/mailbox`);
  await page.getByRole("link", { name: "First" }).click();
  await page.frameLocator("iframe").getByText("The first").waitFor();
});

await t.test("on a phone an open mail has the page for itself, and there is a way back", async (t) => {
  const mailbox = new Mails();
  mailbox.add({ subject: "First" });
  const server = await servePages(t, { mailbox });
  const { page } = await openPage(t, browser, { viewport: { width: 320, height: 568 } });
  await page.goto(`${server.url}/mailbox`);
  await page.getByRole("link", { name: "First" }).click();
  await page.getByRole("heading", { name: "First" }).waitFor();
  t.notOk(await page.locator(".mails").isVisible());
  t.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"));
  await page.getByRole("link", { name: "All mails" }).click();
  await page.locator(".mails").waitFor();
});
