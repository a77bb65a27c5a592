// The messages of one account that could not be copied: each with what its server said, to be saved
// as a file or tried again; a long list in parts.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce";
import { get, post, session } from "../api";
import type { AccountDetail, Count, Migration, Skipped, SkippedPart } from "../contract";
import { size } from "../format";
import { ErrorBox, problemNext, problemWhat, ServerWords, Time } from "../parts/bits";
import { language, t } from "../words";

const part = 200;

const mayAct = () => session.value?.role === "operator";

interface LineProps {
  skipped: Skipped;
  address: string;
  move: Migration;
  busy: boolean;
  asked: boolean;
  retry: () => void;
}

function Line({ skipped, address, move, busy, asked, retry }: LineProps) {
  const { reason, uid } = skipped;
  const file = `/api/skipped/message/${encodeURIComponent(address)}?id=${skipped.id}`;
  const subject = uid === null ? t("skipped.folder") : skipped.subject || t("detail.noSubject");
  return (
    <li>
      <span class="strong breakable">{subject}</span>
      <span class="muted small">
        {skipped.folder} · {move.sides[skipped.side].label}
        {uid !== null && ` · UID ${uid} · ${size(skipped.size)}`}
        {skipped.date && (
          <>
            {" · "}
            <Time at={skipped.date} />
          </>
        )}
      </span>
      <span>
        {problemWhat(reason)} {problemNext(reason)}
      </span>
      <ServerWords words={reason.server_words} />
      {asked && <span class="muted">{t("skipped.retrying")}</span>}
      {mayAct() && (
        <div class="buttons">
          {!asked && (
            <button
              type="button"
              disabled={busy}
              aria-label={t("skipped.retryOf", { subject })}
              onClick={retry}
            >
              {t("skipped.retry")}
            </button>
          )}
          {uid !== null && (
            <a class="button" href={file} download aria-label={t("skipped.saveOf", { subject })}>
              {t("skipped.save")}
            </a>
          )}
        </div>
      )}
    </li>
  );
}

export function NotCopied({ detail, move }: { detail: AccountDetail; move: Migration }) {
  const { address } = detail.account;
  const more = useSignal<Skipped[]>([]);
  const count = useSignal(detail.account.notes);
  const asked = useSignal<ReadonlySet<string>>(new Set());
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  // The drawer has asked anew: what was asked for is in its answer.
  useEffect(() => {
    more.value = [];
    asked.value = new Set();
    count.value = detail.account.notes;
  }, [detail]);

  function act(work: () => Promise<void>) {
    busy.value = true;
    error.value = null;
    work()
      .catch((failed: unknown) => (error.value = failed))
      .finally(() => (busy.value = false));
  }
  const shown = [...detail.skipped, ...more.value];
  const retry = (ids: string[]) =>
    act(async () => {
      const order = ids.length > 0 ? { account: address, ids } : { account: address };
      const done = await post<Count>("/api/skipped/retry", order);
      const now = ids.length > 0 ? ids : shown.map((one) => one.id);
      asked.value = new Set([...asked.value, ...now]);
      announce(t("skipped.asked", { n: done.count }));
    });
  const showMore = () =>
    act(async () => {
      const after = shown[shown.length - 1]?.id ?? "";
      const path = `/api/skipped/${encodeURIComponent(address)}?limit=${part}&after=${after}`;
      const answer = await get<SkippedPart>(path);
      more.value = [...more.value, ...answer.skipped];
      count.value = answer.count;
    });
  const left = count.value - shown.length;
  const report = `/api/report?format=messages-csv&language=${language.value}&migration=${encodeURIComponent(move.name)}`;
  return (
    <>
      {error.value !== null && <ErrorBox error={error.value} />}
      <div class="buttons">
        {mayAct() && shown.length > 1 && (
          <button type="button" disabled={busy.value} onClick={() => retry([])}>
            {t("skipped.retryAll")}
          </button>
        )}
        <a class="button" href={report} download>
          {t("skipped.report")}
        </a>
      </div>
      <ul class="skipped">
        {shown.map((skipped) => (
          <Line
            key={skipped.id}
            skipped={skipped}
            address={address}
            move={move}
            busy={busy.value}
            asked={skipped.retrying || asked.value.has(skipped.id)}
            retry={() => retry([skipped.id])}
          />
        ))}
      </ul>
      {left > 0 && (
        <p>
          {t("skipped.left", { n: left })}{" "}
          <button type="button" disabled={busy.value} onClick={showMore}>
            {t("skipped.more")}
          </button>
        </p>
      )}
    </>
  );
}
