import t from "tap";

import { makeApp } from "../fixtures/app.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { logIn, makeUser } from "../fixtures/people.ts";

const browser = await openBrowser(t);

await t.test(
  "forgot it, asked on the page, found the mail in the mailbox, followed the link, set a new one",
  async (t) => {
    const server = await makeApp(t, { NODE_ENV: "development", PUBLIC_URL: "", PORT: "0" });
    await server.app.listen({ host: "127.0.0.1", port: 0 });
    const url = server.publicUrl();
    const person = await makeUser(server, { email: "ada@example.org" });
    const { page, requests, complaints } = await openPage(t, browser);

    await page.goto(`${url}/reset-password`);
    await page.getByLabel("Email address").fill("Ada@example.org");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByRole("heading", { name: "Check your mail" }).waitFor();

    await page.goto(`${url}/mailbox`);
    // The worker takes a moment; the page notices by itself.
    await page.getByRole("list", { name: "Mails" }).getByRole("link").first().click();
    const opened = page.context().waitForEvent("page");
    await page.frameLocator("iframe").getByRole("link").first().click();
    const reset = await opened;
    await reset.getByLabel("New password").fill("password1");
    await reset.getByRole("button", { name: "Set the password" }).click();
    await reset.locator("[aria-invalid=true]").waitFor();
    await reset.getByLabel("New password").fill("quite-a-new-walnut");
    await reset.getByRole("button", { name: "Set the password" }).click();
    await reset.getByRole("heading", { name: "Your password is set" }).waitFor();
    t.notMatch(reset.url(), "token");
    t.ok(
      requests.every((request) => request.url.startsWith(url)),
      "nobody else is asked for anything",
    );
    t.same(complaints, []);

    t.ok(await logIn(server, { email: person.email, password: "quite-a-new-walnut" }));
    t.equal((await server.ask("GET", "/v1/users", { token: person.token })).status, 401, "sessions of before are over");
  },
);

await t.test("where browsers look for it, they are sent to the page", async (t) => {
  const server = await makeApp(t);
  const answer = await server.ask("GET", "/.well-known/change-password", { headers: { accept: "text/html" } });
  t.equal(answer.status, 302);
  t.match(String(answer.headers["location"]), "/reset-password");
});
