// What waits in the gateway, and the two things a person can do about it: try it now, or give it up
// with a reason.
import { signal, useSignal } from "@preact/signals";
import { announce } from "../announce";
import { post, session } from "../api";
import type { Count, QueueItem } from "../contract";
import { ErrorBox, Meaning, Time } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { migration } from "../store";
import { number, t } from "../words";

/** What somebody is about to give up; null: the dialog is closed. */
const leaving = signal<QueueItem | null>(null);

const chosen = ({ trace_id, recipient }: QueueItem) => ({ trace_id, recipient });

function Buttons({ item, reload }: { item: QueueItem; reload: () => void }) {
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  if (session.value?.role !== "operator") return null;

  async function retry() {
    busy.value = true;
    error.value = null;
    try {
      await post<Count>("/api/queue/retry", chosen(item));
      announce(t("waits.retried", { recipient: item.recipient }));
      reload();
    } catch (failed) {
      error.value = failed;
    }
    busy.value = false;
  }

  return (
    <>
      <div class="buttons">
        <button type="button" disabled={busy.value} onClick={retry}>
          {t("waits.retry")}
        </button>
        <button type="button" class="plain" onClick={() => (leaving.value = item)}>
          {t("waits.drop")}
        </button>
      </div>
      {error.value !== null && <ErrorBox error={error.value} />}
    </>
  );
}

function Row({ item, reload }: { item: QueueItem; reload: () => void }) {
  return (
    <tr>
      <td>
        <Time at={item.at} />
      </td>
      <td class="breakable">
        {item.report_on ? t("waits.report") : item.sender || t("mail.bounce")} → {item.recipient}
        <span class="muted small">
          {t("mail.trace")}: <code>{item.trace_id}</code>
        </span>
      </td>
      <td class="breakable">
        <span class="mark act">
          <Icon name="needs_you" />
          {t(`waits.${item.kind}`, { side: migration.value?.sides[item.side].label ?? "" })}
        </span>
        {item.server_words && (
          <q class="words" lang="en">
            {item.server_words}
          </q>
        )}
        {item.explanation && <Meaning of={item.explanation} />}
        {item.may_be_double && <span class="muted small">{t("waits.double")}</span>}
      </td>
      <td>
        {t("waits.attempts", { n: item.attempts })}
        <span class="muted small">
          {item.due ? (
            <>
              {t("waits.next")} <Time at={item.due} />
            </>
          ) : (
            t(item.kind === "quarantined" ? "waits.decide" : "waits.underway")
          )}
        </span>
      </td>
      <td>
        <Buttons item={item} reload={reload} />
      </td>
    </tr>
  );
}

function GiveUp({ item, reload }: { item: QueueItem; reload: () => void }) {
  const reason = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const close = () => (leaving.value = null);

  async function submit(event: Event) {
    event.preventDefault();
    if (!reason.value.trim() || busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      await post<Count>("/api/queue/drop", { ...chosen(item), reason: reason.value.trim() });
      announce(t("waits.dropped", { recipient: item.recipient }));
      close();
      reload();
    } catch (failed) {
      error.value = failed;
      busy.value = false;
    }
  }

  return (
    <Dialog title={t("waits.dropTitle")} kind="dialog" close={close}>
      <p class="breakable">
        {t(item.kind === "debt" ? "waits.dropCopy" : "waits.dropMail", {
          recipient: item.recipient,
        })}
      </p>
      <form onSubmit={submit}>
        <label>
          {t("waits.reason")}
          <input
            name="reason"
            autoComplete="off"
            maxLength={500}
            value={reason}
            onInput={(event) => (reason.value = event.currentTarget.value)}
          />
        </label>
        {error.value !== null && <ErrorBox error={error.value} />}
        <div class="buttons">
          <button type="submit" class="primary" disabled={!reason.value.trim() || busy.value}>
            {t("waits.drop")}
          </button>
          <button type="button" onClick={close}>
            {t("app.cancel")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** Nothing where nothing waits. */
export function Waits({ items, reload }: { items: QueueItem[]; reload: () => void }) {
  if (items.length === 0) return null;
  return (
    <>
      <h2>{t("waits.title", { n: number(items.length) })}</h2>
      <table class="mail waits">
        <thead>
          <tr>
            <th scope="col">{t("mail.time")}</th>
            <th scope="col">{t("waits.message")}</th>
            <th scope="col">{t("waits.why")}</th>
            <th scope="col">{t("waits.tried")}</th>
            <th scope="col">{t("waits.do")}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <Row key={`${item.trace_id} ${item.recipient} ${item.kind}`} item={item} reload={reload} />
          ))}
        </tbody>
      </table>
      {leaving.value && <GiveUp item={leaving.value} reload={reload} />}
    </>
  );
}
