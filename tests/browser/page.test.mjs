// What people do on the page, as they do it.
import assert from "node:assert/strict";
import { enter, go, onlyMock, password, real } from "./support/site.mjs";
import { pageTest } from "./support/suite.mjs";
import { waits } from "./support/world.mjs";

const rowOf = (page, address) => page.locator("tbody tr", { has: page.getByRole("button", { name: address, exact: true }) });
const firstAddress = (page) => page.locator("[data-row]").first().innerText();
async function allAddresses(page) {
  await page.waitForSelector("[data-row]");
  return page.locator("[data-row]").allInnerTexts();
}

const focused = (page) => page.evaluate(() => document.activeElement.textContent);

pageTest("set-up: a wrong link says what to do, the right one works and leaves the address bar", { needsSetup: true, enter: false }, async (page, { url, setup }) => {
  await page.goto(`${url}/`);
  await page.getByText("This installation has no operator yet.").waitFor();
  await page.goto(`${url}/#/setup?token=wrong`);
  await page.reload();
  await page.fill("input[name=password]", password);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("This set-up link is not valid").waitFor();
  await page.goto(setup);
  await page.reload();
  await page.fill("input[name=password]", password);
  await page.getByRole("button", { name: "Start" }).click();
  await page.waitForSelector("main.overview");
  assert.doesNotMatch(page.url(), /token/);
}, onlyMock);

pageTest("log-in: wrong password, right password, reload, log-out", { enter: false }, async (page, site) => {
  if (real) await enter(page, site);
  if (real) await page.context().clearCookies();
  await page.goto(`${site.url}/`);
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", "not this one");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Name or password is wrong.").waitFor();
  await page.fill("input[name=password]", password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForSelector("main.overview");
  await page.reload();
  await page.waitForSelector("main.overview h1");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForSelector("input[name=user]");
  assert.equal(await page.locator("main.overview").count(), 0);
});

pageTest("changes appear by themselves, without a reload", {}, async (page, { mock }) => {
  await go(page, "#/accounts?state=copying");
  const address = await firstAddress(page);
  await go(page, "#/accounts");
  mock.change(address, { state: "in_sync", lag_seconds: 2 });
  await rowOf(page, address).getByText("In sync", { exact: true }).waitFor();
  await rowOf(page, address).getByText("up to date").waitFor();
  await page.locator(".live.on").waitFor();
  assert.equal(mock.seen.filter((one) => one === "GET /index.html" || one === "GET /").length, 1);
  assert.equal(mock.seen.filter((one) => one === "GET /api/events").length, 1);
}, onlyMock);

pageTest("a lost connection is told, with the time of the last word, and found again", {}, async (page, { mock }) => {
  await page.locator(".live.on").waitFor();
  mock.refusing = true;
  mock.dropStreams();
  await page.getByText(/^Updated \d\d:\d\d:\d\d$/).waitFor();
  await page.getByRole("status").getByText("Connection lost.").waitFor();
  mock.refusing = false;
  await page.locator(".live.on").waitFor({ timeout: 20_000 });
}, onlyMock);

pageTest("an ended session leads to the log-in and leaves nothing on the screen", {}, async (page, { mock }) => {
  mock.logins.clear();
  mock.dropStreams();
  await page.waitForSelector("input[name=user]", { timeout: 20_000 });
  assert.equal(await page.getByText("example.co.jp").count(), 0);
}, onlyMock);

async function switchFirst(page, state, button, clicks) {
  const click = async (locator) => {
    clicks.push(await locator.innerText());
    await locator.click();
  };
  await go(page, `#/accounts?state=${state}`);
  const address = await firstAddress(page);
  await page.getByRole("checkbox", { name: `Select ${address}` }).check();
  await click(page.locator(".selection").getByRole("button", { name: button }));
  const label = await page.locator("dialog label", { hasText: "to confirm" }).innerText();
  const domain = /Type (\S+) to confirm/.exec(label)[1];
  const confirm = page.locator("dialog form button[type=submit]");
  assert.ok(await confirm.isDisabled());
  await page.fill("input[name=confirm]", "wrong.example");
  assert.ok(await confirm.isDisabled());
  await page.fill("input[name=confirm]", domain);
  await click(confirm);
  await page.locator("dialog .box.good").waitFor({ timeout: 60_000 });
  await click(page.locator("dialog .buttons").getByRole("button", { name: "Close" }));
  await go(page, "#/accounts");
  return address;
}

