import t from "tap";

import { openBrowser, openPage } from "../fixtures/browser.ts";
import { servePages } from "../fixtures/pages.ts";

const TOKEN = "kq3xQ0jUuG2m8b1dWZrT5vYpLhNcA9sEfIoR7tKwXzM";
const PASSWORD = "correct horse battery";
const ACCEPTED = {
  status: 200,
  body: {
    message: "If your email was registered with us, you'll get an email with reset link shortly",
    email: "ada@example.org",
  },
};
const SET = { status: 200, body: { id: "1", email: "ada@example.org", name: "Ada Lovelace" } };
const browser = await openBrowser(t);

await t.test("asking: the address is sent and the generic message is shown", async (t) => {
  const server = await servePages(t);
  const { page, complaints } = await openPage(t, browser);
  server.answers.push(ACCEPTED);

  await page.goto(`${server.url}/reset-password`);
  await page.getByLabel("Email address").fill("ada@example.org");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();

  t.match(await page.locator("main").innerText(), "If your email was registered with us");
  t.match(await page.locator("main").innerText(), "ada@example.org");
  t.same(server.calls, [{ method: "POST", body: { data: { email: "ada@example.org" } } }]);
  t.equal(await page.title(), "Check your mail – Rekey");
  t.equal(await page.evaluate("document.activeElement.textContent"), "Check your mail", "the heading is read out");
  t.same(complaints, []);
});

await t.test("asking without an address sends nothing and says what is missing", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password`);
  await page.getByRole("button", { name: "Send the link" }).click();
  t.equal(await page.locator("#email-fault").innerText(), "Please enter the email address of your account.");
  t.equal(await page.getByLabel("Email address").getAttribute("aria-invalid"), "true");
  t.equal(await page.evaluate("document.activeElement.id"), "email");
  t.same(server.calls, []);
});

await t.test("another address can be asked for afterwards", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(ACCEPTED, ACCEPTED);
  await page.goto(`${server.url}/reset-password`);
  await page.getByLabel("Email address").fill("ada@example.org");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Use another address" }).click();
  await page.keyboard.type("ada@example.net");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
  t.same(server.calls[1], { method: "POST", body: { data: { email: "ada@example.net" } } });
});

await t.test("setting: the password is sent with the token, and it is told whose it was", async (t) => {
  const server = await servePages(t);
  const { page, complaints } = await openPage(t, browser);
  server.answers.push(SET);

  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();

  t.match(await page.locator("main").innerText(), "ada@example.org");
  t.same(server.calls, [{ method: "PATCH", body: { data: { token: TOKEN, password: PASSWORD } } }]);
  t.equal(await page.locator("#password").inputValue(), "", "the password does not stay in the page");
  t.equal(await page.locator("[name=username]").inputValue(), "ada@example.org", "password managers learn whose it is");
  t.equal(await page.title(), "Your password is set – Rekey");
  t.same(complaints, []);
});

await t.test("the token leaves the address and the history at once, and is stored nowhere", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").waitFor();

  t.equal(page.url(), `${server.url}/reset-password`);
  t.equal(await page.evaluate("history.length"), 2, "about:blank and this page");
  await page.goto(`${server.url}/pages/mark.svg`);
  await page.goBack();
  await page.getByRole("heading").first().waitFor();
  t.equal(page.url(), `${server.url}/reset-password`);
  t.notMatch(
    await page.evaluate("JSON.stringify([history.state, {...localStorage}, {...sessionStorage}, document.cookie])"),
    TOKEN,
  );
});

await t.test("a reload, which has no token any more, says to open the link again", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password`);
  t.notOk(
    await page.getByText("open the link in your mail once more").isVisible(),
    "not to one who comes without a link",
  );
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").waitFor();
  await page.reload();
  await page.getByText("open the link in your mail once more").waitFor();
  t.ok(await page.getByLabel("Email address").isVisible());
});

