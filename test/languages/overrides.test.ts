import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";

import { ConfigFault } from "../../src/config/read.ts";
import { loadLocalisation } from "../../src/localisation.ts";
import { makeApp } from "../fixtures/app.ts";
import { newestMail } from "../fixtures/people.ts";
import { makeFolder, run } from "../fixtures/process.ts";
import { projectRoot } from "../fixtures/project.ts";
import type { Teardown } from "../fixtures/teardown.ts";

type Files = Readonly<Record<string, string | Buffer>>;

function folderWith(t: Teardown, files: Files): string {
  const folder = makeFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function faultsIn(folder: string, DEFAULT_LANGUAGE = "en"): string[] {
  try {
    loadLocalisation({ OVERRIDES_DIR: folder, DEFAULT_LANGUAGE });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    return error.faults.map((line) => line.replaceAll(`${folder}/`, ""));
  }
}

const own = (path: string) => join(projectRoot, "src", path);

/** A language of the operator's own, read from right to left: ours in another coat. */
function addHebrew(folder: string): void {
  mkdirSync(join(folder, "pages/texts"), { recursive: true });
  cpSync(own("mail/templates/en"), join(folder, "mails/he"), { recursive: true });
  for (const [from, to] of [
    ["mail/templates/en/words.json", "mails/he/words.json"],
    ["pages/texts/en.json", "pages/texts/he.json"],
  ] as const) {
    const texts = { ...JSON.parse(readFileSync(own(from), "utf8")), direction: "rtl" };
    writeFileSync(join(folder, to), JSON.stringify("locale" in texts ? { ...texts, locale: "he" } : texts));
  }
}

await t.test("the example of docs/customising.md, through the whole server", async (t) => {
  const guide = readFileSync(join(projectRoot, "docs/customising.md"), "utf8");
  const [, example = ""] = /<!-- example -->([^]*)<!-- \/example -->/.exec(guide) ?? [];
  const files = [...example.matchAll(/^`([^`]+)`\n\n```\w*\n([^]*?)^```$/gm)].map(([, path = "", text = ""]) => [
    path,
    text,
  ]);
  t.equal(files.length, 4, "the files were found");
  const folder = folderWith(t, Object.fromEntries(files) as Files);
  const server = await makeApp(t, { OVERRIDES_DIR: folder });
  const email = "ada@x.example";
  await server.ask("POST", "/v1/users", {
    body: { data: { type: "users", attributes: { email, password: "orbit-walnut", firstName: "Ada" } } },
  });

  await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email } } });
  const mail = await newestMail(server, email);
  t.equal(mail?.subject, "Forgotten your way into Rekey?");
  t.match(mail?.html, "#7a1f5c");
  t.match(mail?.text, "Hello Ada,", "what is not overridden stays");
  const german = { body: { data: { email } }, headers: { "accept-language": "de" } };
  await server.ask("POST", "/v1/auth/reset-password", german);
  const other = await newestMail(server, email);
  t.equal(other?.subject, "Neues Passwort für Rekey");
  t.match(other?.html, "#7a1f5c", "the button is that of all languages");

  const page = (await server.ask("GET", "/reset-password", { headers: { accept: "text/html" } })).text;
  t.match(page, '<h1 tabindex="-1">Lost your key?</h1>');
  t.match(page, "Send the link");
  const style = (await server.ask("GET", "/pages/style.css")).text;
  t.ok(style.startsWith(readFileSync(own("pages/static/style.css"), "utf8")));
  t.match(style, /border-radius: 999px;\n\}\n$/);
});

await t.test(
  "a language of one's own: mails, pages, default, what people may choose, from right to left",
  async (t) => {
    const folder = makeFolder(t);
    addHebrew(folder);
    const server = await makeApp(t, { OVERRIDES_DIR: folder, DEFAULT_LANGUAGE: "he" });
    const attributes = { email: "ada@x.example", password: "orbit-walnut", language: "he" };
    const made = await server.ask("POST", "/v1/users", { body: { data: { type: "users", attributes } } });
    t.equal(made.body.data.attributes.language, "he");
    await server.ask("POST", "/v1/auth/reset-password", { body: { data: { email: "ada@x.example" } } });
    const mail = await newestMail(server, "ada@x.example");
    t.match(mail?.html, '<html lang="he" dir="rtl">');
    t.match(mail?.html, "text-align:right");
    t.match(mail?.text, /\b20\d\d at/, "dates are written");
    const page = await server.ask("GET", "/not-me", { headers: { accept: "text/html" } });
    t.match(page.text, '<html lang="he" dir="rtl">');
  },
);

await t.test("what is not of ours is ignored where it can be nothing else, links are followed", async (t) => {
  const folder = folderWith(t, {
    "README.md": "x",
    ".git/config": "x",
    "mails/.DS_Store": "x",
    "elsewhere/reset.subject.eta": "\ufeffLinked <%= it.appName %>",
  });
  mkdirSync(join(folder, "mails/en"));
  symlinkSync(join(folder, "elsewhere/reset.subject.eta"), join(folder, "mails/en/reset.subject.eta"));
  t.same(faultsIn(folder), ["elsewhere/reset.subject.eta takes the place of nothing"]);
});

const faulty: [title: string, files: Files, faults: RegExp[]][] = [
  [
    "a misspelt file",
    { "mails/en/reste.subject.eta": "x" },
    [/reste.* takes the place of nothing: is mails\/en\/reset\.subject\.eta meant\?/],
  ],
  [
    "a misspelt folder",
    { "mail/en/reset.subject.eta": "x" },
    [/^mail\/en.* is mails\/en\/reset\.subject\.eta meant\?/],
  ],
  ["a file too deep", { "a/b/c/d/e/f.eta": "x" }, [/^a\/b\/c\/d lies too deep/]],
  [
    "a template that is no Eta",
    { "mails/de/reset.text.eta": "<% if ( %>" },
    [/^mails\/de\/reset\.text\.eta cannot be compiled/],
  ],
  [
    "an unknown field",
    { "mails/de/reset.subject.eta": "<%= it.appname %>" },
    [/^mails\/de\/reset\.subject\.eta cannot be used: a value is missing/],
  ],
  [
    "what may be null, unasked",
    { "mails/fr/reset.subject.eta": "<%= it.name %>" },
    [/^mails\/fr\/reset\.subject\.eta cannot be used/],
  ],
  [
    "an unknown include",
    { "mails/en/reset.html.eta": "<%= it.link %><%~ include('@nothing') %>" },
    [/^mails\/en\/reset\.html\.eta cannot be used/],
  ],
  [
    "a value that would not be escaped",
    { "mails/en/welcome.html.eta": "<%= it.link %><%~ it.name %>" },
    [/^mails\/en\/welcome\.html\.eta must not print values as they are/],
  ],
  [
    "an empty subject",
    { "mails/en/welcome.subject.eta": " \n" },
    [/^mails\/en\/welcome\.subject\.eta cannot be used: nothing is in it/],
  ],
  [
    "a reset mail without its link",
    { "mails/en/reset.text.eta": "Hello" },
    [/^mails\/en\/reset\.text\.eta cannot be used: it\.link is not in it/],
  ],
  [
    "a faulty layout, told once",
    { "mails/layout.html.eta": "<% ( %>" },
    [/^mails\/layout\.html\.eta cannot be compiled/],
  ],
  [
    "text in another encoding",
    { "mails/de/reset.subject.eta": Buffer.from("f\xfcr", "latin1") },
    [/^mails\/de\/reset\.subject\.eta is no UTF-8/],
  ],
  ["no language tag", { "mails/deutsch-/reset.subject.eta": "x" }, [/^mails\/deutsch- must be a language tag/]],
  [
    "a tag that is not canonical",
    { "pages/texts/DE.json": "{}" },
    [/^pages\/texts\/DE\.json must be named by a language tag/],
  ],
  ["words that are no JSON", { "mails/de/words.json": "{" }, [/^mails\/de\/words\.json is no JSON object/]],
  [
    "an unknown word",
    { "mails/de/words.json": '{"direktion":"ltr"}' },
    [/^mails\/de\/words\.json has the unknown text "direktion": is direction meant\?/],
  ],
  [
    "a locale that nothing is known of",
    { "mails/de/words.json": '{"locale":"tlh"}' },
    [/^mails\/de\/words\.json must have as locale/],
  ],
  [
    "a word without its place",
    { "mails/de/words.json": '{"moment":"{day}"}' },
    [/^mails\/de\/words\.json must have \{day\} and \{time\} in moment/],
  ],
  [
    "several wrong texts, each told",
    { "pages/texts/de.json": '{"ask.titel":"x","ask.title":7,"set.hint":"x","constructor":"y"}' },
    [
      /unknown text "ask\.titel": is ask\.title meant/,
      /says nothing as ask\.title/,
      /must have \{min\} in set\.hint/,
      /unknown text "constructor"/,
    ],
  ],
  [
    "a text with a place that it has not",
    { "pages/texts/de.json": '{"ask.title":"{name}"}' },
    [/has a place for a value in ask\.title/],
  ],
  [
    "a direction that is none",
    { "pages/texts/de.json": '{"direction":"up"}' },
    [/^pages\/texts\/de\.json must have ltr or rtl/],
  ],
  ["a mark that is no image", { "pages/mark.svg": "PNG" }, [/^pages\/mark\.svg is no SVG/]],
  [
    "a page of one's own",
    { "pages/reset-password.html.eta": "x" },
    [/^pages\/reset-password\.html\.eta takes the place of nothing/],
  ],
];

for (const [title, files, expected] of faulty) {
  await t.test(`stops the start: ${title}`, (t) => {
    const faults = faultsIn(folderWith(t, files));
    t.equal(faults.length, expected.length, faults.join("\n"));
    for (const [index, pattern] of expected.entries()) t.match(faults[index], pattern);
    t.end();
  });
}

await t.test("a language of one's own that is not whole: one line for each missing file and key", (t) => {
  const folder = folderWith(t, {
    "mails/nl/reset.subject.eta": "Nieuw wachtwoord",
    "pages/texts/nl.json": '{"direction":"ltr"}',
  });
  const faults = faultsIn(folder, "nl");
  const keys = Object.keys(JSON.parse(readFileSync(own("pages/texts/en.json"), "utf8")) as object);
  t.equal(faults.filter((line) => /^mails\/nl\/.* is missing$/.test(line)).length, 17);
  t.equal(faults.filter((line) => line.startsWith("pages/texts/nl.json lacks the text")).length, keys.length - 1);
  t.end();
});

await t.test("a default that there is not in both mails and pages is told, with what there is", (t) => {
  const folder = makeFolder(t);
  addHebrew(folder);
  rmSync(join(folder, "pages"), { recursive: true });
  t.same(faultsIn(folder, "en"), [], "mails may know more languages than pages");
  t.same(faultsIn(folder, "he"), ['DEFAULT_LANGUAGE takes one of: de, en, fr; it holds "he"']);
  t.end();
});

await t.test("a folder of thousands of files is not the one that was meant", (t) => {
  const files = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`x${String(index)}.eta`, ""]));
  const faults = faultsIn(folderWith(t, files));
  t.equal(faults.length, 1);
  t.match(faults[0], "holds more than 1000 files");
  t.end();
});

await t.test("the command says what there is", async (t) => {
  const folder = makeFolder(t);
  const { code, stdout, stderr } = await run("cli/index", ["overrides", "check"], { folder });
  t.equal(code, 0, stderr);
  t.match(stdout, "Mails are written in de, en, fr; pages are shown in de, en, fr.");
});

await t.test("the server does not start, and says why in one line each, with the file", async (t) => {
  const folder = folderWith(t, { "mails/en/reset.subject.eta": "<%= it.appname %>", "mails/en/x.eta": "" });
  const { code, stderr } = await run("main", [], { folder, environment: { OVERRIDES_DIR: folder } });
  t.equal(code, 1);
  t.same(stderr.trim().split("\n"), [
    `${join(folder, "mails/en/reset.subject.eta")} cannot be used: a value is missing`,
    `${join(folder, "mails/en/x.eta")} takes the place of nothing`,
  ]);
});