pageTest("cut over with the typed domain, then roll back with as many clicks", {}, async (page) => {
  const there = [];
  const back = [];
  const address = await switchFirst(page, "in_sync", "Cut over", there);
  await rowOf(page, address).getByText("Switched").waitFor();
  await rowOf(page, address).getByText(/^reads on /).waitFor();
  await page.getByRole("status").getByText(/^Done\. 1 account is on/).waitFor();
  await switchFirst(page, "switched", "Roll back", back);
  assert.equal(back.length, there.length);
  await page.getByRole("status").getByText(/^Done\. 1 account is back on/).waitFor();
});

pageTest("what cannot be switched is named with its reason before anything happens", {}, async (page, { mock }) => {
  await go(page, "#/accounts");
  await page.locator("thead input[type=checkbox]").check();
  await page.locator(".selection").getByRole("button", { name: "Cut over" }).click();
  await page.locator("dialog").getByText(/\d+ accounts will be cut over to KAGOYA/).waitFor();
  await page.locator("dialog .warnings").getByText("Not in sync yet.").first().waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  assert.equal(mock.runs.length, 0);
}, onlyMock);

pageTest("a run stops at the first problem and says what was and was not done", {}, async (page, { mock }) => {
  await go(page, "#/accounts?state=in_sync");
  const addresses = await allAddresses(page);
  mock.failing.add(addresses[1]);
  for (const address of addresses.slice(0, 3)) await page.getByRole("checkbox", { name: `Select ${address}` }).check();
  await page.locator(".selection").getByRole("button", { name: "Cut over" }).click();
  await page.fill("input[name=confirm]", "example.co.jp");
  await page.locator("dialog form button[type=submit]").click();
  await page.locator("dialog .box").getByText("Stopped at the first problem. 1 of 3 were switched.").waitFor();
  await page.locator("dialog .steps").getByText("The last changes took too long.").waitFor();
}, onlyMock);

pageTest("a run goes on with its dialog closed, and can be watched again", {}, async (page, { mock }) => {
  const goOn = mock.holdAt("fence");
  await go(page, "#/accounts?state=in_sync");
  await page.locator("tbody input[type=checkbox]").first().check();
  await page.locator(".selection").getByRole("button", { name: "Cut over" }).click();
  await page.fill("input[name=confirm]", "example.co.jp");
  await page.keyboard.press("Enter");
  await page.locator("dialog .steps").getByText("Hold log-ins").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".strip").getByText("Cutting over: 0 of 1 done").waitFor();
  await page.getByRole("button", { name: "Watch" }).click();
  goOn();
  await page.locator("dialog .box.good").waitFor();
}, onlyMock);

pageTest("pause, resume and sync act at once and say so", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync");
  const address = await firstAddress(page);
  await go(page, "#/accounts");
  await page.getByRole("checkbox", { name: `Select ${address}` }).check();
  for (const [button, state] of [["Pause", "Paused"], ["Resume", /Copying|In sync/]]) {
    await page.locator(".selection").getByRole("button", { name: button }).click();
    await page.locator(".notice").getByText("Done for 1 account.").waitFor();
    await rowOf(page, address).getByText(state).waitFor();
  }
});

pageTest("the drawer shows folders, what was not copied and history, and gives the focus back", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync_with_notes");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const drawer = page.locator("dialog.drawer");
  await drawer.getByRole("heading", { name: address }).waitFor();
  await drawer.getByRole("rowheader", { name: /^INBOX/ }).waitFor();
  await drawer.locator(".skipped li").first().waitFor();
  await drawer.locator(".history li").first().waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), address);
}, onlyMock);

