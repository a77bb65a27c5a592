// Mail programs: what people use and what is to be done about it, and what those programs are told.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Client, ClientAdvice, Clients } from "../contract";
import { Empty, ErrorBox, Time } from "../parts/bits";
import { Icon, type IconName } from "../parts/icons";
import { SearchField } from "../parts/search";
import { link, replace, route } from "../route";
import { migration } from "../store";
import { number, t } from "../words";
import { Setup } from "./setup";

const most = 500; // of each list
const atFirst = 20; // rows: what programs are told stands below them

const looks: Record<ClientAdvice, [IconName, string]> = {
  none: ["in_sync", "good"],
  other_name: ["info", "note"],
  old_mechanism: ["needs_you", "act"],
  old_tls: ["needs_you", "act"],
  no_tls: ["needs_you", "act"],
  password_unknown: ["failed", "bad"],
};

function Row({ client }: { client: Client }) {
  const [icon, feel] = looks[client.advice];
  return (
    <tr>
      <th scope="row" class="breakable">
        {client.address}
      </th>
      <td class="breakable">
        {client.program ?? <span class="muted">{t("clients.unnamed")}</span>}
        <span class="muted small">{t(`clients.protocol.${client.protocol}`)}</span>
      </td>
      <td class="breakable">
        {client.mechanism}, {client.tls ?? t("clients.inClear")}
        {client.host && <span class="muted small">{client.host}</span>}
      </td>
      <td>
        <Time at={client.last_seen} />
        {client.from && <span class="muted small">{client.from}</span>}
      </td>
      <td>
        <span class={`mark ${feel}`}>
          <Icon name={icon} />
          <span>{t(`clients.advice.${client.advice}`)}</span>
        </span>
      </td>
    </tr>
  );
}

/** In an account's drawer: its own programs. */
export function ClientsOf({ address }: { address: string }) {
  const told = useSignal<Clients | null>(null);
  const error = useSignal<unknown>(null);
  function load() {
    error.value = null;
    get<Clients>(`/api/clients?limit=${most}&q=${encodeURIComponent(address)}`).then(
      (answer) => (told.value = answer),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [address]);
  const own = told.value?.clients.filter((client) => client.address === address);
  return (
    <>
      <h3>{t("clients.ofAccount")}</h3>
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {own?.length === 0 && <p class="muted">{t("clients.noneOfAccount")}</p>}
      <ul class="plain-list">
        {own?.map((client, index) => (
          <li key={index}>
            <span class="strong breakable">{client.program ?? t("clients.unnamed")}</span>{" "}
            {t(`clients.protocol.${client.protocol}`)}, {client.mechanism},{" "}
            {client.tls ?? t("clients.inClear")} · <Time at={client.last_seen} />
            {client.advice !== "none" && (
              <span class="small">{t(`clients.advice.${client.advice}`)}</span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Rows({ clients }: { clients: Client[] }) {
  const shown = useSignal(atFirst);
  return (
    <>
      <table class="clients">
        <thead>
          <tr>
            <th scope="col">{t("clients.account")}</th>
            <th scope="col">{t("clients.program")}</th>
            <th scope="col">{t("clients.how")}</th>
            <th scope="col">{t("clients.last")}</th>
            <th scope="col">{t("clients.next")}</th>
          </tr>
        </thead>
        <tbody>
          {clients.slice(0, shown.value).map((client, index) => (
            <Row key={index} client={client} />
          ))}
        </tbody>
      </table>
      {clients.length > shown.value && (
        <button type="button" onClick={() => (shown.value = most)}>
          {t("accounts.more")}
        </button>
      )}
      {shown.value === most && clients.length === most && (
        <p class="muted">{t("clients.more", { n: most })}</p>
      )}
    </>
  );
}

function NotSeen({ told }: { told: Clients }) {
  const n = told.accounts - told.seen;
  if (n === 0) return null;
  return (
    <details class="card">
      <summary class="strong">{t("clients.notSeen", { n })}</summary>
      <p class="muted">{t("clients.notSeenNext")}</p>
      <ul class="plain-list">
        {told.not_seen.map((address) => (
          <li key={address} class="breakable">
            {address}
          </li>
        ))}
      </ul>
    </details>
  );
}

export function ClientsPage() {
  const told = useSignal<Clients | null>(null);
  const error = useSignal<unknown>(null);
  const words = route.value.query.get("q") ?? "";
  const move = migration.value?.name ?? "";

  function load() {
    error.value = null;
    const query = new URLSearchParams({ limit: String(most), q: words, migration: move });
    get<Clients>(`/api/clients?${query}`).then(
      (answer) => (told.value = answer),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [words, move]);

  const now = told.value;
  const counts = now && { seen: number(now.seen), accounts: number(now.accounts) };
  return (
    <>
      <div class="page-head">
        <div>
          <h1>{t("clients.title")}</h1>
          <p class="muted">{counts ? t("clients.seen", counts) : t("clients.lead")}</p>
        </div>
        <SearchField
          label={t("clients.search")}
          value={words}
          search={(typed) => replace(link("clients", { q: typed }))}
        />
      </div>
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {now &&
        (now.clients.length > 0 ? (
          <Rows clients={now.clients} />
        ) : (
          <Empty>{t(words ? "clients.none" : "clients.empty")}</Empty>
        ))}
      {now && <NotSeen told={now} />}
      <Setup />
    </>
  );
}
