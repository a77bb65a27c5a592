// Builds the page into a folder:  node build.mjs OUT [--watch]
// OUT gets index.html, app-HASH.js, app-HASH.css, favicon.svg: nothing is fetched from elsewhere at
// run time. Fails where the script and style together exceed the budget.
import { build, context } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const budget = 40 * 1024; // bytes of gzip, script and style, without charts
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = process.argv[2];
if (!out) {
  console.error("usage: node build.mjs OUT [--watch]");
  process.exit(2);
}
const watch = process.argv.includes("--watch");

const writePage = {
  name: "write-page",
  setup(hook) {
    hook.onEnd((result) => {
      if (result.errors.length) return;
      const made = Object.keys(result.metafile.outputs).map((path) => basename(path));
      const script = made.find((name) => /^app-.*\.js$/.test(name));
      const style = made.find((name) => name.endsWith(".css"));
      for (const old of readdirSync(out)) if (!made.includes(old)) rmSync(join(out, old));
      const page = readFileSync(here("src/index.html"), "utf8");
      writeFileSync(join(out, "index.html"), page.replace("SCRIPT", script).replace("STYLE", style));
      writeFileSync(join(out, "favicon.svg"), readFileSync(here("src/favicon.svg")));
      keepBudget(made);
    });
  },
};

const gzipped = (name) => gzipSync(readFileSync(join(out, name))).length;

// One language is loaded: the larger one counts.
function keepBudget(made) {
  const isWords = (name) => /^(en|ja)-/.test(name);
  const words = Math.max(...made.filter(isWords).map(gzipped));
  const bytes = made.filter((name) => !isWords(name)).reduce((sum, name) => sum + gzipped(name), words);
  console.log(`page: ${(bytes / 1024).toFixed(1)} KB gzip of ${budget / 1024} KB`);
  if (bytes <= budget || watch) return;
  console.error("page: over budget");
  process.exitCode = 1;
}

const options = {
  absWorkingDir: here("."),
  entryPoints: { app: "src/main.tsx" },
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  splitting: true, // a language is fetched when wanted
  bundle: true,
  format: "esm",
  charset: "utf8",
  target: ["chrome109", "firefox115", "safari16"],
  minify: !watch,
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  metafile: true,
  logLevel: "warning",
  plugins: [writePage],
};

mkdirSync(out, { recursive: true });
if (watch) await (await context(options)).watch();
else await build(options);
