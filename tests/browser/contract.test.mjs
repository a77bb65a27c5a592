// The server's answers against webui/openapi.json: the mock's, or a real binary's.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser } from "./support/browser.mjs";
import { api, faults, schemaOf } from "./support/schema.mjs";
import { enter, openSite } from "./support/site.mjs";

let browser, site, page;
before(async () => {
  browser = await openBrowser();
  site = await openSite({ needsSetup: false });
  page = await browser.page();
  await enter(page, site);
});
after(async () => {
  await browser.close();
  await site.close();
});

const ask = (path, options) =>
  page.evaluate(async ([to, how]) => {
    const answer = await fetch(to, how);
    return { status: answer.status, body: await answer.json() };
  }, [path, options]);

async function post(path, body) {
  const { body: session } = await ask("/api/session");
  return ask(path, { method: "POST", headers: { "Content-Type": "application/json", "X-Tandem-CSRF": session.csrf }, body: JSON.stringify(body) });
}

function checked(answer, schema) {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.deepEqual([...faults(schema, answer.body)], []);
  return answer.body;
}

for (const path of ["/api/health", "/api/session", "/api/overview", "/api/accounts", "/api/runs", "/api/deliveries", "/api/queue", "/api/clients", "/api/discovery", "/api/audit"]) {
  test(`GET ${path}`, async () => checked(await ask(path), schemaOf(path, "get")));
}

test("GET /api/accounts/{address}", async () => {
  const { accounts } = (await ask("/api/accounts")).body;
  for (const { address } of accounts.slice(0, 12)) {
    checked(await ask(`/api/accounts/${encodeURIComponent(address)}`), schemaOf("/api/accounts/{address}", "get"));
  }
});

test("GET /api/check/{address}", async () => {
  const { accounts } = (await ask("/api/accounts")).body;
  for (const { address } of accounts.slice(0, 3)) {
    checked(await ask(`/api/check/${encodeURIComponent(address)}`), schemaOf("/api/check/{address}", "get"));
  }
});

test("GET /api/folders/{address}", async () => {
  const { accounts } = (await ask("/api/accounts")).body;
  for (const { address } of accounts.slice(0, 3)) {
    checked(await ask(`/api/folders/${encodeURIComponent(address)}`), schemaOf("/api/folders/{address}", "get"));
  }
});

test("POST /api/verify", async () => {
  const { accounts } = (await ask("/api/accounts")).body;
  for (const { address } of accounts.slice(0, 2)) {
    checked(await post("/api/verify", { account: address }), schemaOf("/api/verify", "post"));
  }
});

test("a simulation changes nothing and answers a plan", async () => {
  const { migrations } = (await ask("/api/overview")).body;
  const before = (await ask("/api/runs")).body.runs.length;
  for (const path of ["/api/cutover", "/api/rollback"]) {
    const answer = await post(path, { migration: migrations[0].name, accounts: "all", simulate: true });
    const { simulation } = checked(answer, api.components.schemas.Simulation);
    assert.equal(simulation.confirm, migrations[0].domains[0]);
  }
  assert.equal((await ask("/api/runs")).body.runs.length, before);
});

test("a switch without the typed domain is refused", async () => {
  const { migrations } = (await ask("/api/overview")).body;
  const answer = await post("/api/cutover", { migration: migrations[0].name, accounts: "all", simulate: false, confirm: "wrong.example" });
  assert.equal(answer.status, 400);
  assert.equal(answer.body.error.kind, "confirm_mismatch");
  assert.deepEqual([...faults(api.components.schemas.Error, answer.body)], []);
});

test("a POST without the CSRF token is refused", async () => {
  const answer = await ask("/api/sync", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"accounts":[]}' });
  assert.equal(answer.status, 403);
  assert.equal(answer.body.error.kind, "csrf");
});

test("what is not there is 404 not_found", async () => {
  const answer = await ask("/api/accounts/nobody%40nowhere.example");
  assert.equal(answer.status, 404);
  assert.equal(answer.body.error.kind, "not_found");
});

test("without a session: 401 login_required", async () => {
  const stranger = await browser.page();
  const answer = await stranger.request.get(`${site.url}/api/overview`);
  assert.equal(answer.status(), 401);
  assert.equal((await answer.json()).error.kind, "login_required");
});

test("the event stream begins with a snapshot", async () => {
  const first = await page.evaluate(
    () => new Promise((resolve) => {
      const source = new EventSource("/api/events");
      source.addEventListener("snapshot", (event) => {
        source.close();
        resolve({ id: event.lastEventId, data: JSON.parse(event.data) });
      });
    }),
  );
  assert.notEqual(first.id, "");
  assert.deepEqual([...faults(api.paths["/api/events"].get["x-events"].snapshot, first.data)], []);
});

test("the page forbids inline code and other sites", async () => {
  const answer = await page.request.get(`${site.url}/`);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|https?:|\*/);
});
