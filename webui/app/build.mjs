// Builds the page into a folder:  node build.mjs OUT [--watch]
// OUT gets index.html, app-HASH.js, app-HASH.css, favicon.svg: nothing is fetched from elsewhere at
// run time. Fails where the script and style together exceed the budget.
import { build, context } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const budget = 40 * 1024; // bytes of gzip, script and style: what the first view fetches
const laterBudget = 65 * 1024; // and with what is fetched when it is first wanted
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
      keepBudget(result.metafile.outputs);
    });
  },
};

const gzipped = (name) => gzipSync(readFileSync(join(out, name))).length;

/** The names of these outputs and of all that they import at once. */
function withImports(outputs, paths, found = new Set()) {
  for (const path of paths) {
    if (found.has(basename(path))) continue;
    found.add(basename(path));
    const at = outputs[path].imports.filter(({ kind }) => kind === "import-statement");
    withImports(outputs, at.map((one) => one.path), found);
  }
  return found;
}

// One language is loaded: the larger one counts.
function keepBudget(outputs) {
  const paths = Object.keys(outputs);
  const isWords = (name) => /^(later\.)?(en|ja)-/.test(name);
  const wordsOf = (start) => Math.max(...["en", "ja"].map((language) =>
    gzipped(paths.map((path) => basename(path)).find((name) => name.startsWith(`${start}${language}-`)))));
  const sum = (names) => [...names].filter((name) => !isWords(name)).reduce((bytes, name) => bytes + gzipped(name), 0);
  const first = sum(withImports(outputs, paths.filter((path) => /^app-/.test(basename(path))))) + wordsOf("");
  const all = sum(new Set(paths.map((path) => basename(path)))) + wordsOf("") + wordsOf("later.");
  const kilobytes = (bytes) => (bytes / 1024).toFixed(1);
  console.log(`page: ${kilobytes(first)} KB gzip of ${budget / 1024} KB, in all ${kilobytes(all)} of ${laterBudget / 1024}`);
  if ((first <= budget && all <= laterBudget) || watch) return;
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
