// A server with the contract of webui/openapi.json, scripted by the test in the same process.
//   node support/mock.mjs DIST [PORT]   serves it for a look by hand (admin / tandem-demo-1)
import { createServer } from "node:http";
import { readFileSync, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { scheduler } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as world from "./world.mjs";

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const contentSecurityPolicy = /content_security_policy =\s*((?:\s*"[^"]*")+)/
  .exec(readFileSync(fileURLToPath(new URL("../../../webui/assets.hpp", import.meta.url)), "utf8"))[1]
  .replace(/"\s*"/g, "").replace(/"/g, "").trim();

const fault = (status, kind) => ({ status, body: { error: { kind, what: `(${kind})`, server_words: null, next_step: "(next)" } } });
const steps = ["prepare", "fence", "drain", "commit", "observe"];

export class Mock {
  constructor({ count = 48, needsSetup = true, moves = 1 } = {}) {
    this.token = "one-time-token";
    this.user = needsSetup ? null : { user: "admin", password: "tandem-demo-1" };
    this.role = "operator";
    this.logins = new Set();
    this.streams = new Set();
    this.eventId = 0;
    this.seen = []; // "METHOD path", for tests that count requests
    this.moves = [["example.co.jp", "example.co.jp", [["Sakura", "example.sakura.ne.jp"], ["KAGOYA", "mas12.kagoya.net"]]]];
    if (moves > 1) this.moves.push(["shop", "shop.example", [["Xserver", "sv1234.xserver.jp"], ["Google Workspace", "imap.gmail.com"]]]);
    this.accounts = this.moves.flatMap(([name, domain], index) => world.makeAccounts(index ? 9 : count, name, domain));
    this.deliveries = world.makeDeliveries(this.accounts, 40);
    this.waiting = [];
    this.retried = new Set();
    this.deletions = { held: [], quarantined: 0, messages: [] };
    this.audit = world.makeAudit(30);
    this.runs = [];
    this.now = {};
    this.stepDelay = 120; // ms per step of a run
    this.failing = new Set(); // addresses whose run goes red
    this.gates = {}; // by step: what a run waits for before it goes on
  }

  /** A run stays in this step until what is returned is called. */
  holdAt(step) {
    let goOn;
    this.gates[step] = new Promise((done) => (goOn = done));
    return goOn;
  }

  overview() {
    return {
      at: world.ago(0),
      migrations: this.moves.map(([name, domain, labels]) =>
        world.migrationOf(name, [domain], labels, this.accounts.filter((one) => one.migration === name), this.now)),
    };
  }

  find(address) {
    return this.accounts.find((one) => one.address === address);
  }

  /** Changes an account and tells the pages that listen. */
  change(address, patch) {
    const one = Object.assign(this.find(address), patch);
    world.refresh(one);
    this.emit("account", one);
    this.emit("overview", this.overview());
  }

  arrive(recipient, sender) {
    const delivery = { ...world.delivery(this.find(recipient), 1, world.ago(0)), sender, trace_id: `tm${Date.now().toString(36)}` };
    this.deliveries.unshift(delivery);
    this.emit("delivery", delivery);
  }

  emit(event, data, to = this.streams) {
    const id = event === "beat" ? "" : `id: ${++this.eventId}\n`;
    for (const stream of to) stream.write(`${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async start(folder, port = 0) {
    this.files = new Map(readdirSync(folder).map((name) => [`/${name}`, readFileSync(join(folder, name))]));
    this.server = createServer((request, response) => void this.answer(request, response));
    await new Promise((ready) => this.server.listen(port, "127.0.0.1", ready));
    this.beats = setInterval(() => this.emit("beat", { at: world.ago(0) }), 1000);
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  dropStreams() {
    for (const stream of this.streams) stream.destroy();
  }

  async stop() {
    clearInterval(this.beats);
    this.dropStreams();
    this.server.closeAllConnections?.();
    await new Promise((done) => this.server.close(done));
  }

  async answer(request, response) {
    const url = new URL(request.url, "http://localhost");
    this.seen.push(`${request.method} ${url.pathname}`);
    if (!url.pathname.startsWith("/api/")) return this.file(url.pathname, response);
    if (url.pathname === "/api/events") return this.events(request, response);
    let text = "";
    for await (const piece of request) text += piece;
    const { status = 200, body, cookie } = this.route(request, url, text ? JSON.parse(text) : undefined);
    const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
    if (cookie) headers["Set-Cookie"] = `tandem_session=${cookie}; HttpOnly; SameSite=Strict; Path=/`;
    response.writeHead(status, headers).end(body === undefined ? "" : JSON.stringify(body));
  }

  file(path, response) {
    const name = path === "/" ? "/index.html" : path;
    const body = this.files.get(name);
    response.writeHead(body ? 200 : 404, { "Content-Type": types[extname(name)] ?? "text/plain", "Content-Security-Policy": contentSecurityPolicy }).end(body);
  }

  isKnown(request) {
    const cookie = /tandem_session=([^;]+)/.exec(request.headers.cookie ?? "");
    return cookie !== null && this.logins.has(cookie[1]);
  }

  events(request, response) {
    if (this.refusing) return request.socket.destroy();
    if (!this.isKnown(request)) return response.writeHead(401, { "Content-Type": "application/json" }).end(JSON.stringify(fault(401, "login_required").body));
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write("retry: 500\n\n");
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
    this.emit("snapshot", { overview: this.overview(), accounts: this.accounts, runs: this.runs }, [response]);
  }

  session() {
    return { user: this.user.user, role: this.role, csrf: "csrf-token", version: "0.1.0" };
  }

  enter() {
    const cookie = `c${this.logins.size}${Date.now()}`;
    this.logins.add(cookie);
    return { body: this.session(), cookie };
  }

  route(request, url, body) {
    const path = url.pathname;
    if (path === "/api/health") return { body: { status: "ok", version: "0.1.0" } };
    if (path === "/api/setup") return this.setup(body);
    if (!this.user) return fault(401, "setup_required");
    if (path === "/api/login") {
      const isRight = body.user === this.user.user && body.password === this.user.password;
      return isRight ? this.enter() : fault(401, "wrong_password");
    }
    if (!this.isKnown(request)) return fault(401, "login_required");
    if (request.method === "GET") return this.read(path, url.searchParams);
    if (request.headers["x-tandem-csrf"] !== "csrf-token") return fault(403, "csrf");
    if (path === "/api/logout") {
      this.logins.clear();
      return { status: 204 };
    }
    return this.role === "operator" ? this.write(path, body) : fault(403, "forbidden");
  }

  setup({ token, user, password }) {
    if (this.user || token !== this.token) return fault(401, "wrong_token");
    this.user = { user: user ?? "admin", password };
    return this.enter();
  }

  read(path, query) {
    if (path === "/api/session") return { body: this.session() };
    if (path === "/api/overview") return { body: this.overview() };
    if (path === "/api/accounts") return { body: { at: world.ago(0), accounts: this.accounts.filter((one) => !query.get("migration") || one.migration === query.get("migration")) } };
    if (path === "/api/runs") return { body: { runs: this.runs } };
    if (path === "/api/deliveries") return { body: this.deliveriesLike(query.get("q") ?? "", Number(query.get("limit") ?? 100)) };
    if (path === "/api/queue") return { body: { items: this.waiting } };
    if (path === "/api/clients") return { body: world.clientsOf(this.accounts, query) };
    if (path === "/api/discovery") return { body: world.discoveryOf(query.get("address"), this.isClosed) };
    if (path === "/api/audit") {
      const older = this.audit.filter(({ id }) => id < Number(query.get("before") ?? Infinity));
      return { body: { entries: older.slice(0, Number(query.get("limit") ?? 100)) } };
    }
    const deleted = /^\/api\/deletions\/(.+)$/.exec(path)?.[1];
    if (deleted) return { body: { address: decodeURIComponent(deleted), propagated: true, ...this.deletions } };
    const listed = /^\/api\/skipped\/(.+)$/.exec(path)?.[1];
    if (listed) return this.skipped(this.find(decodeURIComponent(listed)), query);
    const asked = /^\/api\/check\/(.+)$/.exec(path)?.[1];
    if (asked) return this.check(this.find(decodeURIComponent(asked)));
    const previewed = /^\/api\/folders\/(.+)$/.exec(path)?.[1];
    if (previewed) return this.preview(this.find(decodeURIComponent(previewed)));
    const [, kind, name] = /^\/api\/(accounts|runs)\/(.+)$/.exec(path) ?? [];
    const found = kind === "runs" ? this.runs.find(({ id }) => id === name) : this.find(decodeURIComponent(name ?? ""));
    if (!found) return fault(404, "not_found");
    return { body: kind === "runs" ? found : world.detailOf(found, this.retried) };
  }

  skipped(account, query) {
    if (!account) return fault(404, "not_found");
    const all = world.skippedOf(account, this.retried);
    const from = all.findIndex(({ id }) => id === query.get("after")) + 1;
    return { body: { address: account.address, count: all.length, skipped: all.slice(from, from + Number(query.get("limit") ?? 100)) } };
  }

  check(account) {
    if (!account) return fault(404, "not_found");
    const isRed = account.state === "needs_you";
    const look = (isIn) => ({ logged_in: isIn, folders: isIn ? 5 : 0, messages: isIn ? 1234 : 0, bytes: isIn ? 56_000_000 : null, quota: null });
    const refused = { kind: "cannot_log_in", light: "red", side: "old", what: "The log-in was refused.", server_words: "AUTHENTICATIONFAILED Invalid credentials", next_step: "Check the password.", next_step_ja: null };
    return { body: { address: account.address, light: isRed ? "red" : "green", old: look(!isRed), new: look(true), remarks: isRed ? [refused] : [] } };
  }

  preview(account) {
    if (!account) return fault(404, "not_found");
    const plan = { messages: 120, left_out: null, exists: true, change: null, line: null, unheeded_line: null, sharing: null };
    const grant = (who, name, may, rights, denied = false) => ({ who, name, may, rights, denied });
    const grants = [grant("person", "sato", ["read", "write"], "lrwi"), grant("group", "team", ["delete"], "t", true), grant("anyone", null, ["post"], "p")];
    return { body: { address: account.address, home: "old", folders: [
      { ...plan, name: "INBOX", other_name: "INBOX", rule: "inbox" },
      { ...plan, name: "見積書/2024", other_name: "見積書／2024", rule: "path", change: "unfit", exists: false },
      { ...plan, name: "Kunden", other_name: "Kunden", rule: "known", unheeded_line: "Kunden -> Customers", sharing: { grants, more: 2 } },
      { ...plan, name: "ごみ箱", other_name: null, rule: null, left_out: "excluded", exists: false, line: "ごみ箱" },
      { ...plan, name: "Public/News", other_name: null, rule: null, left_out: "of_others", exists: false },
    ] } };
  }

  verify(account, full) {
    if (!account) return fault(404, "not_found");
    const clean = account.state === "in_sync";
    const folder = (name, missing) => ({ name, home_messages: 120, mirror_messages: 120 - missing, missing, extra: 0, changed: 0, whole: full ? 120 : 32, rewritten: 0, not_compared: null, next_step: null });
    const lost = { kind: "missing", folder: "Projekt", lacking: "new", uid: 7, other_uid: 0, date: world.ago(90_000), subject: "Angebot Nr. 7", reason: "on the home side, not on the mirror", next_step: "Run a pass and verify again." };
    return { body: { address: account.address, home: account.home, full, clean, folders: [folder("INBOX", 0), folder("Projekt", clean ? 0 : 1)], differences: clean ? [] : [lost], rewritten: [], verified: world.verifiedOf([world.comparison(clean, full)], this.cleanForADay), not_copied: account.notes } };
  }

  deliveriesLike(words, limit) {
    const has = (text) => text.toLowerCase().includes(words.toLowerCase());
    const { owed, debts } = this.overview().migrations[0];
    return { deliveries: this.deliveries.filter((one) => has(one.sender) || has(one.recipient) || has(one.trace_id)).slice(0, limit), owed, debts };
  }

  write(path, body) {
    if (path === "/api/cutover") return this.switchHomes("cut_over", body);
    if (path === "/api/rollback") return this.switchHomes("roll_back", body);
    if (path.startsWith("/api/queue/")) return this.ofQueue(path, body);
    if (path.startsWith("/api/deletions/")) return this.ofDeletions(path, body);
    if (path === "/api/skipped/retry") {
      const ids = body.ids ?? world.skippedOf(this.find(body.account)).map(({ id }) => id);
      for (const id of ids) this.retried.add(id);
      return { body: { count: ids.length } };
    }
    if (path === "/api/verify") return this.verify(this.find(body.account), body.full ?? false);
    const next = { "/api/accounts/pause": "paused", "/api/accounts/resume": "copying", "/api/sync": "copying" }[path];
    if (!next) return fault(404, "not_found");
    for (const address of body.accounts) this.change(address, { state: next, problem: null });
    return { body: { changed: body.accounts } };
  }

  ofDeletions(path, { folder, decision, ids }) {
    const { held, messages } = this.deletions;
    if (path.endsWith("/decide")) {
      this.lastDecision = decision;
      this.deletions.held = held.filter((one) => one.folder !== folder);
      return { body: { count: held.length } };
    }
    const meant = messages.filter((one) => one.state === "quarantined" && (!ids || ids.includes(one.id)));
    for (const one of meant) one.state = "restored";
    this.deletions.quarantined -= meant.length;
    return { body: { restored: meant.length, not_found: 0 } };
  }

  ofQueue(path, { trace_id, recipient, reason }) {
    const meant = (one) => one.trace_id === trace_id && (!recipient || one.recipient === recipient);
    const count = this.waiting.filter(meant).length;
    if (count === 0) return fault(404, "not_found");
    this.lastReason = reason;
    this.waiting = this.waiting.filter((one) => !meant(one));
    return { body: { count } };
  }

  switchHomes(kind, { migration, accounts, simulate, confirm }) {
    const move = this.overview().migrations.find(({ name }) => name === migration);
    const wanted = accounts === "all" ? this.accounts.map(({ address }) => address) : accounts;
    const able = wanted.filter((address) => this.find(address).can.includes(kind));
    if (simulate) return { body: { simulation: this.simulation(move, wanted, able) } };
    if (confirm !== move.domains[0]) return fault(400, "confirm_mismatch");
    if (this.runs.some(({ state }) => state === "running")) return fault(409, "busy");
    return { body: { run: this.run(kind, migration, able) } };
  }

  simulation(move, wanted, able) {
    const left = wanted.filter((address) => !able.includes(address)).map((address) => ({
      address, count: 0, blocking: true,
      problem: { kind: "not_in_sync", who: "nobody", what: "Not in sync yet.", server_words: null, next_step: "Wait until it is in sync.", next_step_ja: null },
    }));
    const noted = able.filter((address) => this.find(address).notes).map((address) => ({ address, count: this.find(address).notes, blocking: false, problem: world.oversize }));
    return { accounts: able, warnings: [...left, ...noted], confirm: move.domains[0], seconds: 4 };
  }

  run(kind, migration, addresses) {
    const run = {
      id: `run-${this.runs.length + 1}`, kind, migration, by: this.user.user, started_at: world.ago(0), finished_at: null, state: "running",
      accounts: addresses.map((address) => ({ address, step: "waiting", result: null, problem: null })),
    };
    this.runs.unshift(run);
    void this.play(run);
    return run.id;
  }

  async play(run) {
    for (const account of run.accounts) {
      for (const step of steps) {
        account.step = step;
        this.emit("run", run);
        await scheduler.wait(this.stepDelay);
        await this.gates[step];
        if (step === "drain" && this.failing.has(account.address)) return this.stopRun(run, account);
      }
      Object.assign(account, { step: "done", result: "ok" });
      const isOver = run.kind === "cut_over";
      this.change(account.address, { state: isOver ? "switched" : "rolled_back", phase: isOver ? "mirror_new" : "mirror_old", epoch: this.find(account.address).epoch + 1 });
    }
    Object.assign(run, { state: "done", finished_at: world.ago(0) });
    this.emit("run", run);
  }

  stopRun(run, account) {
    Object.assign(account, { result: "red", problem: { kind: "drain_timeout", who: "nobody", what: "The last changes took too long.", server_words: null, next_step: "Try again.", next_step_ja: null } });
    Object.assign(run, { state: "stopped", finished_at: world.ago(0) });
    this.emit("run", run);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = new Mock({ needsSetup: false, count: Number(process.argv[4] ?? 48) });
  mock.stepDelay = 900;
  console.log(await mock.start(process.argv[2], Number(process.argv[3] ?? 0)));
}
