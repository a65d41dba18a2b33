import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import type { Page } from "playwright-core";

import { makeApp, type TestApp } from "../fixtures/app.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { makeUser, newestMail, tokenIn } from "../fixtures/people.ts";

const NEW = "thistle-harbor-7";

const browser = await openBrowser(t, { keepsPages: true });

/** A listening server, and the link that was mailed to somebody there. */
async function makeScene(t: Test) {
  const server = await makeApp(t, { PUBLIC_URL: "", PORT: "0" });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const person = await makeUser(server);
  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: person.email } } });
  const token = tokenIn(await newestMail(server, person.email));
  return { server, person, token, link: `${server.publicUrl()}/reset-password?token=${token}` };
}

/** Another site, of an attacker or not, that keeps what comes to it. Its pages hold `html`. */
async function openSite(t: Test, html = "") {
  const seen: { url: string; referer: string | undefined }[] = [];
  const site = createServer((request, response) => {
    seen.push({ url: request.url ?? "", referer: request.headers.referer });
    response.setHeader("content-type", "text/html").end(`<!doctype html><title>elsewhere</title>${html}`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    site.closeAllConnections();
    site.close();
  });
  return { url: `http://localhost:${String((site.address() as AddressInfo).port)}/`, seen };
}

async function isWorthSomething(server: TestApp, token: string): Promise<boolean> {
  const body = { data: { token, password: "short" } };
  return (await server.ask("PATCH", "/v1/auth/reset-password", { body })).status === 422;
}

/** The addresses of all entries that the browser has, whatever scripts are told of them. */
async function historyOf(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { entries } = await session.send("Page.getNavigationHistory");
  return entries.map(({ url }) => url);
}

/** «Back», as a person does it: the browser may show the page that it kept, which is no load. */
async function goBack(page: Page, to: string): Promise<void> {
  const there = page.waitForURL(to, { waitUntil: "commit" });
  await page.evaluate("setTimeout(() => history.back())");
  await there;
}

await t.test("the reset page framed: no site shows it, in whatever element", async (t) => {
  const { link } = await makeScene(t);
  const { url } = await openSite(
    t,
    `<iframe src="${link}"></iframe><iframe sandbox="allow-scripts allow-forms" src="${link}"></iframe><embed src="${link}"><object data="${link}"></object>`,
  );
  const { page } = await openPage(t, browser);
  await page.goto(url);
  await page.waitForLoadState("networkidle");
  const frames = page.frames().slice(1);
  t.ok(frames.length >= 2);
  for (const frame of frames) t.equal(await frame.getByLabel("New password").count(), 0, frame.url());
});

await t.test("the reset page opened by another site: its opener cannot see or lead it", async (t) => {
  const { link } = await makeScene(t);
  const { url } = await openSite(t);
  const { page } = await openPage(t, browser);
  await page.goto(url);
  const opened = page.context().waitForEvent("page");
  await page.evaluate(`globalThis.other = window.open(${JSON.stringify(link)})`);
  const reset = await opened;
  await reset.getByLabel("New password").waitFor();
  t.equal(await page.evaluate("globalThis.other.closed"), true, "to the opener it is gone");
  t.equal(await reset.evaluate("window.opener"), null);
});

await t.test("the reset page leaking by Referer: whoever is gone to from it learns nothing", async (t) => {
  const { link, token } = await makeScene(t);
  const site = await openSite(t);
  const { page } = await openPage(t, browser);
  await page.goto(link);
  await page.getByLabel("New password").waitFor();
  // What a page with a hole might do; the policy is to stop the first two, the third is an ordinary way out.
  t.equal(await page.evaluate(`fetch(${JSON.stringify(site.url)}).then(() => "sent", () => "refused")`), "refused");
  await page.evaluate(`new Promise((resolve) => {
    const image = new Image();
    image.onerror = image.onload = resolve;
    image.src = ${JSON.stringify(site.url)};
  })`);
  t.same(site.seen, []);
  await page.evaluate(`document.body.append(Object.assign(document.createElement("a"), {
    href: ${JSON.stringify(site.url)}, referrerPolicy: "unsafe-url", textContent: "elsewhere", id: "out",
  }))`);
  await page.locator("#out").click();
  await page.waitForURL(site.url);
  t.notMatch(JSON.stringify(site.seen), token);
  t.equal(await page.evaluate("document.referrer.includes('token')"), false);
});

await t.test("the token left in history: neither in the address nor in any entry", async (t) => {
  const { server, link, token } = await makeScene(t);
  const mail = await openSite(t, `<a href="${link}">Set a new password</a>`);
  const { page } = await openPage(t, browser);
  await page.goto(mail.url);
  await page.getByRole("link").click();
  await page.getByLabel("New password").waitFor();
  const address = `${server.publicUrl()}/reset-password`;
  t.same(await historyOf(page), ["about:blank", mail.url, address]);
  await page.getByLabel("New password").fill(NEW);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  await goBack(page, mail.url);
  t.same(await historyOf(page), ["about:blank", mail.url, address]);
  t.equal(await isWorthSomething(server, token), false);
});

await t.test("the reset page kept by the browser: «back» shows neither the form nor what was typed", async (t) => {
  const { server, link, token } = await makeScene(t);
  const { url } = await openSite(t);
  const { page } = await openPage(t, browser);
  await page.goto(link);
  await page.getByLabel("New password").fill(NEW);
  await page.evaluate("addEventListener('pageshow', ({ persisted }) => { globalThis.wasKept = persisted })");
  await page.goto(url);
  await goBack(page, `${server.publicUrl()}/reset-password`);
  await page.getByText("open the link in your mail once more").waitFor();
  t.equal(await page.evaluate("globalThis.wasKept"), true, "this browser did keep the page");
  t.equal(await page.getByLabel("New password").isVisible(), false);
  t.equal(await page.locator("#password").inputValue(), "");
  t.equal(await isWorthSomething(server, token), true, "the link itself is still good");
});

await t.test("the reset page cached: without the server, «back» shows nothing of it", async (t) => {
  const { link } = await makeScene(t);
  const { url } = await openSite(t);
  const { page } = await openPage(t, browser);
  await page.goto(link);
  await page.getByLabel("New password").waitFor();
  // With a listener for `unload` the page is not kept as it stands: it would have to come from the cache.
  await page.evaluate("addEventListener('unload', () => undefined)");
  await page.goto(url);
  await page.context().setOffline(true);
  const failed = page.waitForEvent("requestfailed");
  await page.evaluate("setTimeout(() => history.back())");
  t.match((await failed).url(), "/reset-password");
  t.equal(await page.getByLabel("New password").count(), 0);
  t.equal(await page.getByLabel("Email address").count(), 0);
});

await t.test("the password is in no storage, before and after it is set, and neither is the token", async (t) => {
  const { link, token } = await makeScene(t);
  const { page } = await openPage(t, browser);
  const stored = async () => {
    const kept = await page.context().storageState({ indexedDB: true });
    const more = await page.evaluate(`(async () => JSON.stringify([
      history.state, {...localStorage}, {...sessionStorage}, document.cookie, window.name,
      await indexedDB.databases(), (await globalThis.caches?.keys()) ?? [], location.href,
    ]))()`);
    return JSON.stringify(kept) + String(more);
  };
  await page.goto(link);
  await page.getByLabel("New password").fill(NEW);
  t.notMatch(await stored(), NEW);
  t.notMatch(await stored(), token);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.notMatch(await stored(), NEW);
  t.notMatch(await stored(), token);
  t.notMatch(await page.content(), NEW);
});
