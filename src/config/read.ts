import { parseEnv } from "node:util";
import { distance } from "fastest-levenshtein";

import { variables, type Config, type Variable, type VariableName } from "./variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface ReadOptions {
  /** The text of a `.env` file; what the environment says wins over it. */
  readonly dotenv?: string;
}

/** What is wrong with a configuration, one line a fault. */
export class ConfigFault extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigFault";
    this.faults = faults;
  }
}

/**
 * The configuration that an environment says. A variable that is empty is as good as not set.
 *
 * @throws {ConfigFault} with all faults at once: the variable, what it takes, what it held (secrets masked)
 */
export function readConfig(environment: Environment, options: ReadOptions = {}): Config {
  const settings = settingsOf(environment, options);
  const faults: string[] = [];
  const config: Partial<Record<VariableName, unknown>> = {};
  for (const [name, definition] of Object.entries(variables) as [VariableName, Variable<unknown>][]) {
    const value = settings[name] ?? definition.fallback;
    if (value === undefined) continue;
    const parsed = definition.parse(value);
    if ("message" in parsed) faults.push(fault(name, value, parsed.message));
    else config[name] = parsed.value;
  }
  faults.push(...contradictions(config as Partial<Config>, settings));
  if (faults.length > 0) throw new ConfigFault(faults);
  return Object.freeze(config) as Config;
}

/** What the server can run with, but its operator may not have meant: one line each. */
export function configWarnings(environment: Environment, options: ReadOptions = {}): string[] {
  const settings = settingsOf(environment, options);
  const names = Object.keys(variables);
  const warnings = Object.keys(settings).flatMap((name) => {
    const meant = names.includes(name) ? undefined : names.find((known) => isSlip(name, known));
    return meant === undefined ? [] : [`${name} is not known, and is not read: is ${meant} meant?`];
  });
  if (settings["NODE_ENV"] !== "production") return warnings;
  for (const name of ["PUBLIC_URL", "FRONTEND_URL", "POSTMARK_API_URL"]) {
    if (!/^http:/i.test(settings[name] ?? "")) continue;
    warnings.push(`${name} begins with http: what goes there, and comes from there, is for all on the way to read`);
  }
  return warnings;
}

/** Short names are near too much that has nothing to do with us (PORT, PATH): there only the case may differ. */
function isSlip(name: string, known: string): boolean {
  const far = distance(name.toUpperCase().slice(0, 64), known);
  return far <= (known.length < 8 ? 0 : 2);
}

/** What is set, without white space around it, and without what is empty. */
function settingsOf(environment: Environment, { dotenv = "" }: ReadOptions): Environment {
  // An editor's byte order mark would belong to the first name.
  return { ...filled(parseEnv(dotenv.replace(/^\uFEFF/, ""))), ...filled(environment) };
}

function filled(environment: Environment): Environment {
  const trimmed = Object.entries(environment).map(([name, value]) => [name, value?.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== undefined && value !== ""));
}

/** What each value allows by itself, but not together. Values that are wrong by themselves are missing here. */
function* contradictions(config: Partial<Config>, settings: Environment): Iterable<string> {
  const { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, SCRYPT_LOG_N, SCRYPT_P } = config;
  if (DEFAULT_PAGE_SIZE !== undefined && MAX_PAGE_SIZE !== undefined && DEFAULT_PAGE_SIZE > MAX_PAGE_SIZE) {
    const takes = `takes no more than MAX_PAGE_SIZE, which is ${String(MAX_PAGE_SIZE)}`;
    yield fault("DEFAULT_PAGE_SIZE", String(DEFAULT_PAGE_SIZE), takes);
  }
  if (config.NODE_ENV !== "production") return;
  for (const name of ["PUBLIC_URL", "MAIL_FROM", "POSTMARK_SERVER_TOKEN"] as const) {
    if (settings[name] === undefined) yield `${name} is not set: in production it must be`;
  }
  if (SCRYPT_LOG_N !== undefined && SCRYPT_P !== undefined && !meetsOwasp(SCRYPT_LOG_N, SCRYPT_P)) {
    const held = `${String(SCRYPT_LOG_N)} with SCRYPT_P=${String(SCRYPT_P)}`;
    yield fault("SCRYPT_LOG_N", held, "takes in production at least 17 (p 1), 16 (2), 15 (3), 14 (5) or 13 (10)");
  }
}

/** OWASP Password Storage Cheat Sheet, «scrypt»: pairs of equal strength, r=8. */
const OWASP_LINES = [
  { logN: 17, p: 1 },
  { logN: 16, p: 2 },
  { logN: 15, p: 3 },
  { logN: 14, p: 5 },
  { logN: 13, p: 10 },
];

function meetsOwasp(ownLogN: number, ownP: number): boolean {
  return OWASP_LINES.some(({ logN, p }) => ownLogN >= logN && ownP >= p);
}

function fault(name: VariableName, held: string, takes: string): string {
  return `${name} ${takes}; it holds ${mask(name, held)}`;
}

function mask(name: VariableName, held: string): string {
  const definition: Variable<unknown> = variables[name];
  if (definition.secret === true) return "a secret that is not shown here";
  // A password may itself hold @, / and :, so everything up to the last @ goes.
  const masked = held.replace(/\b([a-z][a-z0-9+.-]*:)\S*@/gi, "$1//***@").replace(/\b(password=)[^&\s]*/gi, "$1***");
  return JSON.stringify(masked.slice(0, 200));
}
