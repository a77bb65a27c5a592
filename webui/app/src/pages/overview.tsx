// Do I have to do anything? How far are we? Is mail flowing?
import type { ComponentChildren } from "preact";
import type { Migration, Phase, Sentence, SideState, State, Waiting } from "../contract";
import { nearTime, percent, percentText, size } from "../format";
import { Icon, tone, type IconName } from "../parts/icons";
import { BottleneckLine, Empty, Meter, problemNext, problemWhat } from "../parts/bits";
import { link } from "../route";
import { chooseMigration, migration, overview, runs } from "../store";
import { number, t, type Key } from "../words";
import { RunLine } from "./runs";

const calm: Record<Sentence["code"], [IconName, string]> = {
  no_accounts: ["info", "busy"],
  checking: ["checking", "busy"],
  needs_you: ["needs_you", "act"],
  side_unreachable: ["failed", "bad"],
  filter_down: ["failed", "bad"],
  owed: ["mail", "act"],
  copying: ["copying", "busy"],
  paused: ["paused", "quiet"],
  ready: ["in_sync", "good"],
  switching: ["switched", "busy"],
  watching: ["switched", "good"],
  done: ["done", "good"],
};

const goTo: Partial<Record<Sentence["code"], [Key, string]>> = {
  owed: ["sentence.owed.go", link("mail")],
  paused: ["sentence.paused.go", link("accounts", { state: "paused" })],
  ready: ["sentence.ready.go", link("accounts", { state: "in_sync" })],
};

export function sentenceOf(move: Migration): string {
  const { code, count, side } = move.sentence;
  const label = move.sides[code === "watching" ? "new" : (side ?? "old")].label;
  return t(`sentence.${code}`, { n: count, label });
}

/** Straight to those few; where some failed and some need you, to the table: they lead it. */
function urgentOnes({ counts }: Migration): [Key, string] {
  const state = counts.failed === 0 ? "needs_you" : counts.needs_you === 0 ? "failed" : "";
  return ["sentence.needs_you.go", link("accounts", { state })];
}

function Banner({ move }: { move: Migration }) {
  const { code } = move.sentence;
  const [icon, feel] = calm[code];
  const go = code === "needs_you" ? urgentOnes(move) : goTo[code];
  return (
    <section class={`banner ${feel}`}>
      <Icon name={icon} />
      <div>
        <h1>{sentenceOf(move)}</h1>
        <p>{t(`sentence.${code}.next`)}</p>
      </div>
      {go && (
        <a class="button primary" href={go[1]}>
          {t(go[0])}
        </a>
      )}
    </section>
  );
}

function SideBox({ side, which }: { side: SideState; which: "old" | "new" }) {
  const word: Key =
    side.reachable === null
      ? "overview.unasked"
      : side.reachable
        ? "overview.answers"
        : "overview.silent";
  const icon = side.reachable === null ? "waiting" : side.reachable ? "in_sync" : "failed";
  const feel = side.reachable === null ? "quiet" : side.reachable ? "good" : "bad";
  return (
    <div class={`side ${which}`}>
      <p class="muted small">{t(`overview.${which}`)}</p>
      <p class="name">{side.label}</p>
      <p class="host">
        {side.host.split(/(?=\.)/).map((part) => (
          <>
            {part}
            <wbr />
          </>
        ))}
      </p>
      <p class={`mark ${feel}`}>
        <Icon name={icon} />
        {t(word)}
      </p>
      {side.problem && (
        <p class="small">
          {problemWhat(side.problem)} {problemNext(side.problem)}
        </p>
      )}
    </div>
  );
}

/** To the quarter of an hour: a figure that jumps by minutes pretends to know them. */
function quarter(at: Date, round: (value: number) => number): Date {
  return new Date(round(at.getTime() / 900_000) * 900_000);
}

function etaWords({ eta, copied }: Migration): string {
  if (copied.messages_total > 0 && copied.messages_done >= copied.messages_total)
    return t("overview.etaNone");
  if (!eta.known || !eta.low || !eta.high) return t("overview.etaUnknown");
  const low = new Date(eta.low);
  const high = new Date(eta.high);
  const days = (at: Date) => Math.max(1, Math.round((at.getTime() - Date.now()) / 86_400_000));
  if (days(high) > 2) return t("overview.etaDays", { low: days(low), high: days(high) });
  return t("overview.etaRange", {
    low: nearTime(quarter(low, Math.floor)),
    high: nearTime(quarter(high, Math.ceil)),
  });
}

function limitWords(move: Migration): string {
  const { limit } = move.eta;
  if (!limit || !move.eta.known) return "";
  const what =
    limit === "old" || limit === "new" ? move.sides[limit].label : t(`overview.limit.${limit}`);
  return t("overview.limit", { what });
}

const phases: Phase[] = ["new", "mirror_new", "mirror_old", "old"];

function HomeBar({ move }: { move: Migration }) {
  const present = phases.filter((phase) => move.phases[phase] > 0);
  const there = move.phases.new + move.phases.mirror_new;
  const label = t("overview.homeOf", {
    n: there,
    total: move.accounts,
    label: move.sides.new.label,
  });
  return (
    <div class="progress">
      <dt>{t("overview.home")}</dt>
      <dd>
        <span class="meter">
          <span class="bar phases" role="img" aria-label={label}>
            {present.map((phase) => (
              <span
                key={phase}
                class={phase}
                style={{ width: `${(100 * move.phases[phase]) / Math.max(1, move.accounts)}%` }}
              />
            ))}
          </span>
          <span class="figure">{percentText(percent(there, move.accounts))}</span>
        </span>
        <span class="muted">{label}</span>
        <ul class="legend">
          {present.map((phase) => (
            <li key={phase}>
              <span class={`swatch ${phase}`} />
              {number(move.phases[phase])} {t(`overview.phase.${phase}`)}
            </li>
          ))}
        </ul>
      </dd>
    </div>
  );
}

