// Checks an answer against a schema of webui/openapi.json: the part of JSON Schema used there.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const api = JSON.parse(readFileSync(fileURLToPath(new URL("../../../webui/openapi.json", import.meta.url)), "utf8"));

const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value);

function* objectFaults(schema, value, path) {
  for (const name of schema.required ?? []) if (!(name in value)) yield `${path}.${name}: missing`;
  for (const [name, part] of Object.entries(value)) {
    if (schema.properties?.[name]) yield* faults(schema.properties[name], part, `${path}.${name}`);
    else if (schema.additionalProperties === false) yield `${path}.${name}: not in the contract`;
  }
}

export function* faults(schema, value, path = "$") {
  if (schema.$ref) return yield* faults(api.components.schemas[schema.$ref.split("/").pop()], value, path);
  if (schema.anyOf) {
    const all = schema.anyOf.map((one) => [...faults(one, value, path)]);
    if (!all.some((found) => found.length === 0)) yield* all[0];
    return;
  }
  if (schema.enum && !schema.enum.includes(value)) return yield `${path}: ${JSON.stringify(value)} is none of ${schema.enum}`;
  const types = [schema.type ?? []].flat();
  if (types.length && !types.includes(typeOf(value))) return yield `${path}: ${typeOf(value)}, not ${types}`;
  if (schema.minimum !== undefined && value < schema.minimum) yield `${path}: ${value} < ${schema.minimum}`;
  if (schema.format === "date-time" && value !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) yield `${path}: ${value} is no time in UTC`;
  if (typeOf(value) === "object") yield* objectFaults(schema, value, path);
  if (typeOf(value) === "array") for (const [index, part] of value.entries()) yield* faults(schema.items, part, `${path}[${index}]`);
}

export const schemaOf = (path, method) => api.paths[path][method].responses["200"].content["application/json"].schema;
