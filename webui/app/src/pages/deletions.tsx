// Deletions of one account that were carried over to the other side: those that wait for a decision,
// and those in quarantine, which can be brought back. Nothing where there are none.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce";
import { get, post, session } from "../api";
import type { Count, Deletions, DeletionsUndone, Migration } from "../contract";
import { ErrorBox, Time } from "../parts/bits";
import { accounts } from "../store";
import { language, number, t } from "../words";

const mostShown = 50;

type Held = Deletions["held"][number];
type Deleted = Deletions["messages"][number];
/** Does what a button asks for, then looks again. */
type Do = (work: () => Promise<string>) => void;

const mayAct = () => session.value?.role === "operator";

function HeldBox({ held, address, busy, act }: { held: Held; address: string; busy: boolean; act: Do }) {
  const decide = (decision: "allow" | "refuse") => () =>
    act(async () => {
      const order = { account: address, folder: held.folder, decision };
      const { count } = await post<Count>("/api/deletions/decide", order);
      return t(decision === "allow" ? "deletions.allowed" : "deletions.refused", { n: count });
    });
  return (
    <div class="box act">
      <div>
        <p class="strong breakable">
          {t("deletions.held", { n: held.messages, folder: held.folder })}
        </p>
        <p>
          {t("deletions.heldNext")} <Time at={held.since} />
        </p>
        {mayAct() && (
          <div class="buttons">
            <button type="button" disabled={busy} onClick={decide("allow")}>
              {t("deletions.allow")}
            </button>
            <button type="button" disabled={busy} onClick={decide("refuse")}>
              {t("deletions.refuse")}
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

function Line({ one, move, busy, undo }: { one: Deleted; move: Migration; busy: boolean; undo: (id: number) => void }) {
  return (
    <li>
      <span class="strong breakable">{one.subject || t("detail.noSubject")}</span>
      <span class="muted small">
        {one.folder} · {move.sides[one.side].label} · <Time at={one.at} />
      </span>
      <span>{t(`deletions.state.${one.state}`)}</span>
      {one.expunge_at && (
        <span class="muted small">
          {t("deletions.until")} <Time at={one.expunge_at} />
        </span>
      )}
      {one.why && (
        <span class="small" lang={language.value === "ja" && one.why_ja ? "ja" : "en"}>
          {(language.value === "ja" && one.why_ja) || one.why}
        </span>
      )}
      {one.state === "quarantined" && mayAct() && (
        <button type="button" disabled={busy} onClick={() => undo(one.id)}>
          {t("deletions.undo")}
        </button>
      )}
    </li>
  );
}

export function AccountDeletions({ address, move }: { address: string; move: Migration }) {
  const found = useSignal<Deletions | null>(null);
  const error = useSignal<unknown>(null);
  const busy = useSignal(false);
  const account = accounts.value.get(address)?.value;

  function load() {
    get<Deletions>(`/api/deletions/${encodeURIComponent(address)}`).then(
      (answer) => (found.value = answer),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [address, `${account?.state} ${account?.synced_at}`]);

  async function act(work: () => Promise<string>) {
    busy.value = true;
    error.value = null;
    try {
      announce(await work());
    } catch (failed) {
      error.value = failed;
    }
    busy.value = false;
    load();
  }
  const undo = (ids?: number[]) =>
    act(async () => {
      const order = ids ? { account: address, ids } : { account: address };
      const done = await post<DeletionsUndone>("/api/deletions/undo", order);
      return t("deletions.undone", { n: done.restored });
    });

  const { held = [], messages = [], quarantined = 0 } = found.value ?? {};
  if (held.length + messages.length === 0 && error.value === null) return null;
  return (
    <section class="deletions" aria-live="polite">
      <h3>{t("deletions.title")}</h3>
      {held.map((one) => (
        <HeldBox key={`${one.folder} ${one.side}`} held={one} address={address} busy={busy.value} act={act} />
      ))}
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {quarantined > 0 && <p>{t("deletions.quarantined", { n: quarantined })}</p>}
      {quarantined > 1 && mayAct() && (
        <button type="button" disabled={busy.value} onClick={() => undo()}>
          {t("deletions.undoAll")}
        </button>
      )}
      <ul class="skipped">
        {messages.slice(0, mostShown).map((one) => (
          <Line key={one.id} one={one} move={move} busy={busy.value} undo={(id) => undo([id])} />
        ))}
      </ul>
      {messages.length > mostShown && (
        <p class="muted">{t("deletions.more", { n: number(messages.length - mostShown) })}</p>
      )}
    </section>
  );
}
