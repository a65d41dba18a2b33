import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { refusal, servePages } from "../fixtures/pages.ts";
import { logIn, makeUser, newestMail, tokenIn } from "../fixtures/people.ts";
import { PATH as RESET } from "../fixtures/reset.ts";

/** For servers that answer as they are told: any text will do. */
const TOKEN = "kq3xQ0jUuG2m8b1dWZrT5vYpLhNcA9sEfIoR7tKwXzM";
const STOP = "It wasn’t me: stop it";

function notMeLinkIn(mail: { readonly text: string } | undefined): string {
  return /http:\S+\/not-me\?token=[\w-]+/.exec(mail?.text ?? "")?.[0] ?? "";
}

const browser = await openBrowser(t);

await t.test("on the whole server: to load it does nothing, the button stops it, and a link works once", async (t) => {
  const server = await makeApp(t, { NODE_ENV: "development", PUBLIC_URL: "", PORT: "0" });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const url = server.publicUrl();
  const ada = await makeUser(server);
  const { page, requests, complaints } = await openPage(t, browser);
  const sessionIsGood = async () =>
    (await server.ask("GET", `/v1/users/${ada.id}`, { token: ada.token })).status === 200;

  await server.ask("POST", RESET, { body: { data: { email: ada.email } } });
  const asked = await newestMail(server, ada.email);
  const link = notMeLinkIn(asked);
  t.ok(link.startsWith(`${url}/not-me?token=`));
  await page.goto(link);
  await page.getByRole("heading", { name: "Was it not you?" }).waitFor();
  t.equal(page.url(), `${url}/not-me`, "the token leaves the address");
  t.match(await page.locator("main").innerText(), "All devices are signed out");
  t.ok(await sessionIsGood(), "to load the page changes nothing");

  await page.getByRole("button", { name: STOP }).click();
  await page.getByRole("heading", { name: "It is stopped" }).waitFor();
  t.match(await page.locator("main").innerText(), "no reset mails go to this address for a day");
  t.equal(await page.evaluate("document.activeElement.textContent"), "It is stopped", "the heading is read out");
  t.notOk(await sessionIsGood());
  const redeem = { data: { token: tokenIn(asked), password: "thistle-harbor-7" } };
  t.equal((await server.ask("PATCH", RESET, { body: redeem })).status, 404);

  await page.goto(link);
  await page.getByRole("button", { name: STOP }).click();
  await page.getByRole("heading", { name: "This link is not good any more" }).waitFor();

  t.same(complaints, []);
  t.same(
    requests.filter((request) => !request.url.startsWith(url) || Boolean(request.referer)),
    [],
    "nobody else is asked for anything",
  );
  t.same(
    requests.filter(({ url, method }) => url.includes("token=") && method !== "GET"),
    [],
  );
});

await t.test("a password that a thief has set is void, and the mail that follows sets a new one", async (t) => {
  const server = await makeApp(t, { NODE_ENV: "development", PUBLIC_URL: "", PORT: "0" });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const ada = await makeUser(server);
  const { page } = await openPage(t, browser);
  const attributes = { password: "stolen-lantern-4", currentPassword: ada.password };
  await server.ask("PATCH", `/v1/users/${ada.id}`, {
    token: ada.token,
    body: { data: { type: "users", id: ada.id, attributes } },
  });
  await page.goto(notMeLinkIn(await newestMail(server, ada.email)));
  await page.getByRole("button", { name: STOP }).click();
  await page.getByText("A mail with a link that sets a new password is on its way.").waitFor();
  await page.getByText("whoever reads your mail can set your password").waitFor();
  await t.rejects(logIn(server, { email: ada.email, password: "stolen-lantern-4" }), "the thief is out");

  await page.goto(
    /http:\S+reset-password\?token=\S+/.exec((await newestMail(server, ada.email))?.text ?? "")?.[0] ?? "",
  );
  await page.getByLabel("New password").fill("thistle-harbor-7");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.ok(await logIn(server, { email: ada.email, password: "thistle-harbor-7" }));
});

await t.test("who did it themselves has nothing to do, and nothing is sent; there is a way back", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push({ status: 200, body: { kind: "reset", message: "x" } });
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: "It was me: nothing to do" }).click();
  await page.getByRole("heading", { name: "Nothing was changed" }).waitFor();
  t.same(server.calls, []);
  await page.getByRole("button", { name: "Go back" }).click();
  await page.getByRole("button", { name: STOP }).click();
  await page.getByRole("heading", { name: "It is stopped" }).waitFor();
  t.same(server.calls, [{ method: "POST", body: { data: { token: TOKEN } } }]);
});

