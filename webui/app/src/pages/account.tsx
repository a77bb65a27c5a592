// One account in depth, in a drawer: problem, folders side by side, what was not copied, history.
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { AccountDetail, Folder, HistoryEntry, Migration } from "../contract";
import { BottleneckLine, ErrorBox, ProblemBox, problemWhat, StateMark, Time } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { WithLater } from "../parts/later";
import { accounts, overview } from "../store";
import { number, t } from "../words";
import { Actions, nextStep } from "./accounts";

/** The address whose drawer is open. */
export const opened = signal<string | null>(null);

function FolderRow({ folder }: { folder: Folder }) {
  const behind = folder.old !== null && folder.new_messages + folder.skipped < folder.old_messages;
  return (
    <tr>
      <th scope="row" class="breakable">
        {folder.old ?? folder.new}
        {folder.old && folder.new && folder.old !== folder.new && (
          <span class="muted small">→ {folder.new}</span>
        )}
        {!folder.new && <span class="muted small">{t("detail.onlyOld")}</span>}
        {!folder.old && <span class="muted small">{t("detail.onlyNew")}</span>}
      </th>
      <td class="figure">{number(folder.old_messages)}</td>
      <td class={`figure ${behind ? "strong" : ""}`}>{number(folder.new_messages)}</td>
      <td class="figure">{folder.skipped ? number(folder.skipped) : "–"}</td>
    </tr>
  );
}

function Folders({ folders, move }: { folders: Folder[]; move: Migration }) {
  if (folders.length === 0) return <p class="muted">{t("detail.noFolders")}</p>;
  return (
    <table class="folders">
      <thead>
        <tr>
          <th scope="col">{t("detail.folder")}</th>
          <th scope="col">{move.sides.old.label}</th>
          <th scope="col">{move.sides.new.label}</th>
          <th scope="col">{t("detail.skippedCount")}</th>
        </tr>
      </thead>
      <tbody>
        {folders.map((folder) => (
          <FolderRow key={`${folder.old}\n${folder.new}`} folder={folder} />
        ))}
      </tbody>
    </table>
  );
}

function historyWords(entry: HistoryEntry, move: Migration): string {
  switch (entry.kind) {
    case "sync":
      return t("history.sync", { n: entry.count ?? 0 });
    case "state":
      return entry.state ? t("history.state", { state: t(`state.${entry.state}`) }) : entry.what;
    case "cut_over":
    case "roll_back": {
      const side = entry.side ?? (entry.kind === "cut_over" ? "new" : "old");
      return t(`history.${entry.kind}`, { label: move.sides[side].label });
    }
    case "problem":
      return entry.problem ? problemWhat(entry.problem) : entry.what;
    default:
      return t(`history.${entry.kind}`);
  }
}

function Phone({ address }: { address: string }) {
  const isOpen = useSignal(false);
  if (isOpen.value)
    return <WithLater>{({ PhoneSetup }) => <PhoneSetup address={address} />}</WithLater>;
  return (
    <button type="button" class="phone" onClick={() => (isOpen.value = true)}>
      {t("detail.phone")}
    </button>
  );
}

function Detail({ detail, move }: { detail: AccountDetail; move: Migration }) {
  const account = accounts.value.get(detail.account.address)?.value ?? detail.account;
  const names = { old: move.sides.old.label, new: move.sides.new.label };
  return (
    <>
      <StateMark state={account.state} />
      {account.problem ? (
        <ProblemBox problem={account.problem} />
      ) : (
        <p>
          <span class="muted">{t("detail.nextStep")}: </span>
          {nextStep(account)}
        </p>
      )}
      {account.bottleneck && (
        <p>
          <BottleneckLine of={account.bottleneck} move={move} />
        </p>
      )}
      <p>{t(`detail.phase.${account.phase}`, names)}</p>
      <p class="muted">
        {t("detail.synced")}:{" "}
        {account.synced_at ? <Time at={account.synced_at} /> : t("detail.never")}
      </p>
      <WithLater>
        {({ AccountDeletions }) => <AccountDeletions address={account.address} move={move} />}
      </WithLater>
      <Actions addresses={[account.address]} move={move} />
      <WithLater>
        {({ AccountCheck, AccountVerify }) => (
          <>
            <AccountCheck address={account.address} move={move} />
            <AccountVerify address={account.address} move={move} verified={detail.verified} />
          </>
        )}
      </WithLater>
      <Phone address={account.address} />
      <h3>{t("detail.folders")}</h3>
      <Folders folders={detail.folders} move={move} />
      <h3>{t("detail.skipped")}</h3>
      {detail.skipped.length === 0 ? (
        <p class="muted">{t("detail.noSkipped")}</p>
      ) : (
        <WithLater>{({ NotCopied }) => <NotCopied detail={detail} move={move} />}</WithLater>
      )}
      <WithLater>{({ ClientsOf }) => <ClientsOf address={account.address} />}</WithLater>
      <h3>{t("detail.history")}</h3>
      <ol class="history">
        {detail.history.map((entry, index) => (
          <li key={index}>
            <Time at={entry.at} />
            <span>{historyWords(entry, move)}</span>
            <span class="muted small">{entry.by}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Drawer({ address }: { address: string }) {
  const detail = useSignal<AccountDetail | null>(null);
  const error = useSignal<unknown>(null);
  // Asked again whenever the account moves on, so that folders and history stay true.
  const account = accounts.value.get(address)?.value;
  const version = `${account?.state} ${account?.epoch} ${account?.synced_at}`;

  function load() {
    error.value = null;
    get<AccountDetail>(`/api/accounts/${encodeURIComponent(address)}`).then(
      (answer) => (detail.value = answer),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(load, [address, version]);

  const name = detail.value?.account.migration;
  const move = overview.value?.migrations.find((one) => one.name === name);
  return (
    <Dialog kind="drawer" title={address} close={() => (opened.value = null)}>
      {error.value !== null && <ErrorBox error={error.value} retry={load} />}
      {!detail.value && error.value === null && <p class="muted">{t("app.loading")}</p>}
      {detail.value && move && <Detail detail={detail.value} move={move} />}
    </Dialog>
  );
}

export function AccountDrawer() {
  return opened.value ? <Drawer key={opened.value} address={opened.value} /> : null;
}
