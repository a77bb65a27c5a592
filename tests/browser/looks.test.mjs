// Every page and dialog, in both languages and both themes, at three widths: nothing to scroll
// sideways, nothing axe finds against WCAG 2.2 A and AA.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sticksOut } from "./support/browser.mjs";
import { go, onlyMock } from "./support/site.mjs";
import { pageTest } from "./support/suite.mjs";

const axe = readFileSync(fileURLToPath(new URL("node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");
const widths = [320, 768, 1280];
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    (values) => window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
    rules,
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(" | ")}`);
}

/** The window's new size is known before everything is laid out in it. */
const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** What is found at last: an answer may come while it is looked at, and is laid out a frame later. */
async function foundBy(look, page, tries = 10) {
  for (;;) {
    await drawn(page);
    const found = await look(page);
    if (found.length === 0 || --tries === 0) return found;
  }
}

async function inspect(page, where) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForFunction((wanted) => innerWidth === wanted, width);
    assert.deepEqual(await foundBy(sticksOut, page), [], `${where} at ${width}`);
    assert.deepEqual(await foundBy(findings, page, 3), [], `${where} at ${width}`);
  }
}

const openDialog = async (page, hash, open, close) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await go(page, hash);
  await page.waitForSelector("tbody tr");
  await open();
  await inspect(page, `dialog on ${hash}`);
  await (close ? close() : page.keyboard.press("Escape"));
};

const looks = ["en", "ja"].flatMap((language) => ["light", "dark"].map((theme) => ({ language, theme })));

for (const look of looks) {
  const name = `${look.language}, ${look.theme}`;

  pageTest(`pages (${name})`, look, async (page) => {
    for (const [hash, ready] of [["#/", "main.overview h1"], ["#/accounts", "tbody tr"], ["#/mail", "main.mail h1"], ["#/clients", ".clients tbody tr"], ["#/clients?q=nobody", ".values .copy"], ["#/audit", "table.audit"], ["#/nowhere", ".empty a"]]) {
      await go(page, hash);
      await page.waitForSelector(ready);
      await inspect(page, hash);
    }
  });

  pageTest(`log-in and set-up (${name})`, { ...look, enter: false }, async (page, { url, mock }) => {
    await page.goto(`${url}/`);
    await page.fill("input[name=user]", "admin");
    await page.fill("input[name=password]", "wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert]");
    await inspect(page, "log-in");
    mock.user = null;
    await page.goto(`${url}/#/setup?token=${mock.token}`);
    await page.reload();
    await page.waitForSelector("input[autocomplete=new-password]");
    await inspect(page, "set-up");
  }, onlyMock);

  pageTest(`dialogs (${name})`, look, async (page, { mock }) => {
    await openDialog(page, "#/accounts?state=needs_you", () => page.locator("[data-row]").first().click().then(() => page.waitForSelector(".history li")));
    await openDialog(page, "#/accounts?state=in_sync", () => page.locator("[data-row]").first().click().then(() => page.locator(".phone").click()).then(() => page.waitForSelector("dialog .qr")));
    await openDialog(page, "#/accounts?state=in_sync_with_notes", () => page.locator("[data-row]").first().click().then(() => page.waitForSelector(".skipped li")));
    await openDialog(page, "#/accounts", async () => {
      await page.locator("thead input[type=checkbox]").check();
      await page.locator(".selection .primary").first().click();
      await page.waitForSelector("input[name=confirm]");
    });
    await inspect(page, "accounts with a selection");
    await openDialog(page, "#/accounts?state=in_sync", async () => {
      mock.failing.add(await page.locator("[data-row]").nth(1).innerText());
      await page.locator(".selection button.plain").click();
      for (const index of [0, 1, 2]) await page.locator("tbody input[type=checkbox]").nth(index).check();
      await page.locator(".selection .primary").first().click();
      await page.fill("input[name=confirm]", "example.co.jp");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".steps .reason");
    });
    await page.keyboard.press("?");
    await page.waitForSelector("dialog kbd");
    await inspect(page, "keyboard help");
    await page.keyboard.press("Escape");
    await page.locator(".menu > button").click();
    await inspect(page, "menu");
  }, onlyMock);
}
