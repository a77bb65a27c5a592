// Did my mail arrive? The last messages, live; searched on the server.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Deliveries, Delivery, Leg, Queue, QueueItem } from "../contract";
import { Empty, ErrorBox, Meaning, Time } from "../parts/bits";
import { Icon, type IconName } from "../parts/icons";
import { SearchField } from "../parts/search";
import { link, replace, route } from "../route";
import { arrived, migration } from "../store";
import { t } from "../words";
import { WaitingTile } from "./overview";
import { Waits } from "./waits";

const looks: Record<Leg["state"], [IconName, string]> = {
  delivered: ["in_sync", "good"],
  pending: ["copying", "busy"],
  owed: ["needs_you", "act"],
  debt: ["needs_you", "act"],
  refused: ["failed", "bad"],
  none: ["paused", "quiet"],
  waived: ["done", "quiet"],
};

interface LegProps {
  leg: Leg;
  title: string;
  standsIn?: boolean;
}

function LegCell({ leg, title, standsIn }: LegProps) {
  const [icon, feel] = looks[leg.state];
  return (
    <td>
      <span class="only-small muted">{title}: </span>
      {leg.state !== "none" && (
        <span class="where">{migration.value?.sides[leg.side].label}</span>
      )}
      <span class={`mark ${feel}`}>
        <Icon name={icon} />
        {t(`leg.${leg.state}`)}
      </span>
      {standsIn && <span class="muted small">{t("mail.fallback")}</span>}
      {leg.state !== "delivered" && leg.server_words && (
        <q class="words breakable" lang="en">
          {leg.server_words}
        </q>
      )}
      {leg.state !== "delivered" && leg.explanation && <Meaning of={leg.explanation} />}
    </td>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  return (
    <tr>
      <td>
        <Time at={delivery.at} />
      </td>
      <td class="breakable">{delivery.sender || t("mail.bounce")}</td>
      <td class="breakable">
        <span class="only-small">→ </span>
        {delivery.recipient}
      </td>
      <LegCell leg={delivery.home} title={t("mail.home")} standsIn={delivery.fallback} />
      <LegCell leg={delivery.mirror} title={t("mail.mirror")} />
      <td class="breakable">
        <span class="only-small muted">{t("mail.trace")}: </span>
        <code>{delivery.trace_id}</code>
      </td>
    </tr>
  );
}

const keyOf = ({ trace_id, recipient }: Delivery) => `${trace_id} ${recipient}`;

/** Newest first; what came live takes the place of what was fetched. */
function merged(live: readonly Delivery[], fetched: Delivery[], words: string): Delivery[] {
  const wanted = words.toLowerCase();
  const isFetched = new Set(fetched.map(keyOf));
  const fresh = live.filter(
    (one) =>
      isFetched.has(keyOf(one)) ||
      [one.sender, one.recipient, one.trace_id].some((text) => text.toLowerCase().includes(wanted)),
  );
  const isFresh = new Set(fresh.map(keyOf));
  return [...fresh, ...fetched.filter((one) => !isFresh.has(keyOf(one)))].sort((a, b) =>
    a.at < b.at ? 1 : -1,
  );
}

function Rows({ rows }: { rows: Delivery[] }) {
  return (
    <table class="mail">
      <thead>
        <tr>
          <th scope="col">{t("mail.time")}</th>
          <th scope="col">{t("mail.sender")}</th>
          <th scope="col">{t("mail.recipient")}</th>
          <th scope="col">{t("mail.home")}</th>
          <th scope="col">{t("mail.mirror")}</th>
          <th scope="col">{t("mail.trace")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((delivery) => (
          <Row key={keyOf(delivery)} delivery={delivery} />
        ))}
      </tbody>
    </table>
  );
}

export function MailPage() {
  const words = route.value.query.get("q") ?? "";
  const answer = useSignal<Deliveries | null>(null);
  const waiting = useSignal<QueueItem[]>([]);
  const error = useSignal<unknown>(null);
  const rows = useComputed(() =>
    answer.value
      ? merged(arrived.value, answer.value.deliveries, route.value.query.get("q") ?? "")
      : null,
  );
  function load() {
    error.value = null;
    const query = new URLSearchParams({ limit: "100", q: words });
    get<Deliveries>(`/api/deliveries?${query}`).then(
      (deliveries) => (answer.value = deliveries),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [words]);

  const owed = migration.value?.owed ?? answer.value?.owed;
  const debts = migration.value?.debts ?? answer.value?.debts;
  function loadWaiting() {
    get<Queue>("/api/queue").then(
      ({ items }) => (waiting.value = items),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(loadWaiting, [owed?.count, debts?.count]);
  return (
    <>
      <div class="page-head">
        <div>
          <h1>{t("mail.title")}</h1>
          <p class="muted">{t("mail.lead")}</p>
        </div>
        <SearchField
          label={t("mail.search")}
          value={words}
          search={(typed) => replace(link("mail", { q: typed }))}
        />
      </div>
      <section class="card tiles">
        {owed && <WaitingTile waiting={owed} kind="owed" />}
        {debts && <WaitingTile waiting={debts} kind="debts" />}
      </section>
      <Waits items={waiting.value} reload={loadWaiting} />
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {!rows.value && error.value === null && <p class="muted">{t("app.loading")}</p>}
      {rows.value &&
        (rows.value.length > 0 ? (
          <Rows rows={rows.value} />
        ) : (
          <Empty>{t(words ? "mail.none" : "mail.empty")}</Empty>
        ))}
    </>
  );
}
