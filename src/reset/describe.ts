/** The endpoints of the forgotten password, for the description of the API. OpenAPI 3.1.0, "Paths Object". */
export const resetPaths = {
  "/v1/auth/reset-password": {
    post: {
      summary: "Ask for a mail with a link that sets the password",
      tags: ["reset"],
      requestBody: body({ email: { type: "string", format: "email" } }),
      responses: {
        "200": answer("The same for every well-formed address.", {
          message: { type: "string" },
          email: { type: "string", format: "email" },
        }),
        default: fault(),
      },
    },
    patch: {
      summary: "Set the password by the token of a mailed link",
      tags: ["reset"],
      requestBody: body({ token: { type: "string" }, password: { type: "string" } }),
      responses: {
        "200": answer("The password is set; all sessions of the user are over.", {
          id: { type: "string", format: "uuid" },
          email: { type: "string", format: "email" },
          name: { type: ["string", "null"] },
        }),
        default: fault(),
      },
    },
  },
};

type Properties = Readonly<Record<string, unknown>>;

function object(properties: Properties) {
  return { type: "object", properties, required: Object.keys(properties) };
}

function body(properties: Properties) {
  return { required: true, content: { "application/json": { schema: object({ data: object(properties) }) } } };
}

function answer(description: string, properties: Properties) {
  return { description, content: { "application/json": { schema: object(properties) } } };
}

function fault() {
  const errors = { type: "array", items: { $ref: "#/components/schemas/Error" } };
  return answer("Refused; the document says why.", { error: { type: "string" }, errors });
}
