// A button that puts a text on the clipboard. Only places that browsers trust have one (TLS, loopback);
// the page is served nowhere else.
import { notify } from "../announce";
import { t } from "../words";

export function CopyButton({ text, what = text }: { text: string; what?: string }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => notify(t("program.copied")),
      (error: unknown) => notify(String(error)),
    );
  return (
    <button type="button" class="copy" aria-label={t("program.copyOf", { what })} onClick={copy}>
      {t("program.copy")}
    </button>
  );
}
