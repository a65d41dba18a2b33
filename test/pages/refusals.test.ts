import t from "tap";

import { openBrowser, openPage } from "../fixtures/browser.ts";
import { refusal, servePages } from "../fixtures/pages.ts";

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
const TOO_SHORT = refusal(422, "password must have at least 8 characters", {
  meta: { attribute: "password", message: "must have at least 8 characters" },
});

const browser = await openBrowser(t);

await t.test("an address that the server refuses is refused at the field", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  const message = "must be an email address such as name@example.com";
  server.answers.push(refusal(422, `email ${message}`, { meta: { attribute: "email", message } }));
  await page.goto(`${server.url}/reset-password`);
  await page.getByLabel("Email address").fill("ada");
  await page.keyboard.press("Enter");
  await page.getByText("This must be an email address such as name@example.com").waitFor();
  t.equal(await page.getByLabel("Email address").inputValue(), "ada");
});

await t.test("a password that is plainly too short is not sent; characters count, not their code units", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(SET);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill("🔑🔑🔑🔑🔑");
  await page.keyboard.press("Enter");
  await page.getByText("This password must have at least 8 characters.").waitFor();
  t.same(server.calls, []);
  await page.getByLabel("New password").fill("🔑🔑🔑🔑🔑🔑🔑🔑");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
});

await t.test("a refused password is refused at the field, and the next one goes out with the same token", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(TOO_SHORT, SET);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  const field = page.getByLabel("New password");
  await field.fill("password1");
  await page.getByRole("button", { name: "Set the password" }).click();

  await page.getByText("This password must have at least 8 characters.").waitFor();
  t.equal(await field.getAttribute("aria-invalid"), "true");
  t.match(await field.getAttribute("aria-describedby"), "password-fault");
  t.equal(await page.evaluate("document.activeElement.id"), "password");
  t.equal(await field.inputValue(), "password1");

  await field.fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.same(server.calls[1]?.body, { data: { token: TOKEN, password: PASSWORD } });
});

await t.test("a dead link says so, and leads to a new one", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(refusal(404, "User not found"), ACCEPTED);
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "This link is not good any more" }).waitFor();
  t.notOk(await page.getByText("may have come through").isVisible());

  await page.getByRole("button", { name: "Ask for a new link" }).click();
  t.equal(await page.evaluate("document.activeElement.id"), "email");
  await page.keyboard.type("ada@example.org");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
});

await t.test("a dead link after an attempt without an answer: the password may be set", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push({ status: 0, drop: true }, refusal(404, "User not found"));
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("may have come through").waitFor();
});

const failures = [
  { name: "429 with seconds", answer: refusal(429, "x", { headers: { "retry-after": "42" } }), words: "in 42 seconds" },
  {
    name: "429 with an hour",
    answer: refusal(429, "x", { headers: { "retry-after": "3541" } }),
    words: "in 60 minutes",
  },
  { name: "429 without a time", answer: refusal(429, "x"), words: "in a little while" },
  { name: "503", answer: refusal(503, "x", { headers: { "retry-after": "2" } }), words: "busy at the moment" },
  { name: "500", answer: refusal(500, "x"), words: "tell the operator this reference: req-7" },
  {
    name: "502 of something in between",
    answer: { status: 502, body: "<html>Bad gateway" },
    words: "Something went wrong",
  },
  {
    name: "404 of something in between",
    answer: { status: 404, body: "<html>Not found" },
    words: "Something went wrong",
  },
  {
    name: "200 of something in between",
    answer: { status: 200, body: "<html>Welcome" },
    words: "Something went wrong",
  },
  { name: "a closed connection", answer: { status: 0, drop: true }, words: "could not be reached" },
];
for (const { name, answer, words } of failures) {
  await t.test(`${name}: told in words, nothing typed is lost, and a second try works`, async (t) => {
    const server = await servePages(t);
    const { page } = await openPage(t, browser);
    server.answers.push(answer, SET);
    await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
    await page.getByLabel("New password").fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByRole("alert").getByText(words).waitFor();
    t.equal(await page.getByLabel("New password").inputValue(), PASSWORD);

    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByRole("heading", { name: "Your password is set" }).waitFor();
    t.same(server.calls[1]?.body, { data: { token: TOKEN, password: PASSWORD } });
  });
}

await t.test("offline: told in words, and it works once the network is back", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  server.answers.push(ACCEPTED);
  await page.goto(`${server.url}/reset-password`);
  await page.getByLabel("Email address").fill("ada@example.org");
  await page.context().setOffline(true);
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.context().setOffline(false);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Check your mail" }).waitFor();
});

await t.test("an impatient person sends once", async (t) => {
  const server = await servePages(t);
  const { page } = await openPage(t, browser);
  // Long enough for the clicks that follow, on a busy machine too.
  server.answers.push({ ...SET, after: 4000 });
  await page.goto(`${server.url}/reset-password?token=${TOKEN}`);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  const button = page.getByRole("button", { name: "Setting …" });
  t.equal(await button.getAttribute("aria-disabled"), "true");
  await button.click({ force: true });
  await page.getByRole("heading", { name: "Your password is set" }).waitFor();
  t.equal(server.calls.length, 1);
});
