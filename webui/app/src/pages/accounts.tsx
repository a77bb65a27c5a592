// The accounts: what needs someone first; select, then act on the selection.
import { useComputed, useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { notify } from "../announce";
import { post, session } from "../api";
import type { Account, Action, Changed, Migration } from "../contract";
import { lag } from "../format";
import { Empty, ErrorBox, Meter, problemNext, problemWhat, StateMark } from "../parts/bits";
import { Icon } from "../parts/icons";
import { SearchField } from "../parts/search";
import { link, replace, route } from "../route";
import { accounts, listed, migration, select, selected } from "../store";
import { language, number, t } from "../words";
import { opened } from "./account";
import { states } from "./overview";
import { asked } from "./switch";

const chunk = 150; // rows drawn at first, and more when the end comes into view

export function nextStep(account: Account): string {
  if (account.problem) return problemNext(account.problem);
  if (account.state === "switched" && !account.can.includes("roll_back"))
    return t("next.switchedFinal");
  return t(`next.${account.state}`, { n: account.notes });
}

function Row({ address, move }: { address: string; move: Migration }) {
  const cell = accounts.value.get(address);
  const isSelected = useComputed(() => selected.value.has(address));
  if (!cell) return null;
  const account = cell.value;
  const { messages_done, messages_total } = account.copied;
  return (
    <tr class={isSelected.value ? "selected" : ""}>
      <td class="pick">
        <input
          type="checkbox"
          checked={isSelected.value}
          aria-label={t("accounts.select", { address })}
          onChange={(event) => select([address], event.currentTarget.checked)}
        />
      </td>
      <th scope="row" class="who">
        <button type="button" class="link" data-row onClick={() => (opened.value = address)}>
          {address}
        </button>
        <span class="muted small">
          {t("accounts.home", { label: move.sides[account.home].label })}
        </span>
      </th>
      <td class="state">
        <StateMark state={account.state} />
        {account.problem && <span class="small">{problemWhat(account.problem)}</span>}
      </td>
      <td class="copied">
        <Meter
          done={messages_done}
          total={messages_total}
          label={`${t("accounts.copied")}: ${address}`}
        />
      </td>
      <td class={`lag ${account.lag_seconds === null ? "unknown" : ""}`}>
        <span class="only-small">{t("accounts.lag")}: </span>
        {lag(account.lag_seconds)}
      </td>
      <td class="next">{nextStep(account)}</td>
    </tr>
  );
}

function Filters({ move, chosen }: { move: Migration; chosen: string }) {
  const shown = states.filter((state) => move.counts[state] > 0 || state === chosen);
  const query = route.value.query.get("q") ?? "";
  return (
    <ul class="filters" aria-label={t("accounts.filter")}>
      <li>
        <a href={link("accounts", { q: query })} aria-current={chosen === "" ? "true" : undefined}>
          {t("accounts.all")} <b>{number(move.accounts)}</b>
        </a>
      </li>
      {shown.map((state) => (
        <li key={state}>
          <a
            href={link("accounts", { state, q: query })}
            aria-current={chosen === state ? "true" : undefined}
          >
            <Icon name={state} />
            {t(`state.${state}`)} <b>{number(move.counts[state])}</b>
          </a>
        </li>
      ))}
    </ul>
  );
}

const simple = { pause: "/api/accounts/pause", resume: "/api/accounts/resume", sync: "/api/sync" };
const actions: Action[] = ["cut_over", "roll_back", "sync", "pause", "resume"];

/** Does it, or opens the dialog that asks first. */
export async function act(action: Action, addresses: string[], move: Migration): Promise<void> {
  if (action === "cut_over" || action === "roll_back") {
    asked.value = { kind: action, migration: move, accounts: addresses };
    return;
  }
  const { changed } = await post<Changed>(simple[action], { accounts: addresses });
  notify(t("accounts.changed", { n: changed.length }));
}

/** The buttons for some accounts: those that at least one of them allows. */
export function Actions({ addresses, move }: { addresses: string[]; move: Migration }) {
  const error = useSignal<unknown>(null);
  if (session.value?.role !== "operator") return null;
  const allowed = new Set(addresses.flatMap((one) => accounts.value.get(one)?.value.can ?? []));
  const possible = actions.filter((action) => allowed.has(action));
  function run(action: Action) {
    error.value = null;
    act(action, addresses, move).catch((failed: unknown) => (error.value = failed));
  }
  return (
    <>
      {error.value !== null && <ErrorBox error={error.value} />}
      <div class="buttons">
        {possible.map((action) => (
          <button
            key={action}
            type="button"
            class={action === "cut_over" || action === "roll_back" ? "primary" : ""}
            onClick={() => run(action)}
          >
            {t(`action.${action}`)}
          </button>
        ))}
      </div>
    </>
  );
}

function SelectionBar({ move }: { move: Migration }) {
  const addresses = [...selected.value];
  if (addresses.length === 0) return <p class="muted hint">{t("accounts.hint")}</p>;
  return (
    <section class="selection" aria-label={t("accounts.actions")}>
      <p class="strong">{t("accounts.selected", { n: addresses.length })}</p>
      <Actions addresses={addresses} move={move} />
      <button type="button" class="plain" onClick={() => (selected.value = new Set())}>
        {t("accounts.clear")}
      </button>
    </section>
  );
}

interface TableProps {
  move: Migration;
  rows: ReadonlySignal<string[]>;
}

function Table({ move, rows }: TableProps) {
  const limit = useSignal(chunk);
  const end = useRef<HTMLButtonElement>(null);
  const all = rows.value;
  const isAll = all.length > 0 && all.every((address) => selected.value.has(address));
  const isSome = !isAll && all.some((address) => selected.value.has(address));
  useEffect(() => {
    if (!end.current) return;
    const seen = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && (limit.value += chunk),
      { rootMargin: "600px" },
    );
    seen.observe(end.current);
    return () => seen.disconnect();
  }, [limit.value, all.length > limit.value]);
  return (
    <>
      <table class="accounts">
        <thead>
          <tr>
            <td class="pick">
              <label>
                <input
                  type="checkbox"
                  aria-label={t("accounts.selectAll", { n: all.length })}
                  checked={isAll}
                  indeterminate={isSome}
                  onChange={(event) => select(all, event.currentTarget.checked)}
                />
                <span class="only-small">{t("accounts.selectAll", { n: all.length })}</span>
              </label>
            </td>
            <th scope="col">{t("accounts.account")}</th>
            <th scope="col">{t("accounts.state")}</th>
            <th scope="col">{t("accounts.copied")}</th>
            <th scope="col">{t("accounts.lag")}</th>
            <th scope="col">{t("accounts.next")}</th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, limit.value).map((address) => (
            <Row key={address} address={address} move={move} />
          ))}
        </tbody>
      </table>
      {all.length > limit.value && (
        <button type="button" ref={end} onClick={() => (limit.value += chunk)}>
          {t("accounts.more")}
        </button>
      )}
    </>
  );
}

