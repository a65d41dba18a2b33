import { variables, type Variable } from "./variables.ts";

const WIDTH = 100;

/** The text of `.env.example`: every variable with what it means, commented out, at its default. */
export function exampleFile(): string {
  const entries = definitions().map(([name, { doc, fallback, fallbackWords }]) => {
    const lines = wrap(fallbackWords === undefined ? doc : `${doc} Default: ${fallbackWords}.`);
    return [...lines.map((line) => `# ${line.replaceAll("`", "")}`), `#${name}=${fallback ?? ""}`].join("\n");
  });
  return ["# Copy to .env and take away the # before what you change. The environment wins over this file.", ...entries]
    .join("\n\n")
    .concat("\n");
}

/** The same as rows of a Markdown table: variable, default, meaning. */
export function markdownTable(): string {
  const rows = definitions().map(([name, { doc, fallback, fallbackWords }]) => {
    const byDefault = fallbackWords ?? (fallback === "" || fallback === undefined ? "none" : `\`${fallback}\``);
    return `| \`${name}\` | ${byDefault} | ${doc} |`;
  });
  return ["| variable | default | meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function definitions(): [string, Variable<unknown>][] {
  return Object.entries(variables);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
