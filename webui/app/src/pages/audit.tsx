// Who did what, newest first.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Audit, AuditEntry } from "../contract";
import { Empty, ErrorBox, Time } from "../parts/bits";
import { t } from "../words";

const page = 100;

function Row({ entry }: { entry: AuditEntry }) {
  return (
    <tr>
      <td>
        <Time at={entry.at} />
      </td>
      <td class="strong">{entry.user || "–"}</td>
      <td>{t(`audit.action.${entry.action}`)}</td>
      <td class="breakable">
        {entry.subject}
        {entry.count !== undefined && (
          <span class="muted"> {t("audit.accounts", { n: entry.count })}</span>
        )}
        {entry.detail && (
          <span class="muted small" lang="en">
            {entry.detail}
          </span>
        )}
      </td>
      <td class="muted">{entry.from}</td>
    </tr>
  );
}

function Rows({ entries }: { entries: AuditEntry[] }) {
  return (
    <table class="audit">
      <thead>
        <tr>
          <th scope="col">{t("audit.time")}</th>
          <th scope="col">{t("audit.user")}</th>
          <th scope="col">{t("audit.action")}</th>
          <th scope="col">{t("audit.subject")}</th>
          <th scope="col">{t("audit.from")}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

export function AuditPage() {
  const entries = useSignal<AuditEntry[] | null>(null);
  const isMore = useSignal(false);
  const error = useSignal<unknown>(null);

  function load() {
    error.value = null;
    const known = entries.value ?? [];
    const query = new URLSearchParams({ limit: String(page) });
    const last = known.at(-1);
    if (last) query.set("before", String(last.id));
    get<Audit>(`/api/audit?${query}`).then(
      (answer) => {
        entries.value = [...known, ...answer.entries];
        isMore.value = answer.entries.length === page;
      },
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, []);

  return (
    <>
      <div class="page-head">
        <div>
          <h1>{t("audit.title")}</h1>
          <p class="muted">{t("audit.lead")}</p>
        </div>
      </div>
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {!entries.value && error.value === null && <p class="muted">{t("app.loading")}</p>}
      {entries.value &&
        (entries.value.length > 0 ? (
          <Rows entries={entries.value} />
        ) : (
          <Empty>{t("audit.empty")}</Empty>
        ))}
      {isMore.value && (
        <button type="button" onClick={load}>
          {t("audit.older")}
        </button>
      )}
    </>
  );
}
