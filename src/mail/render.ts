import { Overrides } from "../languages/overrides.ts";
import { firstLine, ownLanguages, readLanguages, type Language } from "./template-files.ts";
import { addressWords, greetingName, maskedEmail, oneLine } from "./wording.ts";
import { browserWords, durationWords, utcWords, type Words } from "./words.ts";

/** Who asked for what the mail is about. */
export interface MailAskedBy {
  readonly ipAddress: string;
  /** The header as it came; the mail shows it in words of ours. */
  readonly userAgent: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
}

interface Common {
  readonly appName: string;
  /** The holder's name, as stored; shown only where it is plainly a name. */
  readonly name: string | null;
  /** Absolute, http or https. */
  readonly link: string;
  /** Null: the operator or the server itself. */
  readonly askedBy: MailAskedBy | null;
}

interface NotMe {
  /** For who did not do it: leads to the page that stops it. Absolute, http or https; null where there is none. */
  readonly notMeLink: string | null;
}

/** What each template needs. */
export interface TemplateData {
  /** A forgotten password: `link` sets a new one and is good for `minutes`. */
  readonly reset: Common & NotMe & { readonly minutes: number };
  /** A new account: `link` sets its first password and is good for `minutes`. */
  readonly welcome: Common & { readonly minutes: number };
  /** Somebody wanted to register an address that has an account; `link` leads to the reset page. */
  readonly "already-registered": Common;
  /** `link` leads to the reset page. */
  readonly "password-changed": Common & NotMe;
  /** To the former address; `newEmail` is shown masked, if at all. */
  readonly "email-changed": Common & { readonly newEmail?: string | null };
}

export type TemplateName = keyof TemplateData;

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a template sees as `it`: nothing in it is as a stranger wrote it. */
interface View {
  /** Of the mail: a tag such as `de`, and `ltr` or `rtl`. */
  readonly language: string;
  readonly direction: string;
  readonly appName: string;
  readonly name: string | null;
  readonly link: string;
  readonly notMeLink: string | null;
  /** The link's life in words; null where a link has none. */
  readonly life: string | null;
  readonly newEmail: string | null;
  readonly askedBy: { readonly address: string | null; readonly browser: string; readonly at: string | null } | null;
}

const NAMES: readonly TemplateName[] = ["reset", "welcome", "already-registered", "password-changed", "email-changed"];
/** Without its link, such a mail would be of no use. */
const LINKED: readonly TemplateName[] = ["reset", "welcome"];
const LONGEST_SUBJECT = 150;

const TRIAL: TemplateData["reset"] & TemplateData["email-changed"] = {
  appName: "Rekey",
  name: "Ada",
  link: "https://example.org/reset-password?token=trial",
  notMeLink: "https://example.org/not-me?token=trial",
  minutes: 60,
  newEmail: "new@example.org",
  askedBy: { ipAddress: "203.0.113.5", userAgent: null, at: "2026-01-01T00:00:00.000Z" },
};
const BARE_TRIAL = { ...TRIAL, name: null, notMeLink: null, newEmail: null, askedBy: null };

export interface TemplatesOptions {
  /** The operator's files, and told of what is wrong with them. */
  readonly overrides?: Overrides;
  /** The language of mails to people of whom no better one is known. */
  readonly defaultLanguage?: string;
}

/** The mails' templates, in all languages that there are. */
export class Templates {
  /** The tags of all languages. */
  readonly languages: readonly string[];
  readonly #read: () => ReadonlyMap<string, Language>;
  readonly #defaultLanguage: string;

  /**
   * Where the operator has files, reads every template of every language and renders it for trial: a faulty one shows itself at
   * start-up. Ours alone have been tried by our tests, and are read with the first mail, since that would be a tenth of a start.
   */
  constructor({ overrides, defaultLanguage = "en" }: TemplatesOptions = {}) {
    this.#defaultLanguage = defaultLanguage;
    if (overrides === undefined || overrides.isEmpty) {
      this.languages = ownLanguages();
      this.#read = ours;
    } else {
      const languages = readAndTry(overrides);
      this.languages = [...languages.keys()];
      this.#read = () => languages;
    }
  }