const failures = [
  { name: "429", answer: refusal(429, "x", { headers: { "retry-after": "42" } }), words: "in 42 seconds" },
  { name: "503", answer: refusal(503, "x", { headers: { "retry-after": "2" } }), words: "busy at the moment" },
  { name: "500", answer: refusal(500, "x", {}), words: "tell the operator this reference: req-7" },
  { name: "404 of something in between", answer: { status: 404, body: "<html>" }, words: "Something went wrong" },
];
await t.test("what fails is told in words, and a second press goes out with the same token", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  for (const { name, answer, words } of failures) {
    await t.test(name, async (t) => {
      server.calls.length = 0;
      server.answers.push(answer, { status: 200, body: { kind: "reset", message: "x" } });
      await page.goto(`${server.url}/not-me?token=${TOKEN}`);
      await page.getByRole("button", { name: STOP }).click();
      await page.getByRole("alert").getByText(words).waitFor();
      t.notMatch(await page.getByRole("alert").innerText(), "What you typed", "nothing was typed");
      await page.getByRole("button", { name: STOP }).click();
      await page.getByRole("heading", { name: "It is stopped" }).waitFor();
      t.same(server.calls[1]?.body, { data: { token: TOKEN } });
    });
  }
});

await t.test("offline: told in words, and it works once the network is back, by keyboard alone", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push({ status: 200, body: { kind: "reset", message: "x" } });
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: STOP }).waitFor();
  await page.context().setOffline(true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.context().setOffline(false);
  await page.keyboard.press("Space");
  await page.getByRole("heading", { name: "It is stopped" }).waitFor();
});

await t.test("a dead link after an attempt without an answer: it may have come through", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push({ status: 0, drop: true }, refusal(404, "x", {}));
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: STOP }).click();
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.getByRole("button", { name: STOP }).click();
  await page.getByText("may have come through").waitFor();
  t.equal(
    await page.getByRole("link", { name: "Ask for a link that sets a password" }).getAttribute("href"),
    "reset-password",
  );
});

await t.test("an impatient person sends once; what the server says of a new kind is text, never markup", async (t) => {
  const server = await servePages(t);
  const { page, complaints } = await openPage(t, browser);
  const message = "<img src=x onerror=alert(1)> is stopped.";
  // Long enough for the clicks that follow, on a busy machine too.
  server.answers.push({ status: 200, body: { kind: "constructor", message }, after: 4000 });
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: STOP }).click();
  const button = page.getByRole("button", { name: "Stopping …" });
  t.equal(await button.getAttribute("aria-disabled"), "true");
  await button.click({ force: true });
  await page.getByText(message).waitFor();
  t.equal(await page.getByText(message).getAttribute("lang"), "en");
  t.equal(server.calls.length, 1);
  t.same(complaints, []);
});

await t.test("a reload, which has no token any more, says to open the link again; nothing of it is kept", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: STOP }).waitFor();
  t.notMatch(
    await page.evaluate("JSON.stringify([history.state, {...localStorage}, {...sessionStorage}, document.cookie])"),
    TOKEN,
  );
  await page.reload();
  await page.getByRole("heading", { name: "Please open the link once more" }).waitFor();
  t.equal(server.seen.filter(({ url }) => url.includes(TOKEN)).length, 1, "the visit itself");
});

await t.test("without JavaScript the page says what it needs, and shows no button", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser, { javaScriptEnabled: false });
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  t.match(await page.locator("main").innerText(), "allow JavaScript");
  t.notOk(await page.getByRole("button").first().isVisible());
  t.same(server.calls, []);
});

await t.test("fits a phone of 320 pixels, at twice the letter size too, with the long words of German", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser, { viewport: { width: 320, height: 568 }, locale: "de" });
  await page.goto(`${server.url}/not-me?token=${TOKEN}`);
  await page.getByRole("button", { name: "Das war ich nicht" }).waitFor();
  for (const size of ["100%", "200%"]) {
    await page.evaluate(`document.documentElement.style.fontSize = "${size}"`);
    t.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size);
  }
});
