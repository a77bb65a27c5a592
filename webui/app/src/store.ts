// What the page knows of the server, as signals. One signal per account, so that a change redraws
// one row. Changes are collected for a moment and applied together.
import { batch, computed, signal, type Signal } from "@preact/signals";
import type { Account, Delivery, Migration, Overview, Run, Snapshot, State } from "./contract";
import { recall, remember } from "./remember";

export const overview = signal<Overview | null>(null);
export const accounts = signal<ReadonlyMap<string, Signal<Account>>>(new Map());
export const runs = signal<readonly Run[]>([]);
/** Deliveries seen live since the page was opened, newest first. */
export const arrived = signal<readonly Delivery[]>([]);
export const selected = signal<ReadonlySet<string>>(new Set());

const chosen = signal(recall("migration"));

/** The migration the page is about. */
export const migration = computed<Migration | null>(() => {
  const all = overview.value?.migrations ?? [];
  return all.find(({ name }) => name === chosen.value) ?? all[0] ?? null;
});

export function chooseMigration(name: string): void {
  batch(() => {
    chosen.value = name;
    selected.value = new Set();
  });
  remember("migration", name);
}

export const runningRun = computed(() => runs.value.find(({ state }) => state === "running"));

const urgent = (state: State) => state === "needs_you" || state === "failed";

function order(a: Account, b: Account): number {
  return Number(urgent(b.state)) - Number(urgent(a.state)) || (a.address < b.address ? -1 : 1);
}

export interface Filter {
  state: string;
  text: string;
}

function matches(account: Account, filter: Filter): boolean {
  return (
    account.migration === migration.value?.name &&
    (!filter.state || account.state === filter.state) &&
    (!filter.text || account.address.toLowerCase().includes(filter.text.toLowerCase()))
  );
}

/** Addresses that match, what needs someone first, then by address. */
export function listed(filter: Filter): string[] {
  return [...accounts.value.values()]
    .map(({ value }) => value)
    .filter((account) => matches(account, filter))
    .sort(order)
    .map(({ address }) => address);
}

export function select(addresses: Iterable<string>, on: boolean): void {
  const next = new Set(selected.value);
  for (const address of addresses) {
    if (on) next.add(address);
    else next.delete(address);
  }
  selected.value = next;
}

export function applySnapshot(snapshot: Snapshot): void {
  const known = accounts.value;
  const next = new Map<string, Signal<Account>>();
  for (const account of snapshot.accounts) {
    const cell = known.get(account.address) ?? signal(account);
    cell.value = account;
    next.set(account.address, cell);
  }
  accounts.value = next;
  overview.value = snapshot.overview;
  runs.value = snapshot.runs;
  selected.value = new Set([...selected.value].filter((address) => next.has(address)));
}

export function applyAccount(account: Account): void {
  const cell = accounts.value.get(account.address);
  if (cell) cell.value = account;
  else accounts.value = new Map(accounts.value).set(account.address, signal(account));
}

export function applyRun(run: Run): void {
  runs.value = [run, ...runs.value.filter(({ id }) => id !== run.id)];
}

export function applyDelivery(delivery: Delivery): void {
  const others = arrived.value.filter(
    (known) => known.trace_id !== delivery.trace_id || known.recipient !== delivery.recipient,
  );
  arrived.value = [delivery, ...others].slice(0, 200);
}

/** After a log-out nothing of it stays on the screen. */
export function forget(): void {
  batch(() => {
    overview.value = null;
    accounts.value = new Map();
    runs.value = [];
    arrived.value = [];
    selected.value = new Set();
  });
}
