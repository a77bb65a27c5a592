// The two catalogues, and the page's types against the contract. No browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { contractSource } from "../../webui/app/contract.mjs";

const app = fileURLToPath(new URL("../../webui/app/", import.meta.url));
const read = (path) => readFileSync(app + path, "utf8");
const wordsIn = (language) => ["", "later."].map((part) => JSON.parse(read(`src/words/${part}${language}.json`)));
const [first, later] = wordsIn("en");
const en = { ...first, ...later };
const ja = Object.assign({}, ...wordsIn("ja"));
const api = JSON.parse(read("../openapi.json"));
const sources = ["pages", "parts", "shell", "."]
  .flatMap((folder) => readdirSync(`${app}src/${folder}`).filter((name) => /\.tsx?$/.test(name)).map((name) => read(`src/${folder}/${name}`)))
  .join("\n");
const placeholders = (text) => [...text.matchAll(/\{(\w+)/g)].map(([, name]) => name).sort();

test("both languages have the same keys, in the same order", () => {
  assert.deepEqual(Object.keys(ja), Object.keys(en));
});

test("no message is in both parts", () => {
  assert.deepEqual(Object.keys(later).filter((key) => key in first), []);
});

test("no message is empty, and none was left in the other language", () => {
  const same = Object.keys(en).filter((key) => en[key] === ja[key]);
  assert.deepEqual(same, ["app.name"]);
  for (const [key, text] of Object.entries({ ...en, ...ja })) assert.ok(text.trim(), key);
  for (const [key, text] of Object.entries(en)) assert.doesNotMatch(text, /[\u3040-\u30ff\u4e00-\u9fff]/, key);
});

test("both languages fill in the same values", () => {
  for (const key of Object.keys(en)) {
    assert.deepEqual([...new Set(placeholders(ja[key]))], [...new Set(placeholders(en[key]))], key);
  }
});

test("every key the page names exists, and every key is used", () => {
  const named = [...sources.matchAll(/"([a-zA-Z]+(?:\.\w+)+)"/g)].map(([, key]) => key);
  const families = [...sources.matchAll(/`([a-zA-Z]+(?:\.\w+)*\.?)\$\{[^}]+\}([.\w]*)`/g)];
  const isFamily = (key) => families.some(([, start, end]) => key.startsWith(start) && key.endsWith(end));
  for (const key of named) if (!/^(www|tandem)\./.test(key)) assert.ok(key in en, `unknown ${key}`);
  for (const key of Object.keys(en)) assert.ok(named.includes(key) || isFamily(key), `unused ${key}`);
});

const enumOf = (name, field) => {
  const schema = api.components.schemas[name];
  return (field ? schema.properties[field] : schema).enum;
};
const kindsIn = (text) => [...text.matchAll(/\b[a-z]+(?:_[a-z]+)*\b(?=[,.])/g)].map(([word]) => word);

test("every code of the contract has words", () => {
  const problems = api.components.schemas.Problem.properties.kind.description;
  const problemKinds = kindsIn(problems.slice(problems.indexOf("Accounts and sides:"))).filter((word) => word !== "sides");
  assert.ok(problemKinds.length >= 20);
  const errors = kindsIn(api.components.schemas.Error.properties.error.properties.kind.description + ".");
  const wanted = [
    ...enumOf("State").map((code) => `state.${code}`),
    ...enumOf("Step").map((code) => `step.${code}`),
    ...enumOf("Action").map((code) => `action.${code}`),
    ...enumOf("Sentence", "code").flatMap((code) => [`sentence.${code}`, `sentence.${code}.next`]),
    ...enumOf("Leg", "state").map((code) => `leg.${code}`),
    ...enumOf("AuditEntry", "action").map((code) => `audit.action.${code}`),
    ...enumOf("HistoryEntry", "kind").map((code) => `history.${code}`),
    ...enumOf("PlannedFolder", "rule").filter(Boolean).map((code) => `plan.rule.${code}`),
    ...enumOf("PlannedFolder", "change").filter(Boolean).map((code) => `plan.change.${code}`),
    ...enumOf("PlannedFolder", "left_out").filter(Boolean).map((code) => `plan.left_out.${code}`),
    ...enumOf("Grant", "who").filter((code) => code !== "person").map((code) => `plan.who.${code}`),
    ...api.components.schemas.Grant.properties.may.items.enum.map((code) => `plan.may.${code}`),
    ...enumOf("Remark", "kind").map((code) => `check.${code}`),
    ...enumOf("Bottleneck", "kind").map((code) => `bottleneck.${code}`),
    ...enumOf("Problem", "who").map((code) => `who.${code}`),
    ...problemKinds.flatMap((code) => [`problem.${code}`, `problem.${code}.next`]),
    ...errors.flatMap((code) => [`error.${code}`, `error.${code}.next`]),
  ];
  assert.deepEqual(wanted.filter((key) => !(key in en)), []);
});

test("the page's types are those of the contract", () => {
  assert.equal(read("src/contract.ts"), contractSource());
});

test("the page compiles under tsc --strict", () => {
  execFileSync(process.execPath, [`${app}node_modules/typescript/bin/tsc`, "-p", app], { stdio: "inherit" });
});
