import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Eta } from "eta/core";

import { addressWords, browserWords, durationWords, greetingName, maskedEmail, oneLine, utcWords } from "./wording.ts";

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
  /** Where somebody says that it was not them; null where there is no such link. */
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
const HTML_PARTS = ["layout", "button", "asked-by"];
const TEXT_PARTS = ["asked-by"];
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

/** The mails' templates (Eta, https://eta.js.org), each in a file: `NAME.subject.eta`, `NAME.text.eta`, `NAME.html.eta`. */
export class Templates {
  readonly #html = engine(true);
  readonly #text = engine(false);

  /**
   * Reads every template, and renders it once for trial: a faulty one shows itself at start-up.
   *
   * @param overrideFolder a file of the same name in it takes the place of ours
   * @throws {Error} when a template cannot be read, compiled or rendered
   */
  constructor({ overrideFolder }: { overrideFolder?: string | undefined } = {}) {
    const own = fileURLToPath(new URL("./templates/en", import.meta.url));
    const load = (eta: Eta, name: string) => {
      const file = `${name}.eta`;
      const override = overrideFolder === undefined ? undefined : join(overrideFolder, file);
      const path = override !== undefined && existsSync(override) ? override : join(own, file);
      try {
        // The @ makes it a name for `include` and `layout`: Eta looks for no file.
        eta.loadTemplate(`@${name}`, readFileSync(path, "utf8"));
      } catch (error) {
        throw new Error(`The mail template ${path} cannot be used`, { cause: error });
      }
    };
    for (const name of [...HTML_PARTS, ...NAMES]) load(this.#html, `${name}.html`);
    for (const name of [...TEXT_PARTS, ...NAMES]) load(this.#text, `${name}.text`);
    for (const name of NAMES) load(this.#text, `${name}.subject`);
    for (const name of NAMES) {
      this.render(name, TRIAL);
      this.render(name, { ...TRIAL, name: null, notMeLink: null, newEmail: null, askedBy: null });
    }
  }

  /**
   * A mail's subject (one line), text and HTML.
   *
   * @throws {Error} when a value that the template shows is missing, or `link` is no http address
   */
  render<Name extends TemplateName>(name: Name, data: TemplateData[Name]): RenderedMail {
    const view = viewOf(data);
    try {
      return {
        subject: oneLine(this.#text.render(`@${name}.subject`, view)).slice(0, LONGEST_SUBJECT),
        text: `${this.#text.render(`@${name}.text`, view).trim()}\n`,
        html: this.#html.render(`@${name}.html`, view),
      };
    } catch (error) {
      throw new Error(`The mail template ${name} cannot be rendered`, { cause: error });
    }
  }
}

function viewOf(
  data: Common & Partial<NotMe> & { readonly minutes?: number; readonly newEmail?: string | null },
): View {
  // The links are what is meant to be clicked: they come from the configuration and must be whole.
  for (const link of [data.link, data.notMeLink]) {
    if (typeof link === "string" && !/^https?:\/\/[^\s<>"\p{C}]+$/u.test(link))
      throw new Error("A mail's link must be an absolute http address");
  }
  const { askedBy, minutes, newEmail } = data;
  return {
    appName: oneLine(data.appName),
    name: greetingName(data.name),
    link: data.link,
    notMeLink: data.notMeLink ?? null,
    life: minutes === undefined || !(minutes >= 1) ? null : durationWords(minutes),
    newEmail: newEmail === undefined || newEmail === null ? null : maskedEmail(newEmail),
    askedBy: askedBy && {
      address: addressWords(askedBy.ipAddress),
      browser: browserWords(askedBy.userAgent),
      at: utcWords(askedBy.at),
    },
  };
}

function engine(autoEscape: boolean): Eta {
  return new Eta({
    autoEscape,
    autoTrim: false,
    autoFilter: true,
    filterFunction: (value) => {
      // Eta would print «undefined».
      if (typeof value === "string") return value;
      throw new Error("a value is missing");
    },
  });
}
