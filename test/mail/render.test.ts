import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { Templates, type TemplateData, type TemplateName } from "../../src/mail/render.ts";
import { browserWords, durationWords, greetingName, maskedEmail, utcWords } from "../../src/mail/wording.ts";

const LINK = "https://example.org/reset-password?token=abc&x=1";
const NAMES: readonly TemplateName[] = ["reset", "welcome", "already-registered", "password-changed", "email-changed"];
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";

const DATA: TemplateData["reset"] & TemplateData["email-changed"] = {
  appName: "Rekey",
  name: "Ada Lovelace",
  link: LINK,
  notMeLink: null,
  minutes: 60,
  newEmail: "new@evil.example",
  askedBy: { ipAddress: "203.0.113.5", userAgent: FIREFOX, at: "2026-11-23T06:48:49.000Z" },
};

const templates = new Templates();

for (const name of NAMES) {
  void t.test(`${name}: nothing is missing, with and without what is optional`, (t) => {
    const bare = { ...DATA, name: null, newEmail: null, askedBy: null };
    for (const mail of [templates.render(name, DATA), templates.render(name, bare)]) {
      for (const part of [mail.subject, mail.text, mail.html]) {
        t.notMatch(part, /undefined|null|NaN|\[object|<%|%>|&lt;p/);
        t.ok(part.length > 10);
      }
      t.notMatch(mail.text, /\n{3}|[<>]/, "the text is plain text without holes");
    }
    t.end();
  });

  void t.test(`${name}: HTML is well-formed and brings nothing from afar`, (t) => {
    const { html } = templates.render(name, DATA);
    t.same(unbalanced(html), []);
    t.notMatch(html, /<(img|link|script|iframe|form|object|base)\b|url\(|@import/i);
    t.match(html, /<html lang="en"/);
    const targets = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map((match) => match[1]);
    t.ok(targets.every((target) => target === LINK.replace("&", "&amp;")));
    t.end();
  });

  void t.test(`${name}: a value of an attacker changes neither markup nor headers`, (t) => {
    const evil = `"><script>alert(1)</script>\r\nBcc: x@evil.example\u2028\u202e http://evil.example/ www.evil.example`;
    const { subject, text, html } = templates.render(name, {
      ...DATA,
      appName: evil,
      name: evil,
      newEmail: `${evil}@evil.example`,
      askedBy: { ipAddress: evil, userAgent: `Firefox/1.0 ${evil}`, at: evil },
    });
    t.notMatch(html, "<script>");
    t.notMatch(subject, /[\p{C}\p{Zl}\p{Zp}]/u);
    t.ok(subject.length <= 150);
    t.notMatch(text, /^Bcc:/m);
    const bare = templates.render(name, {
      ...DATA,
      name: evil,
      askedBy: { ipAddress: evil, userAgent: evil, at: evil },
    });
    t.notMatch(bare.text.replaceAll("n…@e….example", ""), /evil|Bcc|script/);
    t.notMatch(bare.html.replaceAll("n…@e….example", ""), /evil|Bcc|script/);
    t.end();
  });
}

for (const name of ["reset", "welcome", "already-registered", "password-changed"] as const) {
  void t.test(`${name}: the link stands in both, in HTML as visible text too`, (t) => {
    const { text, html } = templates.render(name, DATA);
    t.ok(text.includes(`\n${LINK}\n`));
    t.ok(html.includes(`>${LINK.replace("&", "&amp;")}</a>`));
    t.end();
  });
}

for (const name of NAMES) {
  void t.test(`${name}: says who asked`, (t) => {
    const { text, html } = templates.render(name, DATA);
    for (const part of [text, html]) {
      t.match(part, "23 November 2026 at 06:48 UTC");
      t.match(part, "203.0.113.5");
      t.match(part, "Firefox on Windows");
    }
    t.end();
  });
}

void t.test("a missing value is an error, not the word undefined", (t) => {
  const { minutes: _, ...rest } = DATA;
  t.throws(() => templates.render("reset", rest as unknown as TemplateData["reset"]), { message: /reset/ });
  t.throws(() => templates.render("reset", { ...DATA, minutes: Number.NaN }));
  t.end();
});

for (const link of ["javascript:alert(1)", "/reset-password", "https://a.example/ b", 'https://a.example/"x', ""]) {
  void t.test(`a link that is no absolute http address is an error: ${JSON.stringify(link)}`, (t) => {
    t.throws(() => templates.render("reset", { ...DATA, link }));
    t.end();
  });
}

void t.test("a file of the override folder takes the place of ours, the others stay", (t) => {
  const folder = t.testdir({ "reset.subject.eta": "Neues Passwort für <%= it.appName %>" });
  const overridden = new Templates({ overrideFolder: folder });
  t.equal(overridden.render("reset", DATA).subject, "Neues Passwort für Rekey");
  t.equal(overridden.render("reset", DATA).text, templates.render("reset", DATA).text);
  t.end();
});

void t.test("a faulty override shows itself at once", (t) => {
  for (const faulty of ["<%= it.nmae.first %>", "<%= it.appname %>", "<% if ( %>", "<%~ include('@nothing') %>"]) {
    const folder = t.testdir();
    writeFileSync(join(folder, "reset.text.eta"), faulty);
    t.throws(() => new Templates({ overrideFolder: folder }), { message: /reset/ }, faulty);
  }
  t.end();
});

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

void t.test("browsers are described in words of ours", (t) => {
  const chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";
  const cases: [string | null, string][] = [
    [FIREFOX, "Firefox on Windows"],
    [`Mozilla/5.0 (X11; Linux x86_64) ${chrome} Safari/537.36`, "Chrome on Linux"],
    [`Mozilla/5.0 (Windows NT 10.0) ${chrome} Safari/537.36 Edg/140.0`, "Edge on Windows"],
    [`Mozilla/5.0 (Linux; Android 15; SM-S921B) ${chrome} Mobile Safari/537.36`, "Chrome on Android"],
    [
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1",
      "Safari on an iPhone",
    ],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on macOS"],
    ["Mozilla/5.0 (Windows NT 10.0)", "an unknown browser on Windows"],
    ["curl/8.0 http://evil.example", "an unknown program"],
    ["", "an unknown program"],
    [null, "an unknown program"],
    [`${"x".repeat(600)} Firefox/1`, "an unknown program"],
  ];
  for (const [userAgent, words] of cases) t.equal(browserWords(userAgent), words);
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

void t.test("points in time and spans in words", (t) => {
  t.equal(utcWords("2026-11-23T06:48:49.000Z"), "23 November 2026 at 06:48 UTC");
  t.equal(utcWords("some day"), null);
  t.same(
    [1, 30, 60, 90, 120, 1440, 2880].map((minutes) => durationWords(minutes)),
    ["1 minute", "30 minutes", "1 hour", "90 minutes", "2 hours", "1 day", "2 days"],
  );
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
