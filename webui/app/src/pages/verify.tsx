// Both sides of one account are read again and compared: what differs is named.
import { useSignal } from "@preact/signals";
import { post, session } from "../api";
import type { Migration, Verification, Verified } from "../contract";
import { ErrorBox, ServerWords, Time } from "../parts/bits";
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
      <span>
        {one.lacking
          ? t("verify.lacking", { label: move.sides[one.lacking].label })
          : t("verify.changed")}
      </span>
    </li>
  );
}

function NotCompared({ folder }: { folder: Verification["folders"][number] }) {
  return (
    <li>
      <span class="strong breakable">{folder.name}</span>
      <span>{t("verify.notCompared")}</span>
      <ServerWords words={folder.not_compared} />
    </li>
  );
}

type Counted = "home_messages" | "missing" | "extra" | "changed" | "whole" | "rewritten";

function count(found: Verification, what: Counted): number {
  return found.folders.reduce((all, folder) => all + folder[what], 0);
}

function sum(found: Verification, what: Counted): string {
  return number(count(found, what));
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
              {t("verify.differs", {
                missing: sum(found, "missing"),
                extra: sum(found, "extra"),
                changed: sum(found, "changed"),
              })}
            </p>
            <p>{t("verify.next")}</p>
          </div>
        </div>
      )}
      <p class="muted">
        {t(found.full ? "verify.all" : "verify.sample", { n: count(found, "whole") })}
        {count(found, "rewritten") > 0 &&
          " " + t("verify.rewritten", { n: count(found, "rewritten") })}
      </p>
      {found.not_copied > 0 && <p>{t("verify.notCopied", { n: found.not_copied })}</p>}
      <ul class="skipped">
        {found.folders
          .filter((folder) => folder.not_compared !== null)
          .map((folder) => (
            <NotCompared key={folder.name} folder={folder} />
          ))}
        {found.differences.slice(0, mostNamed).map((one, index) => (
          <DifferenceLine key={index} one={one} move={move} />
        ))}
      </ul>
      {more > 0 && <p class="muted">{t("verify.more", { n: more })}</p>}
    </>
  );
}

/** How it was when both sides were last compared, and whether that is proof. */
function Last({ verified }: { verified: Verified }) {
  const last = verified.results[0];
  if (!last) return <p class="muted">{t("verify.never")}</p>;
  const differing = last.missing + last.extra + last.changed;
  return (
    <p class={verified.clean_for_a_day ? "box good" : ""}>
      <span class="muted">{t("verify.last")}: </span>
      <Time at={last.at} />{" "}
      {last.clean
        ? t(verified.clean_for_a_day ? "verify.forADay" : "verify.wasClean")
        : t("verify.wasNot", { n: differing, folders: number(last.not_compared) })}
    </p>
  );
}

export function AccountVerify({
  address,
  move,
  verified,
}: {
  address: string;
  move: Migration;
  verified: Verified;
}) {
  const found = useSignal<Verification | null>(null);
  const error = useSignal<unknown>(null);
  const comparing = useSignal(false);
  const full = useSignal(false);

  if (session.value?.role !== "operator") return null;
  function compare() {
    comparing.value = true;
    error.value = null;
    post<Verification>("/api/verify", { account: address, full: full.value })
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
      <label class="check">
        <input
          type="checkbox"
          checked={full.value}
          disabled={comparing.value}
          onChange={(event) => (full.value = event.currentTarget.checked)}
        />
        {t("verify.full")}
      </label>
      {error.value !== null && <ErrorBox error={error.value} retry={compare} />}
      <Last verified={found.value?.verified ?? verified} />
      {found.value && <Outcome found={found.value} move={move} />}
    </div>
  );
}
