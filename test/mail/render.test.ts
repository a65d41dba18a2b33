import t from "tap";

import { Templates, type TemplateData, type TemplateName } from "../../src/mail/render.ts";
import { clientNames, greetingName, maskedEmail } from "../../src/mail/wording.ts";

const LINK = "https://example.org/reset-password?token=abc&x=1";
const NOT_ME = "https://example.org/not-me?token=def&y=2";
const NAMES: readonly TemplateName[] = ["reset", "welcome", "already-registered", "password-changed", "email-changed"];
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

const DATA: TemplateData["reset"] & TemplateData["email-changed"] = {
  appName: "Rekey",
  name: "Ada Lovelace",
  link: LINK,
  notMeLink: NOT_ME,
  minutes: 60,
  newEmail: "new@evil.example",
  askedBy: { ipAddress: "203.0.113.5", userAgent: FIREFOX, at: "2026-11-23T06:48:49.000Z" },
};

const IPHONE = { browser: "Safari", system: "iPhone" };

const templates = new Templates();

/** Each mail in each language, named for a test's title. */
const ALL = templates.languages.flatMap((language) => NAMES.map((name) => ({ language, name })));

for (const { language, name } of ALL) {
  const render = (data: Partial<typeof DATA> = {}) => templates.render(name, language, { ...DATA, ...data });

  void t.test(`${language} ${name}: nothing is missing, with and without what is optional`, (t) => {
    const bare = { name: null, newEmail: null, askedBy: null, notMeLink: null };
    for (const mail of [render(), render(bare)]) {
      for (const part of [mail.subject, mail.text, mail.html]) {
        t.notMatch(part, /undefined|null|NaN|\[object|<%|%>|&lt;p|\{\w+\}/);
        t.ok(part.length > 10);
      }
      t.notMatch(mail.text, /\n{3}|[<>]/, "the text is plain text without holes");
    }
    t.end();
  });

  void t.test(`${language} ${name}: HTML is well-formed and brings nothing from afar`, (t) => {
    const { html } = render();
    t.same(unbalanced(html), []);
    t.notMatch(html, /<(img|link|script|iframe|form|object|base)\b|url\(|@import/i);
    t.ok(html.includes(`<html lang="${language}" dir="ltr">`));
    const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1]);
    t.ok(targets.every((target) => [LINK, NOT_ME].map((link) => link.replace("&", "&amp;")).includes(String(target))));
    t.end();
  });

  void t.test(`${language} ${name}: a value of an attacker changes neither markup nor headers`, (t) => {
    const evil = `"><script>alert(1)</script>\r\nBcc: x@evil.example\u2028\u202e http://evil.example/ www.evil.example`;
    const { subject, text, html } = render({
      appName: evil,
      name: evil,
      newEmail: `${evil}@evil.example`,
      askedBy: { ipAddress: evil, userAgent: `Firefox/1.0 ${evil}`, at: evil },
    });
    t.notMatch(html, "<script>");
    t.notMatch(subject, /[\p{C}\p{Zl}\p{Zp}]/u);
    t.ok(subject.length <= 150);
    t.notMatch(text, /^Bcc:/m);
    const bare = render({ name: evil, askedBy: { ipAddress: evil, userAgent: evil, at: evil } });
    t.notMatch(bare.text.replaceAll("n…@e….example", ""), /evil|Bcc|script/);
    t.notMatch(bare.html.replaceAll("n…@e….example", ""), /evil|Bcc|script/);
    t.end();
  });

  void t.test(`${language} ${name}: says who asked`, (t) => {
    const { text, html } = render();
    for (const part of [text, html]) {
      t.match(part, /\b23\.? (November|novembre) 2026\b/);
      t.match(part, "06:48");
      t.match(part, "203.0.113.5");
      t.match(part, /Firefox (on|unter|sous) Windows/);
    }
    t.end();
  });
}

const isLink = (part: { text: string; html: string }, link: string) =>
  part.text.includes(`\n${link}\n`) && part.html.includes(`href="${link.replace("&", "&amp;")}"`);

for (const { language, name } of ALL.filter(({ name }) => name !== "email-changed")) {
  void t.test(`${language} ${name}: the link stands in both, in HTML as visible text too`, (t) => {
    const mail = templates.render(name, language, { ...DATA, notMeLink: null });
    t.ok(isLink(mail, LINK));
    t.ok(mail.html.includes(`>${LINK.replace("&", "&amp;")}</a>`));
    t.end();
  });
}

