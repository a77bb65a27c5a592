// The live connection: one EventSource, watched. States: live (something arrived within the last
// half minute), or not; then the page says when it was updated last.
import { batch, signal } from "@preact/signals";
import { askSession, session } from "./api";
import { announce } from "./announce";
import * as store from "./store";
import { t } from "./words";

const silence = 30_000; // ms; the server beats every 10 s
const wait = 3_000; // ms before opening anew what the browser gave up on

export const live = signal(false);
export const updatedAt = signal<Date | null>(null);

let source: EventSource | null = null;
let watch: ReturnType<typeof setInterval> | undefined;
let pending: Array<() => void> = [];

function flush(): void {
  const changes = pending;
  pending = [];
  batch(() => changes.forEach((change) => change()));
}

function heard(): void {
  if (!live.value && updatedAt.value) announce(t("live.back"));
  live.value = true;
  updatedAt.value = new Date();
}

function lost(): void {
  if (live.value) announce(t("live.lost"));
  live.value = false;
}

function on<Data>(name: string, apply: (data: Data) => void): void {
  source?.addEventListener(name, (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as Data;
    if (pending.push(() => (heard(), apply(data))) === 1) setTimeout(flush, 50);
  });
}

async function reopen(): Promise<void> {
  disconnect();
  lost();
  await askSession().catch(() => undefined);
  if (session.value) setTimeout(connect, wait);
}

export function connect(): void {
  disconnect();
  if (!session.value) return;
  source = new EventSource("/api/events");
  on("snapshot", store.applySnapshot);
  on("account", store.applyAccount);
  on("overview", (overview: typeof store.overview.value) => (store.overview.value = overview));
  on("delivery", store.applyDelivery);
  on("run", store.applyRun);
  on("beat", () => undefined);
  source.onerror = () => {
    lost();
    if (source?.readyState === EventSource.CLOSED) void reopen();
  };
  watch = setInterval(() => {
    if (Date.now() - (updatedAt.value?.getTime() ?? 0) > silence) void reopen();
  }, silence / 3);
}

export function disconnect(): void {
  clearInterval(watch);
  source?.close();
  source = null;
}