await t.test("a link without a token in it asks for the address", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password?token=`);
  await page.getByText("open the link in your mail once more").waitFor();
});

await t.test(
  "nothing goes to third parties, no Referer goes anywhere, and the token goes only where it is redeemed",
  async (t) => {
    const server = await servePages(t);
    const { page, requests } = await openPage(t, browser);
    server.answers.push(SET);
    await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your password is set" }).waitFor();

    t.ok(requests.length >= 5);
    t.same(
      requests.filter(({ url }) => !url.startsWith(`${server.url}/`)),
      [],
    );
    t.same(
      server.seen.filter(({ referer }) => referer !== undefined),
      [],
    );
    t.equal(server.seen.filter(({ url }) => url.includes(TOKEN)).length, 1, "the visit itself");
  },
);

await t.test("by keyboard alone", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(SET);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  t.equal(await page.getByLabel("New password").getAttribute("type"), "text", "shown");
  t.ok(await page.getByRole("button", { name: "Hide the password" }).isVisible());
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.equal(await page.locator("#password").getAttribute("type"), "password", "hidden again when it is sent");
});

await t.test("what a password manager looks for", async (t) => {
  const server = await servePages(t, { minPasswordLength: 15 });
  const { page } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  const field = page.getByLabel("New password");
  t.equal(await field.getAttribute("autocomplete"), "new-password");
  t.equal(await field.getAttribute("minlength"), "15");
  t.match(await field.getAttribute("passwordrules"), "minlength: 15;");
  t.equal(await page.locator("[name=username]").getAttribute("autocomplete"), "username");
  t.equal(await page.locator("#email").getAttribute("autocomplete"), "username");
});

await t.test("what an answer says is text, never markup", async (t) => {
  const server = await servePages(t);
  const { page, complaints } = await openPage(t, browser);
  const email = "<img src=x onerror=alert(1)>@example.org";
  server.answers.push({ status: 200, body: { ...SET.body, email } });
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText(email).waitFor();
  t.same(complaints, []);
});

await t.test("the name of the service is text, never markup", async (t) => {
  const appName = `"><script>alert(1)</script>`;
  const server = await servePages(t, { appName });
  const { page, complaints } = await openPage(t, browser);
  await page.goto(`${server.url}/reset-password`);
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  t.equal(await page.title(), `Forgot your password? – ${appName}`);
  t.same(complaints, []);
});

await t.test("without JavaScript the page says what it needs, and shows no form", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser, { javaScriptEnabled: false });
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  t.match(await page.locator("main").innerText(), "allow JavaScript");
  t.notMatch(await page.locator("main").innerText(), "One moment");
  t.notOk(await page.locator("form").first().isVisible());
});

await t.test("a page whose script does not arrive says so", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  await page.route("**/form.js", (route) => route.abort());
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByRole("heading", { name: "One moment" }).waitFor();
  t.equal(page.url(), `${server.url}/reset-password?token=${TOKEN}`, "to load it again helps");
});

await t.test("fits a phone of 320 pixels, at twice the letter size too", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser, { viewport: { width: 320, height: 568 } });
  for (const size of ["100%", "200%"]) {
    for (const path of ["/reset-password", `/reset-password?token=${TOKEN}`]) {
      await page.goto(server.url + path);
      await page.getByRole("button").last().waitFor();
      await page.evaluate(`document.documentElement.style.fontSize = "${size}"`);
      t.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${path} at ${size}`);
    }
  }
});

await t.test("below a path that a proxy puts before it, the page finds all its parts", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  const outside = "http://accounts.test/id";
  await page.route(`${outside}/**`, async (route) => {
    const response = await route.fetch({ url: route.request().url().replace(outside, server.url) });
    await route.fulfill({ response });
  });
  server.answers.push(ACCEPTED);
  await page.goto(`${outside}/reset-password`);
  await page.getByLabel("Email address").fill("ada@example.org");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
});
