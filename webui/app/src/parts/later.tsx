// The part of the page that is fetched when it is first wanted, with words of its own.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { loadMoreWords, t } from "../words";
import { ErrorBox } from "./bits";

type Later = typeof import("../pages/later");

const later = signal<Later | null>(null);
const failed = signal<unknown>(null);

function load(): void {
  failed.value = null;
  Promise.all([import("../pages/later"), loadMoreWords()]).then(
    ([part]) => (later.value = part),
    (error: unknown) => (failed.value = error),
  );
}

export function WithLater({ children }: { children: (part: Later) => ComponentChildren }) {
  useEffect(() => {
    if (!later.value) load();
  }, []);
  if (failed.value !== null) return <ErrorBox error={failed.value} retry={load} />;
  return later.value ? <>{children(later.value)}</> : <p class="muted">{t("app.loading")}</p>;
}