function Progress({ move }: { move: Migration }) {
  const { messages_done, messages_total, bytes_done, bytes_total } = move.copied;
  return (
    <section class="card" aria-label={t("overview.sides")}>
      <div class="sides">
        <SideBox side={move.sides.old} which="old" />
        <span class="road">
          <Icon name="arrow" />
        </span>
        <SideBox side={move.sides.new} which="new" />
      </div>
      <dl>
        <div class="progress">
          <dt>{t("overview.copied")}</dt>
          <dd>
            <Meter
              done={bytes_total ? bytes_done : messages_done}
              total={bytes_total || messages_total}
              label={t("overview.copied")}
            />
            <span class="muted">
              {t("overview.messages", {
                done: messages_done,
                total: messages_total,
              })}
              {" · "}
              {t("overview.bytes", { done: size(bytes_done), total: size(bytes_total) })}
            </span>
          </dd>
        </div>
        <HomeBar move={move} />
        <div class="progress">
          <dt>{t("overview.eta")}</dt>
          <dd>
            <span class="strong eta">{etaWords(move)}</span>
            <span class="muted">{limitWords(move)}</span>
            <BottleneckLine of={move.bottleneck} move={move} />
          </dd>
        </div>
      </dl>
    </section>
  );
}

export const states: State[] = [
  "needs_you",
  "failed",
  "waiting",
  "checking",
  "copying",
  "in_sync",
  "in_sync_with_notes",
  "paused",
  "switched",
  "rolled_back",
  "done",
];

function States({ move }: { move: Migration }) {
  return (
    <section class="card">
      <h2>{t("overview.states")}</h2>
      <ul class="states">
        {states
          .filter((state) => move.counts[state] > 0)
          .map((state) => (
            <li key={state}>
              <a href={link("accounts", { state })} class={`state-tile ${tone[state]}`}>
                <span class="count">{number(move.counts[state])}</span>
                <span class="what">
                  <Icon name={state} />
                  {t(`state.${state}`)}
                </span>
              </a>
            </li>
          ))}
      </ul>
    </section>
  );
}

export function WaitingTile({ waiting, kind }: { waiting: Waiting; kind: "owed" | "debts" }) {
  return (
    <div class="tile">
      <p class={`count ${waiting.count ? "act" : ""}`}>
        {waiting.count ? number(waiting.count) : t("overview.none")}
      </p>
      <p class="strong">{t(`overview.${kind}`)}</p>
      <p class="muted small">
        {t(`overview.${kind}Help`)}
        {waiting.oldest_at && (
          <>
            <br />
            <Since at={waiting.oldest_at} />
          </>
        )}
      </p>
    </div>
  );
}

function Since({ at }: { at: string }) {
  return <span>{t("overview.since", { time: nearTime(new Date(at)) })}</span>;
}

const routes = ["gateway", "old_direct", "old_local", "forwarded"] as const;

function MailCard({ move }: { move: Migration }) {
  const { arrivals } = move;
  const all = routes.reduce((sum, route) => sum + arrivals[route], 0);
  return (
    <section class="card">
      <h2>
        <a href={link("mail")}>{t("overview.mail")}</a>
      </h2>
      <div class="tiles">
        <WaitingTile waiting={move.owed} kind="owed" />
        <WaitingTile waiting={move.debts} kind="debts" />
      </div>
      <h3>{t("overview.arrivals", { time: nearTime(new Date(arrivals.since)) })}</h3>
      {all === 0 && <p class="muted">{t("overview.noArrivals")}</p>}
      <ul class="routes">
        {routes
          .filter((route) => arrivals[route] > 0)
          .map((route) => (
            <li key={route}>
              <span>{t(`overview.route.${route}`)}</span>
              <span class="bar" aria-hidden="true">
                <span style={{ width: `${(100 * arrivals[route]) / all}%` }} class={route} />
              </span>
              <span class="figure">{number(arrivals[route])}</span>
            </li>
          ))}
      </ul>
    </section>
  );
}

function Moves({ moves }: { moves: Migration[] }) {
  return (
    <section class="card">
      <h2>{t("overview.moves")}</h2>
      <ul class="moves">
        {moves.map((move) => (
          <li key={move.name}>
            <button
              type="button"
              class="plain row"
              aria-pressed={move.name === migration.value?.name}
              onClick={() => chooseMigration(move.name)}
            >
              <Icon name={calm[move.sentence.code][0]} />
              <span class="strong">{move.name}</span>
              <span>{sentenceOf(move)}</span>
              <span class="figure">
                {percentText(percent(move.copied.messages_done, move.copied.messages_total))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Columns({ children }: { children: ComponentChildren }) {
  return <div class="columns">{children}</div>;
}

export function OverviewPage() {
  const move = migration.value;
  if (!move) {
    return (
      <Empty>
        <h1>{t("sentence.no_accounts")}</h1>
        <p>{t("sentence.no_accounts.next")}</p>
      </Empty>
    );
  }
  const moves = overview.value?.migrations ?? [];
  const last = runs.value.filter((run) => run.migration === move.name).slice(0, 3);
  return (
    <>
      <Banner move={move} />
      {moves.length > 1 && <Moves moves={moves} />}
      <Progress move={move} />
      <Columns>
        <States move={move} />
        <MailCard move={move} />
      </Columns>
      {last.length > 0 && (
        <section class="card">
          <h2>{t("overview.runs")}</h2>
          <ul class="runs">
            {last.map((run) => (
              <RunLine key={run.id} run={run} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
