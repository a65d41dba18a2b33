import { readFileSync } from "node:fs";
import { relative } from "node:path/posix";
import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** Which folder of src may import from which others: see test/structure/imports.test.ts, which reads the same file. */
const { allowed } = JSON.parse(readFileSync(new URL("test/structure/imports.json", import.meta.url), "utf8"));

/** No import leads out of the folder but to what the table names. */
const directions = Object.entries(allowed).map(([folder, targets]) => {
  const paths = targets.map((target) => `${relative(folder, target).replaceAll(".", "\\.")}[/.]`);
  const exceptions = paths.length === 0 ? "" : `(?!${paths.join("|")})`;
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^${exceptions}\\.\\./`,
              message: `src/${folder} imports from nothing but: ${targets.join(", ") || "itself"}.`,
            },
          ],
        },
      ],
    },
  };
});

/** Node's globals: the plain JavaScript here is scripts and configuration. */
const nodeGlobals = { process: "readonly", console: "readonly", URL: "readonly" };

/** What a script in a page has. */
const browserGlobals = Object.fromEntries(
  [
    "document",
    "window",
    "location",
    "history",
    "fetch",
    "navigator",
    "setTimeout",
    "clearTimeout",
    "setInterval",
    "clearInterval",
    "URL",
    "URLSearchParams",
    "FormData",
    "AbortSignal",
    "AbortController",
    "Intl",
    "TypeError",
    "HTMLElement",
    "HTMLFormElement",
    "HTMLInputElement",
    "CustomEvent",
  ].map((name) => [name, "readonly"]),
);

export default defineConfig(
  globalIgnores(["dist/", ".tap/", "data/"]),
  js.configs.recommended,
  { files: ["*.js", "scripts/**/*.js"], languageOptions: { globals: nodeGlobals } },
  { files: ["src/pages/static/*.js"], languageOptions: { globals: browserGlobals } },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // `async` also turns what is thrown into a rejection, which is what hooks and handlers promise.
      "@typescript-eslint/require-await": "off",
      // Methods of our interfaces are closures over what they need; nothing reads `this` through them.
      "@typescript-eslint/unbound-method": "off",
      // [...text] is how code points are counted; a Fault is made from another by what differs.
      "@typescript-eslint/no-misused-spread": [
        "error",
        {
          allow: [
            { from: "lib", name: "string" },
            { from: "file", name: "Fault" },
          ],
        },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      // `() => close()` reads better than braces, and nobody uses what it gives.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // A parameter that is named once may still be inferred from where the result goes.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      // Hints at clumsy code, never at wrong code; and what a dependency deprecates must not break a build.
      "@typescript-eslint/no-unnecessary-condition": "warn",
      "@typescript-eslint/no-unnecessary-type-assertion": "warn",
      "@typescript-eslint/no-unnecessary-type-conversion": "warn",
      "@typescript-eslint/no-deprecated": "warn",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error",
    },
  },
  {
    // Values go in as arguments: only what starts a process reads its environment and ends it.
    files: ["src/**/*.ts"],
    // A relative path of a database starts from the working directory, unless the caller names another. The program of the process
    // that hashes is one of its own.
    ignores: ["src/cli/**", "src/db/knex.ts", "src/accounts/hashing/child-main.ts"],
    rules: {
      "no-restricted-globals": [
        "error",
        { name: "process", message: "Only src/cli may: take the value as an argument." },
      ],
    },
  },
  {
    // Knex answers `any` for the columns of joined tables.
    files: ["src/accounts/admins.ts", "src/jsonapi/endpoints/layer.ts"],
    rules: {
      "@typescript-eslint/no-unsafe-assignment": "warn",
      "@typescript-eslint/no-unsafe-member-access": "warn",
    },
  },
  {
    // Knex' query builders are thenables: a callback that gives one back looks as if it were asynchronous.
    files: ["src/jsonapi/read/where.ts"],
    rules: { "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }] },
  },
  {
    // Postmark's client types what it takes as classes; any object of that shape will do.
    files: ["src/mail/postmark.ts"],
    rules: { "@typescript-eslint/no-unsafe-class-instance-assignment": "off" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // Answers are asserted on member by member; their types would only repeat the assertions.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-base-to-string": "off",
      // tap waits for its tests itself.
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [{ from: "package", package: "@tapjs/test", name: ["test", "rejects", "resolves"] }],
        },
      ],
    },
  },
  {
    // Clients from elsewhere: their resources are `any`, and their models are of classes that they make at run time.
    files: ["test/clients/**/*.ts"],
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowAny: true, allowNumber: false }],
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
    },
  },
  { files: ["bench/**/*.ts"], rules: { "no-console": "off" } },
  ...directions,
  prettier,
);
