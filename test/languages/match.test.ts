import t from "tap";

import { matchLanguage } from "../../src/languages/match.ts";

const THREE = ["en", "de", "fr"];

const cases: [header: string | undefined, language: string | null][] = [
  ["de", "de"],
  ["DE-at", "de"],
  ["de-AT, en", "de"],
  ["nl, fr;q=0.5", "fr"],
  ["de;q=0.3, fr;q=0.9", "fr"],
  ["fr;q=0, de;q=0.001", "de"],
  ["de-u-co-phonebk", "de"],
  ["en-x-a-b", "en"],
  ["*, fr;q=0.1", "fr"],
  [undefined, null],
  ["", null],
  ["*", null],
  ["nl", null],
  ["fr;q=0", null],
  ["de;q=many", null],
  [";;;,,q=", null],
  ["constructor, __proto__", null],
  ['"de"', null],
  ["\u00e9\u0000", null],
];

for (const [header, language] of cases) {
  void t.test(`${JSON.stringify(header)} is ${String(language)}`, (t) => {
    t.equal(matchLanguage(header, THREE), language);
    t.end();
  });
}

void t.test("a header that no browser sends is no wish, and costs next to nothing", (t) => {
  t.equal(matchLanguage("de,".repeat(4000), THREE), null);
  const long = `${"nl,".repeat(330)}de`;
  t.equal(matchLanguage(long, THREE), "de", "what fits is read to its end");
  t.end();
});

void t.test("tags of several parts are found from either side", (t) => {
  t.equal(matchLanguage("zh-Hant-TW", ["en", "zh-Hant"]), "zh-Hant");
  t.equal(matchLanguage("zh", ["en", "zh-Hant"]), "zh-Hant");
  t.equal(matchLanguage("pt-PT", ["en", "pt-BR"]), "pt-BR");
  t.equal(matchLanguage("pt-br", ["pt", "pt-BR"]), "pt-BR");
  t.equal(matchLanguage("ptx", ["en", "pt-BR"]), null);
  t.end();
});
