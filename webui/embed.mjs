// node embed.mjs FOLDER WORDS OUT.cpp: the files of FOLDER, gzipped, as the definition of
// tandem::webui::assets(), and the page's words in each language (WORDS/*.json) as that of page_words()
// (webui/assets.hpp). The same files give the same bytes.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const [folder, wordsFolder, target] = process.argv.slice(2);

// Three octal digits each, so that no escape runs into the byte after it.
function literal(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 24) {
    const escaped = [...bytes.subarray(at, at + 24)].map((byte) => "\\" + byte.toString(8).padStart(3, "0"));
    lines.push(`"${escaped.join("")}"`);
  }
  return lines.join("\n");
}

function entry(name, index) {
  const body = gzipSync(readFileSync(join(folder, name)), { level: 9 });
  body[9] = 255; // the gzip header's operating system: the same everywhere
  const type = types[extname(name)];
  if (!type) throw new Error(`embed.mjs: no content type for ${name}`);
  const etag = createHash("sha256").update(body).digest("hex").slice(0, 20);
  const hashed = /-[A-Z0-9]{8}\./.test(name);
  return {
    data: `constexpr char file_${index}[] =\n${literal(body)};`,
    row: `  {"/${name}", "${type}", {file_${index}, ${body.length}}, "\\"${etag}\\"", ${hashed}},`,
  };
}

// All of a language's files as one object.
function words(language) {
  const names = readdirSync(wordsFolder).filter((name) => name.split(".").at(-2) === language).sort();
  const all = Object.assign({}, ...names.map((name) => JSON.parse(readFileSync(join(wordsFolder, name), "utf8"))));
  const bytes = Buffer.from(JSON.stringify(all));
  return `constexpr char words_${language}[] =\n${literal(bytes)};`;
}

const entries = readdirSync(folder).sort().map(entry);
const languages = ["en", "ja"];
writeFileSync(
  target,
  `// Made by webui/embed.mjs; do not edit.
#include "webui/assets.hpp"

namespace tandem::webui {
namespace {
${entries.map(({ data }) => data).join("\n")}
${languages.map(words).join("\n")}

constexpr Asset all[] = {
${entries.map(({ row }) => row).join("\n")}
};
}  // namespace

std::span<const Asset> assets() { return all; }

std::string_view page_words(bool japanese) { return japanese ? words_ja : words_en; }

}  // namespace tandem::webui
`,
);
