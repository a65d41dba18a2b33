import { readFileSync } from "node:fs";
import { join } from "node:path";

import { projectRoot } from "../fixtures/project.ts";
import { clients, type Client, type ClientName, type PageStyle } from "./clients.ts";

/** What docs/clients.md takes from elsewhere: `scripts/describe-clients.js` writes it in, and a test compares. */

const read = (path: string) => readFileSync(join(projectRoot, path), "utf8");

export const clientNames = Object.keys(clients) as ClientName[];

/** The files of a client are named after its package: `@orbit/jsonapi` is `orbit-jsonapi`. */
export const fileOf = (client: ClientName): string => client.replace("@", "").replace("/", "-");

/** As package-lock.json has it, which is what is installed and tested. */
export function lockedVersion(name: string): string {
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version: string }> };
  const version = packages[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`package-lock.json has no ${name}.`);
  return version;
}

/** Clients, their versions, and what they do, in Markdown. */
export function clientTable(): string {
  const rows = Object.entries(clients).map(([name, client]: [string, Client]) => {
    const versions = [name, ...(client.with ?? [])].map((part) => `${part} ${lockedVersion(part)}`);
    const cells = [
      `[${name}](#${anchorOf(name)})`,
      versions.join(", "),
      client.methods.join(", "),
      client.linkMethods.join(", ") || "none",
      `${client.pages.map((style) => PAGE_WORDS[style]).join(", ")}; ${client.next}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = "| client | tested with | methods | on relationships' URLs | pages |";
  return [head, "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

const PAGE_WORDS: Record<PageStyle, string> = { number: "by number", offset: "by offset", cursor: "by cursor" };

/** The set-up that a client's test runs, as a code block. */
export function setUpOf(client: ClientName): string {
  return `\`\`\`ts\n${read(`test/clients/setup/${fileOf(client)}.ts`)}\`\`\``;
}

/** The page, with what is taken from elsewhere as it is now. */
export function describe(page: string): string {
  const filled = replaceBetween(page, "clients", `<!-- prettier-ignore -->\n${clientTable()}`);
  return clientNames.reduce((text, client) => replaceBetween(text, `set-up of ${client}`, setUpOf(client)), filled);
}

function replaceBetween(page: string, mark: string, text: string): string {
  const [begin, end] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/clients.md has no ${begin} with ${end} behind it.`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/** As Markdown's renderers make it from the heading. */
function anchorOf(heading: string): string {
  return heading.replaceAll(/[^\w-]/g, "");
}
