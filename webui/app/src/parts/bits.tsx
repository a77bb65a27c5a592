// Small pieces every page uses.
import type { ComponentChildren } from "preact";
import type { Bottleneck, Explanation, Migration, Problem, State } from "../contract";
import { ApiError } from "../api";
import { fullTime, nearTime, percent, percentText, shortTime } from "../format";
import { language, t, tCode } from "../words";
import { Icon, tone } from "./icons";

export function StateMark({ state }: { state: State }) {
  return (
    <span class={`mark ${tone[state]}`}>
      <Icon name={state} />
      {t(`state.${state}`)}
    </span>
  );
}

export function Time({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={fullTime(date)}>
      {shortTime(date)}
    </time>
  );
}

interface MeterProps {
  done: number;
  total: number;
  label: string;
}

export function Meter({ done, total, label }: MeterProps) {
  const value = percent(done, total);
  return (
    <span class="meter">
      <span
        class="bar"
        role="progressbar"
        aria-label={label}
        aria-valuenow={value}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${value}%` }} />
      </span>
      <span class="figure">{percentText(value)}</span>
    </span>
  );
}

/** What copying waits for; nothing where that is not known. */
export function BottleneckLine({ of, move }: { of: Bottleneck | null; move: Migration }) {
  if (!of) return null;
  const label = of.side ? move.sides[of.side].label : `${move.sides.old.label} / ${move.sides.new.label}`;
  const time = of.until ? nearTime(new Date(of.until)) : "";
  return (
    <span class="muted bottleneck">
      {t("bottleneck.title")}: {t(`bottleneck.${of.kind}`, { label, time })}
    </span>
  );
}

export const problemWhat = (problem: Problem) =>
  tCode(`problem.${problem.kind}`, problem.what);
/** The server's own words for what to do, where the page has none. */
export const toldNext = (of: { next_step: string; next_step_ja: string | null }) =>
  (language.value === "ja" && of.next_step_ja) || of.next_step;
export const problemNext = (problem: Problem) =>
  tCode(`problem.${problem.kind}.next`, toldNext(problem));

export function ServerWords({ words }: { words: string | null }) {
  if (!words) return null;
  return (
    <p class="words">
      {t("app.serverWords")}: <q lang="en">{words}</q>
    </p>
  );
}

/** What the server's words mean, and what to do; a guess is shown as one. */
export function Meaning({ of }: { of: Explanation }) {
  return (
    <span class="meaning breakable">
      {!of.sure && `${t("mail.probably")} `}
      {of.cause[language.value]} <b>{t("mail.todo")}</b> {of.next_step[language.value]}
    </span>
  );
}

/** A problem in full: what, what to do, who, the server's words. */
export function ProblemBox({ problem }: { problem: Problem }) {
  return (
    <div class="box act">
      <Icon name="needs_you" />
      <div>
        <p class="strong">{problemWhat(problem)}</p>
        <p>{problemNext(problem)}</p>
        {problem.who !== "nobody" && (
          <p class="muted">{t("who.acts", { who: t(`who.${problem.who}`) })}</p>
        )}
        <ServerWords words={problem.server_words} />
      </div>
    </div>
  );
}

interface ErrorBoxProps {
  error: unknown;
  retry?: () => void;
}

export function ErrorBox({ error, retry }: ErrorBoxProps) {
  const known =
    error instanceof ApiError ? error : new ApiError("internal", String(error), "", null);
  return (
    <div class="box bad" role="alert">
      <Icon name="failed" />
      <div>
        <p class="strong">{known.what}</p>
        <p>{known.next}</p>
        <ServerWords words={known.serverWords} />
        {retry && (
          <button type="button" onClick={retry}>
            {t("app.retry")}
          </button>
        )}
      </div>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}
