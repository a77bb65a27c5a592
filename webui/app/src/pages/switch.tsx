// Cut over and roll back: the same dialog both ways. First what would happen, with the typed
// confirmation below it; then the progress, account by account.
import { signal, useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { announce } from "../announce";
import { post } from "../api";
import type { Migration, Run, RunStarted, Simulation, Step, Warning } from "../contract";
import { ErrorBox, problemNext, problemWhat, ServerWords } from "../parts/bits";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icons";
import { overview, runs, selected } from "../store";
import { number, t } from "../words";
import { doneOf, watched } from "./runs";

type Kind = Run["kind"];

interface Asked {
  kind: Kind;
  migration: Migration;
  accounts: string[];
}

/** What the person asked for; null: the dialog is closed. */
export const asked = signal<Asked | null>(null);

const paths: Record<Kind, string> = { cut_over: "/api/cutover", roll_back: "/api/rollback" };

function labels(kind: Kind, migration: Migration | undefined) {
  const to = kind === "cut_over" ? "new" : "old";
  const from = kind === "cut_over" ? "old" : "new";
  return {
    label: migration?.sides[to].label ?? t(`overview.${to}`),
    other: migration?.sides[from].label ?? t(`overview.${from}`),
  };
}

function WarningLine({ warning }: { warning: Warning }) {
  return (
    <li>
      <span class="strong breakable">{warning.address ?? t("switch.aboutAll")}</span>
      {warning.blocking && <span class="mark act">{t("switch.left")}</span>}
      <span>
        {problemWhat(warning.problem)}
        {warning.count > 0 && ` (${number(warning.count)})`} {problemNext(warning.problem)}
      </span>
      <ServerWords words={warning.problem.server_words} />
    </li>
  );
}

function Warnings({ warnings }: { warnings: Warning[] }) {
  if (warnings.length === 0) {
    return (
      <p class="mark good">
        <Icon name="in_sync" />
        {t("switch.noWarnings")}
      </p>
    );
  }
  return (
    <div class="box act">
      <Icon name="needs_you" />
      <div>
        <p class="strong">{t("switch.warnings", { n: warnings.length })}</p>
        <ul class="warnings" tabIndex={0}>
          {warnings.map((warning, index) => (
            <WarningLine key={index} warning={warning} />
          ))}
        </ul>
      </div>
    </div>
  );
}

interface ConfirmProps {
  request: Asked;
  plan: Simulation["simulation"];
}

function Confirm({ request, plan }: ConfirmProps) {
  const typed = useSignal("");
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const matches = useComputed(() => typed.value.trim().toLowerCase() === plan.confirm);
  const { kind, migration } = request;

  async function submit(event: Event) {
    event.preventDefault();
    if (!matches.value || busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      const { run } = await post<RunStarted>(paths[kind], {
        migration: migration.name,
        accounts: plan.accounts,
        simulate: false,
        confirm: plan.confirm,
      });
      selected.value = new Set();
      watched.value = run;
      asked.value = null;
    } catch (failed) {
      error.value = failed;
      busy.value = false;
    }
  }

  return (
    <form onSubmit={submit}>
      <label>
        {t("switch.confirm", { domain: plan.confirm })}
        <input
          name="confirm"
          autoComplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={typed}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </label>
      {error.value !== null && <ErrorBox error={error.value} />}
      <div class="buttons">
        <button type="submit" class="primary" disabled={!matches.value || busy.value}>
          {t(`switch.${kind}.go`, { n: plan.accounts.length })}
        </button>
        <button type="button" onClick={() => (asked.value = null)}>
          {t("app.cancel")}
        </button>
      </div>
    </form>
  );
}

function Plan({ request, plan }: ConfirmProps) {
  const { kind, migration } = request;
  const n = plan.accounts.length;
  const names = labels(kind, migration);
  if (n === 0) {
    return (
      <>
        <p class="lead">{t("switch.nobody")}</p>
        <p>{t("switch.nobodyNext")}</p>
        <Warnings warnings={plan.warnings} />
      </>
    );
  }
  return (
    <>
      <p class="lead">{t(`switch.${kind}.would`, { n, ...names })}</p>
      <Warnings warnings={plan.warnings} />
      <p>{t("switch.held", { n: plan.seconds })}</p>
      <p>{t(`switch.${kind}.after`, names)}</p>
      <details>
        <summary>{t("switch.show")}</summary>
        <ul class="plain-list breakable">
          {plan.accounts.map((address) => (
            <li key={address}>{address}</li>
          ))}
        </ul>
      </details>
      <Confirm request={request} plan={plan} />
    </>
  );
}

function Ask({ request }: { request: Asked }) {
  const plan = useSignal<Simulation["simulation"] | null>(null);
  const error = useSignal<unknown>(null);
  const { kind, migration, accounts } = request;

  function simulate() {
    error.value = null;
    post<Simulation>(paths[kind], { migration: migration.name, accounts, simulate: true }).then(
      ({ simulation }) => (plan.value = simulation),
      (failed: unknown) => (error.value = failed),
    );
  }
  useEffect(simulate, [request]);

  return (
    <Dialog
      kind="dialog"
      title={t(`switch.${kind}.title`, labels(kind, migration))}
      close={() => (asked.value = null)}
    >
      {error.value !== null && <ErrorBox error={error.value} retry={simulate} />}
      {!plan.value && error.value === null && <p class="muted">{t("switch.simulating")}</p>}
      {plan.value && <Plan request={request} plan={plan.value} />}
    </Dialog>
  );
}

const steps: Step[] = ["prepare", "fence", "drain", "commit", "observe"];

function Steps({ account }: { account: Run["accounts"][number] }) {
  const at = account.step === "done" ? steps.length : steps.indexOf(account.step);
  const word = account.result === "red" ? "red" : account.step;
  const feel = account.step === "waiting" ? "quiet" : "busy";
  return (
    <li>
      <span class="breakable">{account.address}</span>
      <span class={`pips ${account.result ?? ""}`} aria-hidden="true">
        {steps.map((step, index) => (
          <span key={step} class={index < at ? "past" : index === at ? "now" : ""} />
        ))}
      </span>
      <span class={`mark ${account.result === "red" ? "bad" : account.result ? "good" : feel}`}>
        {account.result && <Icon name={account.result === "red" ? "failed" : "in_sync"} />}
        {t(`step.${word}`)}
      </span>
      {account.problem && (
        <div class="reason">
          {problemWhat(account.problem)} {problemNext(account.problem)}
          <ServerWords words={account.problem.server_words} />
        </div>
      )}
    </li>
  );
}

function Outcome({ run, label }: { run: Run; label: string }) {
  const done = doneOf(run);
  const total = run.accounts.length;
  const bad = run.state === "stopped";
  if (run.state === "running") {
    return (
      <>
        <p class="lead">{t("switch.running", { done, total })}</p>
        <p class="muted">{t("switch.closable")}</p>
      </>
    );
  }
  return (
    <div class={`box ${bad ? "bad" : "good"}`}>
      <Icon name={bad ? "failed" : "in_sync"} />
      <div>
        <p class="strong">
          {bad
            ? t("switch.stopped", { done, total })
            : t(`switch.${run.kind}.done`, { n: done, label })}
        </p>
        <p>{t(bad ? "switch.stoppedNext" : "switch.doneNext")}</p>
      </div>
    </div>
  );
}

function Watch({ run }: { run: Run }) {
  const { label } = labels(
    run.kind,
    overview.value?.migrations.find(({ name }) => name === run.migration),
  );
  useEffect(() => {
    if (run.state === "done")
      announce(t(`switch.${run.kind}.done`, { n: doneOf(run), label }));
    if (run.state === "stopped")
      announce(t("switch.stopped", { done: doneOf(run), total: run.accounts.length }));
  }, [run.state]);
  return (
    <Dialog
      kind="dialog"
      title={t(`switch.${run.kind}.title`, { label })}
      close={() => (watched.value = null)}
    >
      <Outcome run={run} label={label} />
      <ul class="steps" aria-label={t("switch.steps")} tabIndex={0}>
        {run.accounts.map((account) => (
          <Steps key={account.address} account={account} />
        ))}
      </ul>
      {run.state !== "running" && (
        <div class="buttons">
          <button type="button" class="primary" onClick={() => (watched.value = null)}>
            {t("app.close")}
          </button>
        </div>
      )}
    </Dialog>
  );
}

export function SwitchDialogs() {
  const run = runs.value.find(({ id }) => id === watched.value);
  if (asked.value) return <Ask request={asked.value} />;
  return run ? <Watch key={run.id} run={run} /> : null;
}
