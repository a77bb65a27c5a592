// Milestones for people who listen to the page, and the passing message at its foot.
import { signal } from "@preact/signals";

export const announced = signal("");
export const notice = signal("");

let fading: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  announced.value = text;
}

export function notify(text: string): void {
  announce(text);
  notice.value = text;
  clearTimeout(fading);
  fading = setTimeout(() => (notice.value = ""), 6_000);
}
