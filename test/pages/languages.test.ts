import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import type { Texts } from "../../src/languages/texts.ts";
import { makeApp } from "../fixtures/app.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { servePages } from "../fixtures/pages.ts";
import { makeUser, newestMail, tokenIn } from "../fixtures/people.ts";
import { projectRoot } from "../fixtures/project.ts";

const PAGES = join(projectRoot, "src/pages");
const textsOf = (language: string) => JSON.parse(readFileSync(join(PAGES, `texts/${language}.json`), "utf8")) as Texts;

await t.test("each page in each language, by Accept-Language", async (t) => {
  const { app } = await servePages(t);
  const wishes = { "de-AT,de;q=0.9,en;q=0.8": "de", "fr;q=0.9, en;q=0.1": "fr", en: "en", nl: "en", "*": "en" };
  for (const url of ["/reset-password", "/not-me"]) {
    for (const [wish, language] of Object.entries(wishes)) {
      const { headers, body } = await app.inject({ url, headers: { "accept-language": wish } });
      t.match(headers, { "content-language": language, vary: /\bAccept-Language\b/, "cache-control": "no-store" });
      t.match(body, `<html lang="${language}" dir="ltr">`);
      t.ok(body.includes(textsOf(language)[url === "/not-me" ? "stop.button" : "ask.button"] ?? "none"), wish);
    }
    const plain = await app.inject(url);
    t.match(plain.headers, { "content-language": "en", vary: /\bAccept-Language\b/ });
  }
});

await t.test("what an answer varies by already, it varies by still", async (t) => {
  const server = await makeApp(t);
  const { headers } = await server.ask("GET", "/not-me", { headers: { accept: "text/html", origin: "http://x.test" } });
  t.equal(headers["vary"], "Origin, Accept-Language");
});

await t.test("in German and French no English is left in the documents", async (t) => {
  const { app } = await servePages(t, { mailbox: { list: () => [], get: () => undefined } });
  const english = textsOf("en");
  for (const language of ["de", "fr"]) {
    const texts = textsOf(language);
    const same = Object.keys(english).filter((key) => texts[key] === english[key]);
    t.same(same, ["direction"], "every text is another one");
    for (const url of ["/reset-password", "/not-me"]) {
      const { body } = await app.inject({ url, headers: { "accept-language": language } });
      const seen = body.replace(/<[^>]*>/g, " ");
      t.notMatch(seen, /\b(the|your?|were|it|if|with|this|that|not|password)\b/i);
      for (const [, value = ""] of body.matchAll(/(?:aria-label|data-busy)="([^"]*)"/g)) {
        t.ok(Object.values(texts).includes(value), value);
      }
    }
  }
});

await t.test("every text that a page or a script names is there, and every one that is there is named", (t) => {
  const sources = readdirSync(join(PAGES, "static")).map((name) => readFileSync(join(PAGES, "static", name), "utf8"));
  const keys = Object.keys(textsOf("en"));
  const named = new Set(sources.flatMap((source) => source.match(/\b[a-z]+\.[a-z]+[A-Za-z]*(?=["`])/g) ?? []));
  const called = sources.flatMap((source) =>
    [...source.matchAll(/\b(?:text|around)\("([^"]+)"/g)].map(([, key]) => key),
  );
  t.same(
    called.filter((key) => !keys.includes(String(key))),
    [],
  );
  // Two are made of another's name.
  const made = ["say.stoppedResetNext", "say.stoppedPasswordNext", "direction"];
  t.same(
    keys.filter((key) => !named.has(key) && !made.includes(key)),
    [],
  );
  t.end();
});

await t.test("texts of scripts stand in an attribute, where nothing ends them", async (t) => {
  const texts = { ...textsOf("en"), "say.kept": `"'></script><script>alert(1)</script>&amp;` };
  const words = { languages: new Map([["en", texts]]), defaultLanguage: "en", style: undefined, mark: undefined };
  const { app } = await servePages(t, { words });
  const { body } = await app.inject("/reset-password");
  t.notMatch(body, "<script>alert");
  const attribute = /data-texts="([^"]*)"/.exec(body)?.[1] ?? "";
  const json = attribute
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
  t.equal((JSON.parse(json) as Texts)["say.kept"], texts["say.kept"]);
});

await t.test("on the whole server in German: asked, mailed, refused for each reason, set", async (t) => {
  const browser = await openBrowser(t);
  const server = await makeApp(t, { NODE_ENV: "development", PUBLIC_URL: "", PORT: "0" });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const url = server.publicUrl();
  await makeUser(server, { email: "ada@example.org" });
  const { page, complaints } = await openPage(t, browser, { locale: "de-AT" });

  await page.goto(`${url}/reset-password`);
  const address = page.getByLabel("E-Mail-Adresse");
  await page.getByRole("button", { name: "Link senden" }).click();
  await page.getByText("Bitte geben Sie die E-Mail-Adresse Ihres Kontos ein.").waitFor();
  await address.fill("ada@example org");
  await page.keyboard.press("Enter");
  await page.getByText("Das muss eine E-Mail-Adresse wie name@example.com sein").waitFor();
  await address.fill("ada@example.org");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Sehen Sie in Ihr Postfach" }).waitFor();
  await page.getByText("Ihre Anfrage galt ada@example.org.").waitFor();

  const mail = await newestMail(server, "ada@example.org");
  t.equal(mail?.subject, "Neues Passwort für Rekey", "the mail is in the language of the page");

  await page.goto(`${url}/reset-password?token=${tokenIn(mail)}`);
  const password = page.getByLabel("Neues Passwort");
  const refusals = {
    kurz: "Dieses Passwort muss mindestens 8 Zeichen haben.",
    password1: "Dieses Passwort gehört zu den am häufigsten verwendeten",
    "Ada@example.org": "Das Passwort darf nicht die E-Mail-Adresse sein.",
    Rekey2026: "Dieses Passwort ist kaum mehr als der Name dieses Dienstes",
    ["x".repeat(300)]: "Dieses Passwort darf höchstens 256 Zeichen haben.",
  };
  for (const [typed, words] of Object.entries(refusals)) {
    await password.fill(typed);
    await page.keyboard.press("Enter");
    await page.getByText(words).waitFor();
    t.equal(await page.locator("#password-fault").getAttribute("lang"), null);
  }
  await page.getByRole("button", { name: "Passwort anzeigen" }).click();
  await page.getByRole("button", { name: "Passwort verbergen" }).waitFor();
  // A cause that the page has no words for is told in the server's.
  await password.fill("eine\0alte-walnuss");
  await page.keyboard.press("Enter");
  await page.getByText("This password must not hold the character NUL.").waitFor();
  t.equal(await page.locator("#password-fault").getAttribute("lang"), "en");

  await password.fill("eine-alte-walnuss");
  await page.getByRole("button", { name: "Passwort festlegen" }).click();
  await page.getByRole("heading", { name: "Ihr Passwort ist festgelegt" }).waitFor();
  t.equal(await page.title(), "Ihr Passwort ist festgelegt – Rekey");
  t.notMatch(await page.locator("main").innerText(), /\b(the|your|password)\b/);
  t.same(complaints, []);
});