const reports = { html: "Page", csv: "Accounts", "messages-csv": "Messages" } as const;

/** For people who do not look at this page. */
function Reports({ move }: { move: Migration }) {
  const formats = Object.keys(reports) as (keyof typeof reports)[];
  const address = (format: string) =>
    `/api/report?${new URLSearchParams({ migration: move.name, format, language: language.value })}`;
  return (
    <p class="muted reports">
      {t("accounts.report")}
      {formats.map((format) => (
        <a key={format} href={address(format)} download>
          {t(`accounts.report${reports[format]}`)}
        </a>
      ))}
    </p>
  );
}

export function AccountsPage() {
  const state = route.value.query.get("state") ?? "";
  const text = route.value.query.get("q") ?? "";
  const rows = useComputed(() =>
    listed({
      state: route.value.query.get("state") ?? "",
      text: route.value.query.get("q") ?? "",
    }),
  );
  const move = migration.value;
  if (!move) {
    return (
      <Empty>
        <h1>{t("accounts.empty")}</h1>
        <p>{t("sentence.no_accounts.next")}</p>
      </Empty>
    );
  }
  return (
    <>
      <div class="page-head">
        <h1>{t("accounts.title")}</h1>
        <SearchField
          label={t("accounts.search")}
          value={text}
          search={(words) => replace(link("accounts", { state, q: words }))}
        />
      </div>
      <Filters move={move} chosen={state} />
      <SelectionBar move={move} />
      {rows.value.length > 0 ? (
        <Table key={`${state} ${text} ${move.name}`} move={move} rows={rows} />
      ) : (
        <Empty>
          <p>{t("accounts.none")}</p>
          <a class="button" href={link("accounts")}>
            {t("accounts.showAll")}
          </a>
        </Empty>
      )}
      <Reports move={move} />
    </>
  );
}
