import { errorCodes, errorKinds } from "./codes.ts";

/** What there is to say of all of them, in paragraphs; code stands between backticks. */
export const introduction: readonly string[] = [
  "Whatever is refused is answered with a document of `errors`. Branch on `code`: it is stable. `title` is the same for each code, `detail` is about this occurrence and made for people; both may be worded anew. `source` says where in the request the fault lies, and `id` is the id under which the server's log tells more.",
  "Several faults of one request come in one document, up to 100 of them. Its status is their common one, otherwise 400: look at each error's own `status`.",
];

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
    ...introduction,
    'See [JSON:API 1.1, "Error Objects"](https://jsonapi.org/format/1.1/#error-objects). A running server shows this page under `/docs/errors`, where the `links.type` of every error leads.',
    "<!-- made from src/errors/codes.ts: npm run docs -->",
    ["<!-- prettier-ignore -->", "| code | status | title |", "| --- | --- | --- |", ...index].join("\n"),
    ...entries,
  ]
    .join("\n\n")
    .concat("\n");
}
