// The two languages. A message may hold {name}, and {n|one|several} where the noun follows the
// number; numbers are written as the language does.
import { computed, signal } from "@preact/signals";
import type english from "./words/en.json";
import type laterEnglish from "./words/later.en.json";
import { recall, remember } from "./remember";

export type Key = keyof typeof english | keyof typeof laterEnglish;
export type Language = "en" | "ja";
type Words<English> = () => Promise<{ default: Record<keyof English, string> }>;

// Fetched when wanted. Typed so that a key missing in Japanese does not compile.
const catalogues: Record<Language, Words<typeof english>> = {
  en: () => import("./words/en.json"),
  ja: () => import("./words/ja.json"),
};

// Those of the part that is fetched when it is first wanted (parts/later.tsx).
const laterCatalogues: Record<Language, Words<typeof laterEnglish>> = {
  en: () => import("./words/later.en.json"),
  ja: () => import("./words/later.ja.json"),
};
let wantsMore = false;

const preferred = (): Language => (navigator.language.startsWith("ja") ? "ja" : "en");

const words = signal<{ language: Language; catalogue: Partial<Record<Key, string>> } | null>(null);

export const language = computed<Language>(() => words.value?.language ?? preferred());

async function load(wanted: Language): Promise<void> {
  const [first, more] = await Promise.all([
    catalogues[wanted](),
    wantsMore ? laterCatalogues[wanted]() : null,
  ]);
  words.value = { language: wanted, catalogue: { ...first.default, ...more?.default } };
}

/** Before anything is drawn. */
export function loadWords(): Promise<void> {
  const kept = recall("language");
  return load(kept === "en" || kept === "ja" ? kept : preferred());
}

export function loadMoreWords(): Promise<void> {
  wantsMore = true;
  return load(language.value);
}

export function chooseLanguage(chosen: Language): Promise<void> {
  remember("language", chosen);
  return load(chosen);
}

const plainNumber = computed(() => new Intl.NumberFormat(language.value));

export function number(value: number): string {
  return plainNumber.value.format(value);
}

const joined = computed(() => new Intl.ListFormat(language.value));

/** "read, write and delete" */
export function list(words: string[]): string {
  return joined.value.format(words);
}

type Values = Record<string, string | number>;

export function t(key: Key, values: Values = {}): string {
  return (words.value?.catalogue[key] ?? key).replace(
    /\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g,
    (_, name: string, one?: string, several?: string) => {
      const value = values[name];
      const written = typeof value === "number" ? number(value) : (value ?? "");
      return one === undefined ? written : `${written} ${value === 1 ? one : several}`;
    },
  );
}

/** The message for a code from the server, or `otherwise` where this page does not know it. */
export function tCode(key: string, otherwise: string, values: Values = {}): string {
  return words.value && key in words.value.catalogue ? t(key as Key, values) : otherwise;
}