for (const { language, name } of ALL.filter(({ name }) => name === "reset" || name === "password-changed")) {
  void t.test(`${language} ${name}: leads who did not do it to where it is stopped, if there is such a place`, (t) => {
    t.ok(isLink(templates.render(name, language, DATA), NOT_ME));
    t.notMatch(JSON.stringify(templates.render(name, language, { ...DATA, notMeLink: null })), "not-me");
    t.end();
  });
}

for (const language of templates.languages) {
  void t.test(`${language} reset: the link that sets the password comes first`, (t) => {
    const { text } = templates.render("reset", language, DATA);
    t.ok(text.indexOf(LINK) < text.indexOf(NOT_ME));
    t.end();
  });
}

void t.test("a missing value is an error, not the word undefined", (t) => {
  const { minutes: _, ...rest } = DATA;
  t.throws(() => templates.render("reset", "en", rest as unknown as TemplateData["reset"]), { message: /reset/ });
  t.throws(() => templates.render("reset", "en", { ...DATA, minutes: Number.NaN }));
  t.end();
});

for (const link of ["javascript:alert(1)", "/reset-password", "https://a.example/ b", 'https://a.example/"x', ""]) {
  void t.test(`a link that is no absolute http address is an error: ${JSON.stringify(link)}`, (t) => {
    t.throws(() => templates.render("reset", "en", { ...DATA, link }));
    t.throws(() => templates.render("reset", "en", { ...DATA, notMeLink: link }));
    t.end();
  });
}

void t.test("names are greeted only where they are plainly names", (t) => {
  for (const name of ["Ada", "Jürgen von der Höhe", "J.R. Smith", "O’Brien-Łukasz", "山田太郎", "नेहा"]) {
    t.equal(greetingName(name), name);
  }
  for (const name of [
    "evil.example",
    "Ada http://evil.example",
    "www.evil",
    "a@b",
    "Call 0800 1234",
    "a/b",
    "evil。example",
    "x".repeat(51),
    "x".repeat(100_000),
    "",
    " ",
    "-",
  ]) {
    const greeted = greetingName(name);
    t.ok(greeted === null, `${name.slice(0, 60)} → ${String(greeted)}`);
  }
  t.equal(greetingName("Ada\r\n\u202eLovelace "), "Ada Lovelace");
  t.end();
});

void t.test("browsers and systems are called by names of ours", (t) => {
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";
  const cases: [string | null, object][] = [
    [FIREFOX, { browser: "Firefox", system: "Windows" }],
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome} Safari/537.36`, { browser: "Chrome", system: "Linux" }],
    [`Mozilla/5.0 (Windows NT 10.0) ${chrome} Safari/537.36 Edg/140.0`, { browser: "Edge", system: "Windows" }],
    [`Mozilla/5.0 (Linux; Android 15; SM-S921B) ${chrome} Safari/537.36`, { browser: "Chrome", system: "Android" }],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1", IPHONE],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari/605", { browser: "Safari", system: "macOS" }],
    ["Mozilla/5.0 (Windows NT 10.0)", { system: "Windows" }],
    ["curl/8.0 http://evil.example", {}],
    ["", {}],
    [null, {}],
    [`${"x".repeat(600)} Firefox/1`, {}],
  ];
  for (const [userAgent, names] of cases) t.same(clientNames(userAgent), names);
  t.end();
});

void t.test("a masked address tells only its holder", (t) => {
  t.equal(maskedEmail("new@example.org"), "n…@e….org");
  t.equal(maskedEmail("n…@e….org"), "n…@e….org");
  t.equal(maskedEmail("a@b"), "a…@b…");
  t.equal(maskedEmail("no address"), null);
  t.equal(maskedEmail("<x@evil.example/path"), "…@e…");
  t.end();
});

/** Tags that are not closed in order; void elements aside. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, tag] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
    if (tag === undefined || /^(meta|br|hr)$/.test(tag)) continue;
    if (slash === "") open.push(tag);
    else if (open.pop() !== tag) return [`</${tag}>`];
  }
  return open;
}
