// Both sides of one account are read again and compared: what differs is named.
import { useSignal } from "@preact/signals";
import { post, session } from "../api";
import type { Migration, Verification } from "../contract";
import { ErrorBox, Time } from "../parts/bits";
import { number, t } from "../words";

const mostNamed = 50;

type Difference = Verification["differences"][number];

function DifferenceLine({ one, move }: { one: Difference; move: Migration }) {
  return (
    <li>
      <span class="strong breakable">{one.subject || t("detail.noSubject")}</span>
      <span class="muted small">
        {one.folder} · <Time at={one.date} />
      </span>
      <span>{t("verify.lacking", { label: move.sides[one.lacking].label })}</span>
    </li>
  );
}

function sum(found: Verification, what: "home_messages" | "missing" | "extra"): string {
  return number(found.folders.reduce((all, folder) => all + folder[what], 0));
}

function Outcome({ found, move }: { found: Verification; move: Migration }) {
  const more = found.differences.length - mostNamed;
  return (
    <>
      {found.clean ? (
        <p class="box good">
          {t("verify.clean", {
            messages: sum(found, "home_messages"),
            folders: number(found.folders.length),
          })}
        </p>
      ) : (
        <div class="box act">
          <div>
            <p class="strong">
              {t("verify.differs", { missing: sum(found, "missing"), extra: sum(found, "extra") })}
            </p>
            <p>{t("verify.next")}</p>
          </div>
        </div>
      )}
      {found.not_copied > 0 && <p>{t("verify.notCopied", { n: found.not_copied })}</p>}
      <ul class="skipped">
        {found.differences.slice(0, mostNamed).map((one, index) => (
          <DifferenceLine key={index} one={one} move={move} />
        ))}
      </ul>
      {more > 0 && <p class="muted">{t("verify.more", { n: more })}</p>}
    </>
  );
}

export function AccountVerify({ address, move }: { address: string; move: Migration }) {
  const found = useSignal<Verification | null>(null);
  const error = useSignal<unknown>(null);
  const comparing = useSignal(false);

  if (session.value?.role !== "operator") return null;
  function compare() {
    comparing.value = true;
    error.value = null;
    post<Verification>("/api/verify", { account: address })
      .then(
        (answer) => (found.value = answer),
        (failed: unknown) => (error.value = failed),
      )
      .finally(() => (comparing.value = false));
  }

  return (
    <div class="check verify" aria-live="polite">
      <button type="button" disabled={comparing.value} onClick={compare}>
        {comparing.value ? t("verify.comparing") : t("verify.button")}
      </button>
      {error.value !== null && <ErrorBox error={error.value} retry={compare} />}
      {found.value && <Outcome found={found.value} move={move} />}
    </div>
  );
}
