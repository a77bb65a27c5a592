// node on_demo.mjs TANDEMAIL FILE.test.mjs…: the page's tests against the real binary, which runs its
// demo for them. Tests that script the server are skipped there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const [binary, ...files] = process.argv.slice(2);
const demo = spawn(binary, ["demo"], { stdio: ["ignore", "pipe", "inherit"] });
const ended = once(demo, "exit");

async function setupLink() {
  for await (const line of createInterface({ input: demo.stdout })) {
    const link = /The page\s+(\S+)/.exec(line)?.[1];
    if (link) return link;
  }
  throw new Error("the demo ended before it named its page");
}

let code = 1;
try {
  const link = await setupLink();
  demo.stdout.resume();
  const tests = spawn(process.execPath, ["--test", "--test-concurrency=1", ...files], {
    stdio: "inherit",
    env: { ...process.env, TANDEM_URL: new URL(link).origin, TANDEM_SETUP: link },
  });
  [code] = await once(tests, "exit");
} finally {
  demo.kill("SIGINT");
  const [left] = await ended;
  if (left !== 0) {
    console.error(`the demo ended with ${left}`);
    code ||= 1;
  }
}
process.exitCode = code ?? 1;
