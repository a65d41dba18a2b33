import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";

import { Templates, type TemplateData, type TemplateName } from "../../src/mail/render.ts";
import { browserWords, durationWords, utcWords, wordsFault, type Words } from "../../src/mail/words.ts";
import { projectRoot } from "../fixtures/project.ts";

const NAMES: readonly TemplateName[] = ["reset", "welcome", "already-registered", "password-changed", "email-changed"];
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1";
const MOMENT = "2026-03-01T06:05:49.000Z";

const DATA: TemplateData["reset"] & TemplateData["email-changed"] = {
  appName: "Zeta",
  name: "Ada",
  link: "https://zeta.example/r?t=a",
  notMeLink: "https://zeta.example/n?t=b",
  minutes: 120,
  newEmail: "n@z.zz",
  askedBy: { ipAddress: "203.0.113.5", userAgent: "Mozilla/5.0 (Windows NT 10.0)", at: MOMENT },
};
const templates = new Templates();

const wordsOf = (language: string) =>
  JSON.parse(readFileSync(join(projectRoot, `src/mail/templates/${language}/words.json`), "utf8")) as Words;

void t.test("there are mails in English, German and French", (t) => {
  t.same([...templates.languages].sort(), ["de", "en", "fr"]);
  t.end();
});

/** What stands in every English sentence, and in none of the other languages. */
const ENGLISH = /\b(the|your?|were|it|if|with|this|that|not|nobody|somebody|password|hello|who|when|from|hours?)\b/i;
/** The same the other way round: a template that was copied and not translated. */
const OWN = { de: /\b(der|die|das|Sie|Ihre?|nicht)\b/, fr: /\b(le|la|les|vous|votre|pas)\b/ };

for (const language of ["de", "fr"] as const) {
  for (const name of NAMES) {
    void t.test(`${language} ${name}: no English is left in it`, (t) => {
      for (const more of [{}, { name: null, notMeLink: null, newEmail: null, askedBy: null }]) {
        const { subject, text, html } = templates.render(name, language, { ...DATA, ...more });
        const seen = html.replace(/<style>[^]*?<\/style>/, "").replace(/<[^>]*>/g, " ");
        const alternative = /<title>([^<]*)/.exec(html)?.[1] ?? "";
        for (const part of [subject, text, seen, alternative]) t.notMatch(part, ENGLISH);
        t.match(text, OWN[language]);
        t.match(seen, OWN[language]);
      }
      t.end();
    });
  }
}

void t.test("text and HTML of a mail say the same in every language: the same numbers, names and links", (t) => {
  for (const language of templates.languages) {
    for (const name of NAMES) {
      const { text, html } = templates.render(name, language, DATA);
      for (const fact of ["Zeta", "203.0.113.5", "06:05", "2026"]) {
        t.ok(text.includes(fact) && html.includes(fact), `${language} ${name} ${fact}`);
      }
    }
  }
  t.end();
});

void t.test("browsers in words", (t) => {
  const said = (userAgent: string | null) =>
    ["en", "de", "fr"].map((language) => browserWords(wordsOf(language), userAgent));
  t.same(said(FIREFOX), ["Firefox on Windows", "Firefox unter Windows", "Firefox sous Windows"]);
  t.same(said(IPHONE), ["Safari on an iPhone", "Safari auf einem iPhone", "Safari sur un iPhone"]);
  t.same(said("x (Windows NT 10.0)"), [
    "an unknown browser on Windows",
    "unbekannter Browser unter Windows",
    "navigateur inconnu sous Windows",
  ]);
  t.same(said("Firefox/1.0"), ["Firefox", "Firefox", "Firefox"]);
  for (const nothing of ["curl/8.0 http://evil.example", "", null]) {
    t.same(said(nothing), ["an unknown program", "unbekannt", "inconnu"]);
  }
  t.end();
});

void t.test("points in time and spans in words", (t) => {
  const at = (iso: string) => ["en", "de", "fr"].map((language) => utcWords(wordsOf(language), iso));
  t.same(at(MOMENT), ["1 March 2026 at 06:05 UTC", "1. März 2026 um 06:05 Uhr (UTC)", "1 mars 2026 à 06:05 (UTC)"]);
  t.same(at("2026-12-31T00:00:00.000Z")[0], "31 December 2026 at 00:00 UTC", "midnight is no 24:00");
  t.same(at("some day"), [null, null, null]);
  // The space between number and word is one that does not break in some languages.
  const spans = (language: string) =>
    [1, 30, 60, 90, 120, 1440, 2880].map((minutes) => durationWords(wordsOf(language), minutes).replaceAll(/\s/g, " "));
  t.same(spans("en"), ["1 minute", "30 minutes", "1 hour", "90 minutes", "2 hours", "1 day", "2 days"]);
  t.same(spans("de"), ["1 Minute", "30 Minuten", "1 Stunde", "90 Minuten", "2 Stunden", "1 Tag", "2 Tage"]);
  t.same(spans("fr"), ["1 minute", "30 minutes", "1 heure", "90 minutes", "2 heures", "1 jour", "2 jours"]);
  t.end();
});

void t.test("words without a locale that dates can be written in, or without a direction, are refused", (t) => {
  t.equal(wordsFault(wordsOf("fr")), undefined);
  for (const more of [{ locale: "tlh" }, { locale: "no tag" }, { locale: "" }, { direction: "left" }]) {
    t.type(wordsFault({ ...wordsOf("fr"), ...more }), "string", JSON.stringify(more));
  }
  t.end();
});

void t.test("the first wish that can be granted is, else the default", (t) => {
  t.equal(templates.choose("de", "fr"), "de");
  t.equal(templates.choose(null, undefined, "fr"), "fr");
  t.equal(templates.choose("tlh", "constructor", ""), "en");
  t.equal(new Templates({ defaultLanguage: "fr" }).choose("tlh"), "fr");
  t.throws(() => templates.render("reset", "tlh", DATA), { message: /tlh/ });
  t.end();
});
