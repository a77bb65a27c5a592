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
      page.setDefaultTimeout(30_000);
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

/** What reaches past the window's edge or past its dialog's: the page would scroll sideways, or clip it. */
export function sticksOut(page) {
  return page.evaluate(() => {
    const isHidden = (element) => getComputedStyle(element).clipPath !== "none";
    const names = [];
    if (document.documentElement.scrollWidth > document.documentElement.clientWidth) names.push("the page scrolls");
    for (const element of document.querySelectorAll("body *")) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || element.closest("svg, select") || isHidden(element) || element.closest(".hidden, thead")) continue;
      const edge = element.closest(".card, main > table, dialog, .box")?.getBoundingClientRect().right ?? innerWidth;
      if (box.right > Math.min(edge, innerWidth) + 1) names.push(`${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`);
    }
    return names.slice(0, 5);
  });
}

export async function logIn(page, url) {
  await page.goto(`${url}/`);
  await page.fill("input[name=user]", "admin");
  await page.fill("input[name=password]", "tandem-demo-1");
  await page.click("form button[type=submit]");
  await page.waitForSelector("main.overview h1");
}
