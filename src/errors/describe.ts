import { errorCodes, errorKinds } from "./codes.ts";

/** The text of `docs/errors.md`: every kind of error with what it says and what brings it about. */
export function errorsDocument(): string {
  const entries = errorCodes.map((code) => {
    const { status, title, description, when } = errorKinds[code];
    return `### \`${code}\`\n\n${String(status)} ${title}. ${description}\n\nWhen: ${when}`;
  });
  const index = errorCodes.map(
    (code) => `| [\`${code}\`](#${code}) | ${String(errorKinds[code].status)} | ${errorKinds[code].title} |`,
  );
  return [
    "# Errors",
    'Whatever is refused is answered with a document of `errors` ([JSON:API 1.1, "Error Objects"](https://jsonapi.org/format/1.1/#error-objects)). Branch on `code`: it is stable. `title` is the same for each code, `detail` is about this occurrence and made for people; both may be worded anew. `source` says where in the request the fault lies, `id` is the id under which the server\'s log tells more, and `links.type` leads to the entry below, as the server shows it under `/docs/errors`.',
    "Several faults of one request come in one document, up to 100 of them. Its status is their common one, otherwise 400: look at each error's own `status`.",
    "<!-- made from src/errors/codes.ts: npm run build && node scripts/describe-errors.js -->",
    ["<!-- prettier-ignore -->", "| code | status | title |", "| --- | --- | --- |", ...index].join("\n"),
    ...entries,
  ]
    .join("\n\n")
    .concat("\n");
}
