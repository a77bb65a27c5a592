// Where we are, in the fragment: "#/accounts?state=failed".
import { computed, signal } from "@preact/signals";

export type Page = "overview" | "accounts" | "mail" | "clients" | "audit" | "setup" | "unknown";

const pages: Record<string, Page> = {
  "": "overview",
  accounts: "accounts",
  mail: "mail",
  clients: "clients",
  audit: "audit",
  setup: "setup",
};

const fragment = signal(location.hash);
addEventListener("hashchange", () => (fragment.value = location.hash));

export const route = computed(() => {
  const [path = "", query = ""] = fragment.value.replace(/^#?\/?/, "").split("?");
  return { page: pages[path] ?? "unknown", query: new URLSearchParams(query) };
});

export function link(page: string, query: Record<string, string> = {}): string {
  const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return `#/${page}${words.size ? `?${words}` : ""}`;
}

/** Replaces what the address bar holds, without a step in the history (filters, the used token). */
export function replace(target: string): void {
  history.replaceState(null, "", target);
  fragment.value = location.hash;
}
