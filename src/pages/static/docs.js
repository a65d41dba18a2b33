/* Shows the description of the API by Swagger UI, whose bundle is loaded before this module. */

/** Swagger UI asks for a field of its own for each format of a list's items, and complains where there is none. */
const listFields = ({ React }) => {
  const text = (props) => React.createElement(props.getComponent("JsonSchema_string"), props);
  return { components: { JsonSchema_string_uuid: text, "JsonSchema_string_date-time": text } };
};

const place = document.querySelector("#description");
const base = new URL(".", document.baseURI).href.replace(/\/$/, "");

try {
  const answer = await fetch("openapi.json", { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const spec = await answer.json();
  // Tried out where the page stands: by another name of the same server it would be another origin.
  spec.servers = [{ url: base }];
  place.replaceChildren();
  window.SwaggerUIBundle({
    spec,
    domNode: place,
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    defaultModelExpandDepth: 3,
    defaultModelRendering: "example",
    displayOperationId: false,
    filter: true,
    persistAuthorization: false,
    showExtensions: false,
    validatorUrl: null,
    // Nothing of the page's address may choose what is shown.
    queryConfigEnabled: false,
    plugins: [listFields],
  });
} catch (error) {
  const note = document.createElement("p");
  note.className = "loading";
  note.setAttribute("role", "alert");
  note.textContent = `The description could not be loaded. ${error instanceof Error ? error.message : ""} Reload the page to try again.`;
  place.replaceChildren(note);
}
