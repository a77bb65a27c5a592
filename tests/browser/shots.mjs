// node shots.mjs DIST OUT [NAME…]: pictures of every page, to look at; `overview` is the README's.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { logIn, openBrowser } from "./support/browser.mjs";
import { Mock } from "./support/mock.mjs";

const [dist, out, ...wanted] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const browser = await openBrowser();
const isWanted = (name) => wanted.length === 0 || wanted.some((one) => name.startsWith(one));

async function shoot(name, look, act, options = {}) {
  if (!isWanted(name)) return;
  const mock = new Mock({ needsSetup: false, ...options.mock });
  mock.stepDelay = 400;
  const url = await mock.start(dist);
  const page = await browser.page(look);
  if (options.noLogin) await page.goto(`${url}/`);
  else await logIn(page, url);
  await act?.(page, url, mock);
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
  await page.screenshot({ path: join(out, `${name}.png`), fullPage: options.fullPage ?? false });
  if (page.complaints.length) console.log(name, page.complaints);
  await page.context().close();
  await mock.stop();
}

const go = (hash) => (page) => page.evaluate((to) => (location.hash = to), hash);
const ja = { language: "ja" };
const phone = { width: 390, height: 844 };
const dark = { theme: "dark" };
const cutOver = async (page) => {
  await go("#/accounts?state=in_sync")(page);
  await page.click("thead input[type=checkbox]");
  await page.click(".selection .primary");
  await page.waitForSelector("input[name=confirm]");
};
const running = async (page) => {
  await cutOver(page);
  await page.fill("input[name=confirm]", "example.co.jp");
  await page.click("dialog form .primary");
  await page.locator("dialog .steps").first().waitFor();
};
const drawer = async (page) => {
  await go("#/accounts?state=in_sync_with_notes")(page);
  await page.click("[data-row] >> nth=0");
  await page.waitForSelector(".history");
};

await shoot("overview", { width: 1280, height: 980 });
await shoot("login", {}, undefined, { noLogin: true });
await shoot("overview-dark", dark);
await shoot("overview-ja", ja);
await shoot("overview-phone", phone, undefined, { fullPage: true });
await shoot("overview-320-ja", { ...ja, width: 320, height: 700 }, undefined, { fullPage: true });
await shoot("overview-two", {}, undefined, { mock: { moves: 2 } });
await shoot("accounts", {}, go("#/accounts"));
await shoot("accounts-ja-dark", { ...ja, ...dark }, go("#/accounts"));
await shoot("accounts-phone", phone, async (page) => {
  await go("#/accounts")(page);
  await page.click("tbody input[type=checkbox] >> nth=3");
});
await shoot("accounts-768", { width: 768, height: 900 }, go("#/accounts"));
await shoot("cutover", {}, cutOver);
await shoot("cutover-phone-ja", { ...phone, ...ja }, cutOver);
await shoot("cutover-running", {}, running);
await shoot("drawer", {}, drawer);
await shoot("drawer-phone-dark", { ...phone, ...dark }, drawer);
await shoot("mail", {}, go("#/mail"));
await shoot("mail-phone", phone, go("#/mail"));
const clients = async (page) => {
  await go("#/clients")(page);
  await page.waitForSelector(".for-people");
};
await shoot("clients", { width: 1280, height: 980 }, clients, { fullPage: true });
await shoot("clients-phone-ja", { ...phone, ...ja }, clients, { fullPage: true });
await shoot("audit", {}, go("#/audit"));
await shoot("help", {}, (page) => page.keyboard.press("?"));
await browser.close();