pageTest("what was not copied is saved as a file or tried again, one by one or all, however many", {}, async (page, { mock }) => {
  await go(page, "#/accounts?state=in_sync_with_notes");
  const address = await firstAddress(page);
  mock.change(address, { notes: 203 });
  await page.getByRole("button", { name: address, exact: true }).click();
  const list = page.locator("dialog.drawer ul.skipped").filter({ hasText: "Plan 1" });
  const line = (subject) => list.locator("li").filter({ has: page.getByText(subject, { exact: true }) });
  await line("Plan 1").getByText("UID 12").waitFor();
  await line("Plan 1").getByText("Have the host raise the limit").waitFor();
  const save = line("Plan 1").getByRole("link", { name: "Save as file: Plan 1" });
  assert.equal(await save.getAttribute("href"), `/api/skipped/message/${encodeURIComponent(address)}?id=3-old-12`);
  await line("Plan 1").getByRole("button", { name: "Try again: Plan 1" }).click();
  await line("Plan 1").getByText("It is tried again with the next pass.").waitFor();
  assert.deepEqual([...mock.retried], ["3-old-12"]);
  assert.equal(await list.locator("li").count(), 200);
  await page.getByText("3 more messages are not shown.").waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await line("Plan 202").waitFor();
  assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0);
  await page.getByRole("button", { name: "Try all again" }).click();
  await line("Plan 202").getByText("It is tried again with the next pass.").waitFor();
  assert.equal(mock.retried.size, 203);
}, onlyMock);

pageTest("the page says what copying waits for, of the move and of an account", {}, async (page, { mock }) => {
  await page.getByText("What it waits for: Mostly waiting for mail from").waitFor();
  await go(page, "#/accounts?state=copying");
  const address = await firstAddress(page);
  mock.change(address, { bottleneck: { kind: "daily_quota", side: "new", until: new Date(Date.now() + 60_000).toISOString() } });
  await page.getByRole("button", { name: address, exact: true }).click();
  await page.locator("dialog.drawer").getByText(/What it waits for: Daily limit used up until (today|tomorrow) \d\d:\d\d/).waitFor();
}, onlyMock);

pageTest("both sides of an account are looked at on request", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const drawer = page.locator("dialog.drawer");
  await drawer.getByRole("button", { name: "Check both sides now" }).click();
  await drawer.getByText("Nothing stands in the way.").waitFor({ timeout: 30_000 });
  assert.equal(await drawer.locator(".check li", { hasText: /messages in \d+ folders/ }).count(), 2);
});

pageTest("what becomes of each folder is shown before anything is copied", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const check = page.locator("dialog.drawer .check");
  await check.getByRole("button", { name: "Check both sides now" }).click();
  const plan = check.locator("table.plan");
  const row = (name) => plan.locator("tr", { hasText: name });
  await row("INBOX").getByText("INBOX everywhere").waitFor();
  await row("見積書/2024").getByText("same name · that side cannot hold its name · will be made").waitFor();
  await row("Kunden").getByText("map = Kunden -> Customers came too late").waitFor();
  await row("ごみ箱").getByText("Not copied: exclude = ごみ箱").waitFor();
  await row("Public/News").getByText("Not copied: another person's or a shared one").waitFor();
  await row("Kunden").getByText("Shared with sato (read and write); group team (not: delete); everybody (send mail into it); 2 more").waitFor();
  await check.getByText("Sharing is not copied. Set it again").waitFor();
}, onlyMock);

pageTest("both sides of an account are compared on request", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const compared = page.locator("dialog.drawer .verify");
  await compared.getByRole("button", { name: "Compare both sides" }).click();
  await compared.getByText(/^No difference: [\d,]+ messages in \d+ folders\.$/).waitFor({ timeout: 30_000 });
  await compared.getByText(/messages, chosen at random, were read whole\./).waitFor();
  await compared.getByText(/^Last compared: .*No difference\./).waitFor();
  await compared.getByLabel(/Read all messages whole/).check();
  await compared.getByRole("button", { name: "Compare both sides" }).click();
  await compared.getByText(/^[\d,]+ messages were read whole\./).waitFor({ timeout: 30_000 });
});

