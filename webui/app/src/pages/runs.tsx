// Cut-overs and roll-backs under way and just done.
import { signal } from "@preact/signals";
import type { Run } from "../contract";
import { Time } from "../parts/bits";
import { Icon } from "../parts/icons";
import { runningRun } from "../store";
import { t } from "../words";

/** The run whose progress is open in the dialog, by id. */
export const watched = signal<string | null>(null);

export const doneOf = (run: Run) => run.accounts.filter(({ result }) => result === "ok").length;

export function RunLine({ run }: { run: Run }) {
  return (
    <li>
      <button type="button" class="plain row" onClick={() => (watched.value = run.id)}>
        <Icon name={run.kind === "cut_over" ? "switched" : "rolled_back"} />
        <span class="strong">
          {t(`run.${run.kind}`)}: {t("run.accounts", { n: run.accounts.length })}
        </span>
        <span>{t(`run.${run.state}`)}</span>
        <span class="muted">{run.by}</span>
        <Time at={run.started_at} />
      </button>
    </li>
  );
}

/** Above every page while something is being switched. */
export function RunBanner() {
  const run = runningRun.value;
  if (!run || watched.value === run.id) return null;
  return (
    <div class="strip">
      <Icon name="copying" />
      <span>
        {t(`switch.banner.${run.kind}`, { done: doneOf(run), total: run.accounts.length })}
      </span>
      <button type="button" onClick={() => (watched.value = run.id)}>
        {t("switch.watch")}
      </button>
    </div>
  );
}
