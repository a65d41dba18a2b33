import { parseEnv } from "node:util";

import { variables, type Config, type Variable, type VariableName } from "./variables.ts";

type Environment = Readonly<Record<string, string | undefined>>;

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
 * @param environment what the process was given; it wins over the file
 * @param options.dotenv the text of a `.env` file
 * @throws {ConfigFault} with all faults at once: the variable, what it held (secrets masked), what it takes
 */
export function readConfig(environment: Environment, options: { readonly dotenv?: string } = {}): Config {
  const settings: Environment = {
    ...(options.dotenv === undefined ? {} : parseEnv(options.dotenv)),
    ...withoutEmpty(environment),
  };
  const faults: string[] = [];
  const config: Partial<Record<VariableName, unknown>> = {};
  for (const [name, definition] of Object.entries(variables) as [VariableName, Variable<unknown>][]) {
    const given = settings[name]?.trim();
    const value = given === undefined || given === "" ? definition.fallback : given;
    if (value === undefined) continue;
    const parsed = definition.parse(value);
    if ("message" in parsed) faults.push(fault(name, value, parsed.message));
    else config[name] = parsed.value;
  }
  if (faults.length === 0) faults.push(...contradictions(config as Config, settings));
  if (faults.length > 0) throw new ConfigFault(faults);
  return Object.freeze(config) as Config;
}

/** What each value allows by itself, but not together. */
function* contradictions(config: Config, settings: Environment): Iterable<string> {
  if (config.DEFAULT_PAGE_SIZE > config.MAX_PAGE_SIZE) {
    yield fault("DEFAULT_PAGE_SIZE", String(config.DEFAULT_PAGE_SIZE), "takes no more than MAX_PAGE_SIZE");
  }
  if (config.NODE_ENV !== "production") return;
  for (const name of ["PUBLIC_URL", "MAIL_FROM", "POSTMARK_SERVER_TOKEN"] as const) {
    if ((settings[name] ?? "") === "") yield `${name} is not set: in production it must be`;
  }
  if (!meetsOwasp(config)) {
    const held = `${String(config.SCRYPT_LOG_N)} with SCRYPT_P=${String(config.SCRYPT_P)}`;
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

function meetsOwasp({ SCRYPT_LOG_N, SCRYPT_P }: Config): boolean {
  return OWASP_LINES.some(({ logN, p }) => SCRYPT_LOG_N >= logN && SCRYPT_P >= p);
}

function fault(name: VariableName, held: string, takes: string): string {
  return `${name} ${takes}; it holds ${mask(name, held)}`;
}

function mask(name: VariableName, held: string): string {
  const definition: Variable<unknown> = variables[name];
  return definition.secret === true
    ? "a secret that is not shown here"
    : JSON.stringify(held.slice(0, 200).replace(/\/\/[^/@]*@/, "//***@"));
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
}
