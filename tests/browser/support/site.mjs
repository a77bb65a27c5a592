// What the tests drive: a scripted mock (default), or a real binary:
//   TANDEM_URL=https://127.0.0.1:8443 TANDEM_SETUP='https://127.0.0.1:8443/#/setup?token=…'
// Tests that script the server's behaviour are skipped on a real binary.
import { Mock } from "./mock.mjs";

export const real = process.env.TANDEM_URL;
export const password = "tandem-demo-1";
export const onlyMock = real ? { skip: "scripts the server" } : {};
const folder = process.env.TANDEM_PAGE ?? "../../build/dev/webui/page";
let setupLink = process.env.TANDEM_SETUP;

export async function openSite(options = {}) {
  if (real) return { url: real.replace(/\/$/, ""), mock: null, setup: setupLink, close: async () => {} };
  const mock = new Mock(options);
  const url = await mock.start(folder);
  return { url, mock, setup: `${url}/#/setup?token=${mock.token}`, close: () => mock.stop() };
}

/** Logs in, and sets up first where that was not done yet. */
export async function enter(page, site) {
  if (setupLink) {
    await page.goto(setupLink);
    await page.waitForSelector("input[name=user], main.overview");
    if (await page.locator("input[autocomplete=new-password]").count()) {
      setupLink = undefined;
      await fill(page);
      return;
    }
  }
  await page.goto(`${site.url}/`);
  await page.waitForSelector("input[name=user], main.overview");
  if (await page.locator("input[name=user]").count()) await fill(page);
}

async function fill(page) {
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", password);
  await page.click("form button[type=submit]");
  await page.waitForSelector("main.overview");
}

/** Goes there, and returns when it is drawn. */
export const go = (page, hash) =>
  page.evaluate((to) => {
    location.hash = to;
    return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }, hash);
