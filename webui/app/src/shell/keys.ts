// Single-key shortcuts. They stay silent while someone types, while a dialog is open, with a
// modifier key held, and when switched off.
import { signal } from "@preact/signals";
import { shortcuts } from "./taste";

export const helpOpen = signal(false);

const pages = ["#/", "#/accounts", "#/mail", "#/audit"];

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target.matches("textarea, select, [contenteditable]");
}

/** Moves the focus `by` rows from the focused one. The row's button then takes Enter by itself. */
function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  const current = document.activeElement?.closest("tr")?.querySelector<HTMLElement>("[data-row]");
  const at = current ? rows.indexOf(current) + by : 0;
  const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
  row?.focus();
  row?.closest("tr")?.scrollIntoView({ block: "nearest" });
}

function toggleRow(): void {
  document.activeElement
    ?.closest("tr")
    ?.querySelector<HTMLInputElement>("input[type=checkbox]")
    ?.click();
}

function focusSearch(): void {
  const field = document.querySelector<HTMLInputElement>("input[type=search]");
  if (field) field.focus();
  else location.hash = "#/accounts";
}

const keys: Record<string, () => void> = {
  "/": focusSearch,
  "?": () => (helpOpen.value = true),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: toggleRow,
};

export function listen(): void {
  document.addEventListener("keydown", (event) => {
    if (!shortcuts.value || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const page = pages[Number(event.key) - 1];
    const act = page ? () => (location.hash = page) : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
