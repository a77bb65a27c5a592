// Debian's Chromium, driven by playwright-core. One browser for a file of tests, a fresh context
// (cookies, storage) for each test. Whatever the page complains about fails the test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const executable = process.env.TANDEM_CHROMIUM ?? "/usr/bin/chromium";

export async function openBrowser() {
  const home = mkdtempSync(join(tmpdir(), "tandem-browser-"));
  const browser = await chromium.launch({
    executablePath: executable,
    args: [
      "--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
    env: { ...process.env, HOME: home },
  });
  return {
    async page({ width = 1280, height = 900, language = "en", theme = "light" } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, locale: language, timezoneId: "Asia/Tokyo", colorScheme: theme, ignoreHTTPSErrors: true });
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      page.complaints = [];
      page.on("pageerror", (error) => page.complaints.push(String(error)));
      page.on("console", (message) => {
        const isExpected = /status of (401|403|409|400)|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(message.text());
        if (message.type() === "error" && !isExpected) page.complaints.push(message.text());
      });
      return page;
    },
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** True where the page can be scrolled sideways. */
export function scrollsSideways(page) {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

export async function logIn(page, url) {
  await page.goto(`${url}/`);
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", "tandem-demo-1");
  await page.click("form button[type=submit]");
  await page.waitForSelector("main.overview h1");
}
