// One browser for a file of tests; each test gets a site and a page, and fails where the page
// complained (an exception, a refused script or style, a failed fetch).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBrowser } from "./browser.mjs";
import { enter, openSite } from "./site.mjs";

let browser;
before(async () => (browser = await openBrowser()));
after(() => browser.close());

/** look: width, height, language, theme; and for the mock count, moves, needsSetup; enter: false stays outside. */
export function pageTest(name, look, body, options = {}) {
  test(name, { timeout: 240_000, ...options }, async () => {
    const site = await openSite({ needsSetup: false, ...look });
    const page = await browser.page(look);
    try {
      if (look.enter !== false) {
        await enter(page, site);
        await page.waitForSelector("main.overview h1");
      }
      await body(page, site);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
      await site.close();
    }
  });
}
