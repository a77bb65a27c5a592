// Makes src/contract.ts from ../openapi.json, so that the page's types cannot drift from the API.
//   node contract.mjs           write it
//   node contract.mjs --check   fail if the written one differs
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(" | ");
  if (schema.type === "array") return `Array<${typeOf(schema.items)}>`;
  if (schema.type === "integer") return "number";
  if (schema.type === "object") return objectOf(schema);
  return schema.type;
}

function objectOf(schema) {
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties).map(
    ([name, value]) => `${name}${required.has(name) ? "" : "?"}: ${typeOf(value)}`,
  );
  return `{ ${fields.join("; ")} }`;
}

export function contractSource() {
  const api = JSON.parse(readFileSync(here("../openapi.json"), "utf8"));
  const types = Object.entries(api.components.schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`,
  );
  return `// Made by contract.mjs from ../openapi.json; do not edit.\n${types.join("")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = here("src/contract.ts");
  if (process.argv[2] === "--check") {
    if (readFileSync(target, "utf8") !== contractSource()) {
      console.error("src/contract.ts differs from openapi.json: run `npm run contract`");
      process.exit(1);
    }
  } else {
    writeFileSync(target, contractSource());
  }
}
