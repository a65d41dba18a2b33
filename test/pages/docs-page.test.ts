import t from "tap";

import { errorCodes } from "../../src/errors/codes.ts";
import { makeApp, type Json } from "../fixtures/app.ts";
import { openBrowser, openPage } from "../fixtures/browser.ts";
import { makeAdmin } from "../fixtures/people.ts";

const METHODS = ["get", "post", "patch", "delete"];
const browser = await openBrowser(t);

async function serve(t: Parameters<typeof makeApp>[0]) {
  const server = await makeApp(t);
  const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const { page, complaints, requests } = await openPage(t, browser, { viewport: { width: 1280, height: 900 } });
  // The bundle is large, and machines are busy.
  page.setDefaultTimeout(60_000);
  return { server, url, page, complaints, requests };
}

await t.test("the whole description is shown, and nothing is asked of anybody else", async (t) => {
  const { server, url, page, complaints, requests } = await serve(t);
  const { body } = await server.ask("GET", "/openapi.json");
  await page.goto(`${url}/docs`);
  await page.locator(".opblock").first().waitFor();

  const told = Object.entries(body.paths as Record<string, Json>).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const shown = await page
    .locator(".opblock-summary")
    .evaluateAll((blocks: Json[]) =>
      blocks.map(
        (block) =>
          `${String(block.querySelector(".opblock-summary-method").textContent)} ${String(block.querySelector(".opblock-summary-path").getAttribute("data-path"))}`,
      ),
    );
  t.ok(told.length > 30);
  t.same(shown.toSorted(), told.toSorted());
  for (const { name } of body.tags as { name: string }[]) {
    t.ok(await page.locator(`.opblock-tag[data-tag="${name}"]`).isVisible(), name);
  }
  // One with lists, one with bodies, one with references that lead round in circles.
  for (const id of ["users-listUsers", "roles-createRole", "operations-performOperations"]) {
    await page.locator(`#operations-${id} .opblock-summary-control`).click();
    await page.locator(`#operations-${id} .responses-table`).waitFor();
  }
  await page.locator("#operations-roles-createRole").getByRole("tab", { name: "Schema" }).first().click();

  t.same(complaints, []);
  t.same([...new Set(requests.map((request) => new URL(request.url).origin))], [url]);
});

await t.test("a request can be tried out, with a token", async (t) => {
  const { server, url, page, complaints, requests } = await serve(t);
  const admin = await makeAdmin(server);
  await page.goto(`${url}/docs`);
  await page.locator(".auth-wrapper .authorize").first().click();
  const dialog = page.locator(".dialog-ux");
  await dialog.locator("input").fill(admin.token);
  await dialog.getByRole("button", { name: "Apply credentials" }).click();
  await dialog.getByRole("button", { name: "Close" }).click();

  const operation = page.locator("#operations-users-listUsers");
  await operation.locator(".opblock-summary-control").click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  await operation.locator('[data-param-name="page[size]"] input').fill("1");
  await operation.locator('[data-param-name="include"] select').selectOption(["roles"]);
  await operation.getByRole("button", { name: "Execute" }).click();
  const answer = operation.locator(".live-responses-table .response").first();
  await answer.waitFor();
  t.equal(await answer.locator(".response-col_status").innerText(), "200");
  t.match(await answer.locator(".highlight-code").first().innerText(), admin.email);
  const tried = requests.map((request) => request.url).filter((sent) => sent.includes("/v1/"));
  t.same(tried.map(decodeURIComponent), [`${url}/v1/users?include=roles&page[size]=1`]);
  t.same(complaints, []);
});

await t.test("every kind of error has its place on the page of errors", async (t) => {
  const { url, page, complaints } = await serve(t);
  await page.goto(`${url}/docs/errors#conflict`);
  for (const code of errorCodes) {
    t.equal(await page.locator(`section#${code} h2`).innerText(), code);
  }
  t.ok(await page.locator("section#conflict").isVisible());
  const link = page.getByRole("link", { name: "Rekey API" });
  t.equal(new URL((await link.getAttribute("href")) ?? "", page.url()).href, `${url}/docs`);
  t.same(complaints, []);
});

await t.test("a description that does not come is told of", async (t) => {
  const { url, page } = await serve(t);
  await page.route("**/openapi.json", (route) => route.fulfill({ status: 503, body: "" }));
  await page.goto(`${url}/docs`);
  t.match(await page.getByRole("alert").innerText(), /could not be loaded.*503/);
});
