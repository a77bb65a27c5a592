// Times, sizes and durations as people write them, in the page's language. 24-hour clock.
import { computed } from "@preact/signals";
import { language, t } from "./words";

const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
const formats = computed(() => {
  const make = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language.value, options);
  return {
    time: make(clock),
    seconds: make({ ...clock, second: "2-digit" }),
    day: make({ weekday: "short", day: "numeric", month: "short" }),
    dayAndTime: make({ day: "numeric", month: "short", ...clock }),
    full: make({ dateStyle: "full", timeStyle: "long" }),
  };
});
const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export const fullTime = (at: Date): string => formats.value.full.format(at);
export const withSeconds = (at: Date): string => formats.value.seconds.format(at);

const sameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString();

/** "14:05" today, "12 Nov, 14:05" before. */
export function shortTime(at: Date, now = new Date()): string {
  return (sameDay(at, now) ? formats.value.time : formats.value.dayAndTime).format(at);
}

/** "today 22:00", "tomorrow 01:00", "Thu, 26 Nov". */
export function nearTime(at: Date, now = new Date()): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = Math.floor((at.getTime() - midnight) / 86_400_000);
  if (days > 1) return formats.value.day.format(at);
  const relative = new Intl.RelativeTimeFormat(language.value, { numeric: "auto" });
  return `${relative.format(days, "day")} ${formats.value.time.format(at)}`;
}

export function size(bytes: number): string {
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: units[step]!,
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

function unit(value: number, name: "second" | "minute" | "hour" | "day"): string {
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit: name,
    unitDisplay: "short",
    maximumFractionDigits: 0,
  }).format(value);
}

/** How far an account is behind: "up to date" under five seconds. */
export function lag(seconds: number | null): string {
  if (seconds === null) return "–";
  if (seconds < 5) return t("accounts.lagNow");
  if (seconds < 90) return unit(seconds, "second");
  if (seconds < 90 * 60) return unit(seconds / 60, "minute");
  if (seconds < 36 * 3600) return unit(seconds / 3600, "hour");
  return unit(seconds / 86_400, "day");
}

/** Whole percent, 100 only when nothing is left. */
export function percent(done: number, total: number): number {
  if (total <= 0) return 0;
  return done >= total ? 100 : Math.min(99, Math.floor((done * 100) / total));
}

export function percentText(value: number): string {
  return new Intl.NumberFormat(language.value, { style: "percent" }).format(value / 100);
}