  /** The first of the wishes that there is, or the default. */
  choose(...wishes: readonly (string | null | undefined)[]): string {
    return wishes.find((wish) => wish != null && this.languages.includes(wish)) ?? this.#defaultLanguage;
  }

  /**
   * A mail's subject (one line), text and HTML.
   *
   * @param tag one of `languages`
   * @throws {Error} when there is no such language, a value that the template shows is missing, a link is no http address, or one of our
   *   own templates cannot be read
   */
  render<Name extends TemplateName>(name: Name, tag: string, data: TemplateData[Name]): RenderedMail {
    const language = this.#read().get(tag);
    if (language === undefined) throw new Error(`There are no mails in the language ${tag}`);
    const view = viewOf(tag, language.words, data);
    try {
      return renderParts(language, name, view);
    } catch (error) {
      throw new Error(`The mail template ${name} cannot be rendered in ${tag}`, { cause: error });
    }
  }
}

let known: ReadonlyMap<string, Language> | undefined;

/** Ours without an override: read once, however many servers a process builds. */
function ours(): ReadonlyMap<string, Language> {
  if (known !== undefined) return known;
  const overrides = new Overrides();
  const languages = readLanguages(overrides, NAMES);
  overrides.throwIfFaulty();
  known = languages;
  return languages;
}

function readAndTry(overrides: Overrides): ReadonlyMap<string, Language> {
  const languages = readLanguages(overrides, NAMES);
  for (const [tag, language] of languages) {
    const views = [TRIAL, BARE_TRIAL].map((data) => viewOf(tag, language.words, data));
    for (const [file, fault] of trialFaults(language, views)) overrides.fault(file, fault);
  }
  return languages;
}

function renderParts(language: Language, name: TemplateName, view: View): RenderedMail {
  return {
    subject: renderPart(language, name, "subject", view),
    text: renderPart(language, name, "text", view),
    html: renderPart(language, name, "html", view),
  };
}

function renderPart({ html, text }: Language, name: TemplateName, part: keyof RenderedMail, view: View): string {
  if (part === "html") return html.render(`@${name}.html`, view);
  const rendered = text.render(`@${name}.${part}`, view);
  return part === "text" ? `${rendered.trim()}\n` : oneLine(rendered).slice(0, LONGEST_SUBJECT);
}

/** What is wrong with the templates of a language, each with the file that it was read from. */
function* trialFaults(language: Language, views: readonly View[]): Iterable<[file: string, fault: string]> {
  for (const name of NAMES) {
    for (const part of ["subject", "text", "html"] as const) {
      try {
        for (const view of views) {
          const rendered = renderPart(language, name, part, view);
          if (rendered.trim() === "") throw new Error("nothing is in it");
          const mustHave = part !== "subject" && LINKED.includes(name) ? view.link : "";
          if (!rendered.includes(mustHave)) throw new Error("it.link is not in it");
        }
      } catch (error) {
        yield [language.files.get(`${name}.${part}`) ?? "", `cannot be used: ${firstLine(error)}`];
      }
    }
  }
}

interface AnyData extends Common {
  readonly notMeLink?: string | null;
  readonly minutes?: number;
  readonly newEmail?: string | null;
}

function viewOf(tag: string, words: Words, data: AnyData): View {
  const { askedBy, minutes, newEmail, notMeLink } = data;
  return {
    language: tag,
    direction: words["direction"] ?? "ltr",
    appName: oneLine(data.appName),
    name: greetingName(data.name),
    link: wholeLink(data.link),
    notMeLink: notMeLink == null ? null : wholeLink(notMeLink),
    life: minutes === undefined || !(minutes >= 1) ? null : durationWords(words, minutes),
    newEmail: newEmail == null ? null : maskedEmail(newEmail),
    askedBy: askedBy && {
      address: addressWords(askedBy.ipAddress),
      browser: browserWords(words, askedBy.userAgent),
      at: utcWords(words, askedBy.at),
    },
  };
}

/** The links are the things that are meant to be clicked: they come from the configuration and must be whole. */
function wholeLink(link: string): string {
  if (!/^https?:\/\/[^\s<>"\p{C}]+$/u.test(link)) throw new Error("A mail's link must be an absolute http address");
  return link;
}