pageTest("what a comparison misses is named, with the next step", {}, async (page) => {
  await go(page, "#/accounts?state=in_sync_with_notes");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const compared = page.locator("dialog.drawer .verify");
  await compared.getByRole("button").click();
  await compared.getByText("Missing on the other side: 1. Only there: 0. Not the same: 0.").waitFor();
  await compared.getByText("Sync now").waitFor();
  await compared.locator("li", { hasText: "Angebot Nr. 7" }).waitFor();
}, onlyMock);

pageTest("a mailbox that was the same twice, 24 hours apart, is said to be", {}, async (page, { mock }) => {
  mock.cleanForADay = true;
  await go(page, "#/accounts?state=in_sync");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const compared = page.locator("dialog.drawer .verify");
  await compared.getByText("Never compared.").waitFor();
  await compared.getByRole("button").click();
  await compared.getByText(/^Last compared: .*No difference, twice and at least 24 hours apart\.$/).waitFor();
}, onlyMock);

pageTest("deletions that are held are decided, and what is in quarantine is brought back", {}, async (page, { mock }) => {
  const one = (id, subject) => ({ id, folder: "INBOX", side: "new", subject, state: "quarantined", at: "2026-11-24T10:00:00Z", expunge_at: null, why: null });
  mock.deletions = { held: [{ folder: "Projekt", side: "new", messages: 812, since: "2026-11-24T10:00:00Z" }], quarantined: 2, messages: [one(4, "Angebot"), one(5, "Rechnung")] };
  await go(page, "#/accounts");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const deletions = page.locator("dialog.drawer .deletions");
  await deletions.getByText("812 messages were deleted in Projekt").waitFor();
  await deletions.getByRole("button", { name: "Leave them there" }).click();
  await deletions.getByText("812 messages").waitFor({ state: "detached" });
  assert.equal(mock.lastDecision, "refuse");
  await deletions.locator("li", { hasText: "Rechnung" }).getByRole("button", { name: "Bring back" }).click();
  await deletions.locator("li", { hasText: "Rechnung" }).getByText("brought back").waitFor();
  await deletions.getByText("1 message is in the folder").waitFor();
}, onlyMock);

pageTest("a refused log-in is told with side, the server's words and the next step", {}, async (page) => {
  await go(page, "#/accounts?state=needs_you");
  const address = await firstAddress(page);
  await page.getByRole("button", { name: address, exact: true }).click();
  const check = page.locator("dialog.drawer .check");
  await check.getByRole("button", { name: "Check both sides now" }).click();
  await check.getByText("The log-in does not work.").waitFor();
  await check.getByText("AUTHENTICATIONFAILED Invalid credentials").waitFor();
  await check.getByText("Check this account's user name and password").waitFor();
}, onlyMock);

pageTest("what to do about a log-in by OAuth is the server's own word, in the page's language", {}, async (page, { mock }) => {
  await go(page, "#/accounts?state=needs_you");
  const address = await firstAddress(page);
  mock.change(address, {
    problem: {
      kind: "oauth_failed", who: "you", what: "No token.", server_words: null,
      next_step: "Remove oauth_scope.", next_step_ja: "oauth_scope を削除してください。",
    },
  });
  await rowOf(page, address).getByText("Remove oauth_scope.").waitFor();
  await page.getByRole("button", { name: "Settings" }).click();
  await page.selectOption("select[name=language]", "ja");
  await rowOf(page, address).getByText("oauth_scope を削除してください。").waitFor();
}, onlyMock);

