import type { FastifyInstance } from "fastify";

import { errorCodes, errorKinds } from "../errors/codes.ts";
import { introduction } from "../errors/describe.ts";
import { docsHeaders } from "./security-headers.ts";
import { loadTemplates } from "./templates.ts";

export interface DocsPageOptions {
  /** The name that people know the service by. */
  readonly appName: string;
  isHttps(): boolean;
}

/** Where the kinds of errors are explained; each has its code as fragment. */
export const ERRORS_PAGE = "/docs/errors";

const HTML = "text/html; charset=utf-8";

/**
 * `GET /docs`: the description of the API (`/openapi.json`), shown by Swagger UI; and `GET /docs/errors`: every kind of error that
 * there is, to which the errors themselves link.
 */
export function serveDocs(app: FastifyInstance, { appName, isHttps }: DocsPageOptions): void {
  const render = loadTemplates(["docs.html", "errors.html"]);
  const docs = render("docs.html", { appName });
  const kinds = errorCodes.map((code) => ({ code, ...errorKinds[code] }));
  const errors = render("errors.html", { appName, introduction, kinds });

  app.get("/docs", (_request, reply) =>
    reply
      .headers(docsHeaders({ isHttps: isHttps() }))
      .type(HTML)
      .send(docs),
  );
  app.get(ERRORS_PAGE, (_request, reply) => reply.type(HTML).send(errors));
}
