// Appearance and shortcuts: what the person chose, kept in this browser.
import { effect, signal } from "@preact/signals";
import { recall, remember } from "../remember";
import { language } from "../words";

export type Theme = "auto" | "light" | "dark";

export const theme = signal<Theme>((recall("theme") as Theme | null) ?? "auto");
/** Single-key shortcuts can be switched off (WCAG 2.1.4). */
export const shortcuts = signal(recall("shortcuts") !== "off");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
  remember("theme", theme.value);
});
effect(() => remember("shortcuts", shortcuts.value ? "on" : "off"));
effect(() => {
  document.documentElement.lang = language.value;
});