pageTest("the language changes everything at once and is remembered", {}, async (page) => {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.selectOption("select[name=language]", "ja");
  await page.getByRole("link", { name: "アカウント", exact: true }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  await page.reload();
  await page.getByRole("link", { name: "アカウント", exact: true }).waitFor();
});

pageTest("a Japanese browser gets Japanese", { language: "ja-JP" }, async (page) => {
  await page.getByRole("link", { name: "アカウント", exact: true }).waitFor();
});

pageTest("the appearance follows the system until someone chooses", { theme: "dark" }, async (page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await ground(), "rgb(18, 23, 24)");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.selectOption("select[name=theme]", "light");
  assert.equal(await ground(), "rgb(245, 244, 240)");
  await page.reload();
  await page.waitForSelector("main.overview");
  assert.equal(await ground(), "rgb(245, 244, 240)");
});

pageTest("the keyboard reaches everything: / j k x Enter ? and 1 to 4", {}, async (page) => {
  await page.keyboard.press("2");
  await page.getByRole("heading", { name: "Accounts", exact: true }).waitFor();
  const addresses = await allAddresses(page);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  assert.equal(await focused(page), addresses[0]);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("x");
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator("dialog.drawer").getByRole("heading", { name: addresses[1] }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("nobody-at-all");
  await page.getByText("No account matches.").waitFor();
  await page.getByRole("link", { name: "Show all accounts" }).click();
  await page.keyboard.press("?");
  await page.getByRole("heading", { name: "Keyboard" }).waitFor();
  await page.getByRole("checkbox", { name: "Single-key shortcuts" }).uncheck();
  await page.keyboard.press("Escape");
  await page.keyboard.press("1");
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await page.locator("main.accounts").count(), 1);
});

pageTest("new mail appears; senders' names are text, never code", {}, async (page, { mock }) => {
  await go(page, "#/mail");
  await page.locator("table.mail tbody tr").first().waitFor();
  const hostile = "<img src=x onerror=alert(1)>@evil.example";
  mock.arrive("sato@example.co.jp", hostile);
  await page.locator("table.mail tbody tr").first().getByText(hostile).waitFor();
  await page.fill("input[type=search]", "supplier");
  await page.waitForFunction(() => [...document.querySelectorAll("table.mail tbody tr")].every((row) => row.textContent.includes("supplier")));
}, onlyMock);

pageTest("a refusal is explained beside the server's words", {}, async (page) => {
  await go(page, "#/mail");
  const row = page.locator("table.mail tbody tr").filter({ hasText: "User unknown" }).first();
  await row.getByText("The receiving server knows no mailbox with this address.").waitFor();
  await row.getByText("Check the spelling of the address.").waitFor();
}, onlyMock);

pageTest("what waits: tried now, or given up with a reason", {}, async (page, { mock }) => {
  mock.waiting = [waits(mock.accounts[0], "owed", 1), waits(mock.accounts[1], "quarantined", 2)];
  await go(page, "#/mail");
  const row = (n) => page.locator("table.waits tbody tr").filter({ hasText: mock.accounts[n].address });
  await row(1).getByText("waits for you").waitFor();
  await row(0).getByRole("button", { name: "Try now" }).click();
  await page.waitForFunction(() => document.querySelectorAll("table.waits tbody tr").length === 1);
  await row(1).getByRole("button", { name: "Give up" }).click();
  const giveUp = page.getByRole("dialog").getByRole("button", { name: "Give up" });
  assert.equal(await giveUp.isDisabled(), true);
  await page.fill("input[name=reason]", "told by telephone");
  await giveUp.click();
  await page.waitForFunction(() => !document.querySelector("table.waits"));
  assert.equal(mock.lastReason, "told by telephone");
}, onlyMock);

pageTest("the audit log lists who did what", {}, async (page) => {
  await go(page, "#/audit");
  await page.locator("table.audit tbody tr").getByText("Logged in").first().waitFor();
});

pageTest("a viewer is not offered what a viewer may not do", {}, async (page, { mock, url }) => {
  mock.role = "viewer";
  await page.goto(`${url}/#/accounts`);
  await page.reload();
  await page.locator("tbody input[type=checkbox]").first().check();
  assert.equal(await page.locator(".selection .buttons").count(), 0);
}, onlyMock);

pageTest("a thousand accounts: drawn in part, all reachable, a change stays cheap", { count: 1000 }, async (page, { mock }) => {
  await go(page, "#/accounts");
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody tr").count(), 150);
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length > 150);
  await page.evaluate(() => {
    window.worstTask = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.worstTask = Math.max(window.worstTask, entry.duration)))).observe({ type: "longtask" });
  });
  for (const one of mock.accounts.slice(0, 200)) mock.emit("account", { ...one, lag_seconds: 77 });
  await page.getByText("77 sec").first().waitFor();
  const longest = await page.evaluate(() => new Promise((resolve) => requestIdleCallback(() => resolve(window.worstTask))));
  assert.ok(longest < 400, `a task of ${longest} ms`);
}, onlyMock);

pageTest("several moves: chosen once, kept on every page", { moves: 2 }, async (page) => {
  await page.getByRole("button", { name: /^shop/ }).click();
  await page.getByText("Google Workspace").first().waitFor();
  await go(page, "#/accounts");
  await page.locator("tbody tr").first().waitFor();
  assert.equal(await page.locator("tbody tr").count(), 9);
}, onlyMock);

pageTest("what programs are told can be copied, and a phone is led to its profile", {}, async (page, { url, mock }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  await go(page, "#/clients");
  await page.getByRole("heading", { name: "Mail programs" }).waitFor();
  const link = await page.locator(".for-people a").innerText();
  assert.match(link, /\/mail\/setup$/);
  await page.getByRole("button", { name: `Copy ${link}` }).click();
  await page.getByRole("status").getByText("Copied.").waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  const record = page.locator("tr", { has: page.locator("th code", { hasText: /^_pop3\._tcp/ }) });
  assert.equal(await record.locator("td code").innerText(), "0 0 0 .");
  await page.getByRole("img", { name: `QR code of ${link}` }).waitFor();
  await go(page, "#/accounts");
  const address = await firstAddress(page);
  await page.locator("[data-row]").first().click();
  await page.getByRole("button", { name: "Set up a phone" }).click();
  await page.getByRole("img", { name: `profile.mobileconfig?address=${encodeURIComponent(address)}` }).waitFor();
  await page.keyboard.press("Escape");
  if (!mock) return;
  mock.isClosed = true;
  await go(page, "#/overview");
  await go(page, "#/clients");
  await page.getByText("Programs cannot ask for this yet.").waitFor();
});

pageTest("the census names what each program needs, and who has not come yet", {}, async (page) => {
  await go(page, "#/clients");
  const rows = page.locator("table.clients tbody tr");
  await rows.first().getByText("Cannot log in: import the password").waitFor();
  await page.getByText("32 of 48 accounts have come through Tandemail").waitFor();
  const few = await rows.count();
  await page.getByRole("button", { name: "Show more" }).click();
  const all = await rows.count();
  assert.ok(all > few);
  await page.getByLabel("Search by address or program").fill("thunderbird");
  await page.waitForFunction((before) => document.querySelectorAll("table.clients tbody tr").length < before, all);
  assert.deepEqual([...new Set(await rows.locator("td:nth-of-type(1)").allInnerTexts())], ["Thunderbird 128.4\nreads by IMAP"]);
  await page.getByLabel("Search by address or program").fill("");
  await page.waitForFunction((before) => document.querySelectorAll("table.clients tbody tr").length === before, all);
  await page.getByText("16 accounts have not come through Tandemail").click();
  assert.equal(await page.locator("details li").count(), 16);
  const needy = (await rows.first().locator("th").innerText()).trim();
  await go(page, `#/accounts?q=${encodeURIComponent(needy)}`);
  await page.getByRole("button", { name: needy, exact: true }).click();
  await page.locator("dialog li", { hasText: "Cannot log in: import the password" }).getByText("CRAM-MD5").waitFor();
}, onlyMock);
