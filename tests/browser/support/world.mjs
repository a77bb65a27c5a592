// A migration as the server would tell it: 48 accounts on their way from Sakura to KAGOYA.
// Everything is computed from fixed numbers, so that pictures and tests are the same every time.
const names = (
  "sato suzuki takahashi tanaka watanabe ito yamamoto nakamura kobayashi kato yoshida yamada " +
  "sasaki yamaguchi matsumoto inoue kimura hayashi shimizu saito mori abe ikeda hashimoto " +
  "yamashita ishikawa nakajima maeda fujita ogawa goto okada hasegawa murakami kondo ishii " +
  "sakamoto endo aoki fujii nishimura fukuda ota miura okamoto matsuda nakagawa info"
).split(" ");

export const states = [
  "waiting", "checking", "copying", "in_sync", "in_sync_with_notes", "needs_you",
  "paused", "failed", "switched", "rolled_back", "done",
];

const problems = {
  needs_you: {
    kind: "login_refused", who: "you", what: "The log-in was refused.",
    server_words: "NO [AUTHENTICATIONFAILED] Authentication failed.",
    next_step: "Check the user name and the password of this account.",
    next_step_ja: null,
  },
  failed: {
    kind: "quota", who: "new_host", what: "The mailbox is full.",
    server_words: "NO [OVERQUOTA] Quota exceeded (mailbox for user is full)",
    next_step: "Enlarge it at the host, or have mail removed, then sync again.",
    next_step_ja: null,
  },
};

export const oversize = {
  kind: "oversize", who: "you", what: "Larger than the new side accepts.",
  server_words: "NO [LIMIT] Message size exceeds fixed limit",
  next_step: "Save it by hand, or ask the host to raise the limit.",
  next_step_ja: null,
};

export const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19) + "Z";

const can = (state, phase) => {
  if (state === "needs_you" || state === "failed") return ["sync", "pause"];
  if (state === "paused") return ["resume"];
  if (state === "waiting" || state === "checking") return ["pause"];
  if (state === "copying") return ["pause", "sync"];
  return [phase === "mirror_new" ? "roll_back" : "cut_over", "sync", "pause"];
};

export function account(address, state, index, migration) {
  const messages_total = 1200 + ((index * 7919) % 5200);
  const part = { waiting: 0, checking: 0, copying: 0.18 + (index % 7) / 10, needs_you: 0.4, failed: 0.97, paused: 0.61 };
  const messages_done = Math.floor(messages_total * (part[state] ?? 1));
  const isNew = state === "switched" || state === "done";
  const phase = isNew ? "mirror_new" : state === "waiting" || state === "checking" ? "old" : "mirror_old";
  const isSynced = !(state in part);
  return {
    address, migration, state, phase, home: isNew ? "new" : "old", epoch: isNew ? 2 : 1,
    copied: {
      messages_done, messages_total,
      bytes_done: messages_done * 84_000, bytes_total: messages_total * 84_000,
    },
    eta: { known: false, low: null, high: null, limit: null }, bottleneck: null, daily_quotas: [],
    notes: state === "in_sync_with_notes" ? 2 : 0,
    lag_seconds: isSynced ? (index * 5) % 23 : state === "copying" ? 86_400 : null,
    synced_at: isSynced ? ago(60 + index) : null,
    problem: problems[state] ?? null,
    can: can(state, phase),
  };
}

export function refresh(one) {
  one.home = one.phase === "mirror_new" || one.phase === "new" ? "new" : "old";
  one.can = can(one.state, one.phase);
  return one;
}

// How the 48 are spread; the rest copies.
const spread = [
  ["needs_you", 2], ["failed", 1], ["in_sync", 17], ["in_sync_with_notes", 3],
  ["switched", 12], ["rolled_back", 1], ["paused", 1], ["waiting", 2],
];

export function spreadStates(count) {
  const list = spread.flatMap(([state, n]) => Array(Math.round((n * count) / 48)).fill(state));
  while (list.length < count) list.push("copying");
  // Mixed the same way every time, as a real table is.
  return list.map((state, index) => [(index * 29 + 7) % count, state]).sort((a, b) => a[0] - b[0]).map(([, state]) => state);
}

export function makeAccounts(count, migration, domain) {
  const mixed = spreadStates(count);
  return Array.from({ length: count }, (_, index) => {
    const turn = Math.floor(index / names.length);
    const name = names[index % names.length] + (turn ? `.${turn}` : "");
    return account(`${name}@${domain}`, mixed[index], index, migration);
  });
}

const sum = (list, pick) => list.reduce((total, one) => total + pick(one), 0);
const tally = (keys, list, pick) =>
  Object.fromEntries(keys.map((key) => [key, list.filter((one) => pick(one) === key).length]));

function sentence(counts) {
  const needs = counts.needs_you + counts.failed;
  if (needs) return { code: "needs_you", count: needs };
  if (counts.copying) return { code: "copying", count: counts.copying };
  if (counts.in_sync) return { code: "ready", count: counts.in_sync + counts.in_sync_with_notes };
  return { code: "watching", count: 0 };
}

export function migrationOf(name, domains, labels, accounts, now = {}) {
  const counts = tally(states, accounts, (one) => one.state);
  const copied = Object.fromEntries(
    ["messages_done", "messages_total", "bytes_done", "bytes_total"].map((key) => [key, sum(accounts, (one) => one.copied[key])]),
  );
  const side = ([label, host]) => ({ label, host, reachable: true, checked_at: ago(40), problem: null });
  return {
    name, domains, sides: { old: side(labels[0]), new: side(labels[1]) },
    sentence: now.sentence ?? sentence(counts), accounts: accounts.length, counts,
    phases: tally(["old", "mirror_old", "mirror_new", "new"], accounts, (one) => one.phase),
    copied,
    eta: { known: true, low: ago(-3.2 * 3600), high: ago(-5.5 * 3600), limit: "old" }, bottleneck: { kind: "slow_source", side: "old", until: null },
    owed: now.owed ?? { count: 0, oldest_at: null },
    debts: now.debts ?? { count: 3, oldest_at: ago(1900) },
    arrivals: { since: ago(24 * 3600), gateway: 1284, old_direct: 37, old_local: 11, forwarded: 4 },
  };
}

const senders = ["orders@supplier.example", "news@shop.example", "yamada@partner.example", "", "billing@kaisha.example", "noreply@bank.example"];

const unknownUser = {
  class: "unknown_mailbox", temporary: false, sure: true,
  cause: { en: "The receiving server knows no mailbox with this address.", ja: "受信サーバーに、この宛先のメールボックスがありません。" },
  next_step: { en: "Check the spelling of the address.", ja: "宛先の綴りを確認してください。" },
};

export function makeDeliveries(accounts, count) {
  return Array.from({ length: count }, (_, index) => delivery(accounts[(index * 11) % accounts.length], index, ago(40 + index * 95)));
}

export function delivery(one, index, at) {
  const other = one.home === "old" ? "new" : "old";
  const home = index === 5
    ? { side: one.home, state: "refused", server_words: "550 5.1.1 User unknown", explanation: unknownUser }
    : { side: one.home, state: "delivered", server_words: "250 2.0.0 Ok: queued as 4XyZ9" };
  const mirror = index % 16 === 3
    ? { side: other, state: "debt", server_words: "452 4.2.2 Mailbox full" }
    : { side: other, state: index === 5 ? "none" : index === 0 ? "pending" : "delivered", server_words: null };
  return {
    trace_id: `tm${(0x5f3a91c + index * 7177).toString(36)}`, at, sender: senders[index % senders.length],
    recipient: one.address, size: 4200 + index * 613, home, mirror, fallback: false,
  };
}

export function waits(one, kind, index) {
  return {
    trace_id: `tmwaits${index}`, at: ago(600), sender: senders[index % senders.length], recipient: one.address, size: 4200,
    kind, side: one.home, server_words: "550 5.1.1 User unknown", explanation: unknownUser, attempts: 3,
    due: kind === "quarantined" ? null : ago(-60), report_on: null, may_be_double: false,
  };
}

export function makeAudit(count) {
  const kinds = [
    ["cut_over", "example.co.jp", 12, ""], ["login", "", undefined, ""], ["pause", "mori@example.co.jp", undefined, ""],
    ["sync", "abe@example.co.jp", undefined, ""], ["login_failed", "", undefined, "wrong password"], ["roll_back", "example.co.jp", 1, ""],
    ["config", "", undefined, "gateway.size_limit = 50M"], ["start", "", undefined, "0.1.0"], ["setup", "", undefined, ""],
  ];
  return Array.from({ length: count }, (_, index) => {
    const [action, subject, n, detail] = kinds[index % kinds.length];
    const entry = { id: count - index, at: ago(300 + index * 2711), user: action === "start" ? "" : "admin", from: index % 4 ? "192.0.2.17" : "cli", action, subject, detail };
    return n === undefined ? entry : { ...entry, count: n };
  });
}

/** What was not copied of an account, and of which another try was asked for (ids). */
export function skippedOf(one, retried = new Set()) {
  return Array.from({ length: one.notes }, (_, index) => ({
    id: `3-old-${index + 11}`, folder: "Archive.2025", side: "old", uid: index + 11, subject: index ? `Plan ${index}` : "図面一式（改訂 3 版）",
    date: ago(86_400 * 90), size: 61_000_000 + index, retrying: retried.has(`3-old-${index + 11}`), reason: oversize,
  }));
}

/** How the last comparisons ended: `results` of these, newest first. */
export const verifiedOf = (results, for_a_day = false) => ({ clean_for_a_day: for_a_day, results });
export const comparison = (clean, full = false) => ({
  at: ago(0), full, clean, clean_since: clean ? ago(0) : null, folders: 2, messages: 240, missing: clean ? 0 : 1, extra: 0, changed: 0, not_compared: 0, whole: 64, rewritten: 0,
});

export function detailOf(one, retried) {
  const total = one.copied.messages_total;
  const done = one.copied.messages_done;
  const parts = [["INBOX", "INBOX", 0.5], ["Sent", "Sent Messages", 0.25], ["Archive.2025", "Archive/2025", 0.15], ["Drafts", "Drafts", 0.02], ["ゴミ箱", "Trash", 0.08]];
  const folders = parts.map(([old, fresh, part], index) => ({
    old, new: fresh, old_messages: Math.round(total * part),
    new_messages: Math.max(0, Math.round(done * part) - (index === 2 ? one.notes : 0)), skipped: index === 2 ? one.notes : 0,
  }));
  folders.push({ old: null, new: "Junk", old_messages: 0, new_messages: 14, skipped: 0 });
  const skipped = skippedOf(one, retried).slice(0, 200);
  const history = [
    { at: ago(120), by: "tandemail", kind: "sync", count: 14, what: "14 messages copied" },
    { at: ago(4000), by: "tandemail", kind: "state", state: one.state, what: `Now: ${one.state}` },
    { at: ago(90_000), by: "tandemail", kind: "checked", what: "Checked on both sides" },
    { at: ago(91_000), by: "admin", kind: "imported", what: "Imported" },
  ];
  if (one.problem) history.unshift({ at: ago(60), by: "tandemail", kind: "problem", problem: one.problem, what: one.problem.what });
  if (one.state === "switched") history.unshift({ at: ago(30), by: "admin", kind: "cut_over", side: "new", what: "Cut over" });
  return { account: one, folders, skipped, verified: verifiedOf([]), history };
}

/** What mail programs are told; `isClosed`: the world cannot ask. The code is no real one, only square. */
export function discoveryOf(address, isClosed = false) {
  const host = "mail.example.co.jp";
  const url = isClosed ? null : `https://${host}`;
  const link = url && (address ? `${url}/mail/profile.mobileconfig?address=${encodeURIComponent(address)}` : `${url}/mail/setup`);
  const names = [["_imaps._tcp", "SRV", `0 1 993 ${host}.`], ["_pop3._tcp", "SRV", "0 0 0 ."], ["autoconfig", "CNAME", `${host}.`], ["autodiscover", "CNAME", `${host}.`]];
  return {
    host, url, domains: ["example.co.jp"],
    services: [["imap", 993, "tls"], ["imap", 143, "starttls"], ["submission", 465, "tls"]].map(([protocol, port, security]) => ({ protocol, host, port, security })),
    records: names.map(([name, type, value]) => ({ name: `${name}.example.co.jp.`, type, value })),
    link, qr: link ? Array.from({ length: 29 }, (_, y) => Array.from({ length: 29 }, (_, x) => Number((x * y) % 3 === 0)).join("")) : [],
  };
}

const programs = [["Thunderbird 128.4", "imap", "PLAIN", "TLSv1.3"], [null, "pop3", "APOP", null], ["Mail 16.0", "imap", "PLAIN", "TLSv1.2"], [null, "submission", "CRAM-MD5", "TLSv1.3"]];
const needs = ["none", "no_tls", "other_name", "password_unknown"];
const advices = ["none", "other_name", "old_mechanism", "old_tls", "no_tls", "password_unknown"];

/** Every third account has not come; the others use the programs above in turn. */
export function clientsOf(accounts, query) {
  const mine = accounts.filter(({ migration }) => !query.get("migration") || migration === query.get("migration"));
  const has = (text) => (text ?? "").toLowerCase().includes((query.get("q") ?? "").toLowerCase());
  const came = mine.filter((_, index) => index % 3);
  const clients = came.map(({ address, migration }, index) => {
    const [program, protocol, mechanism, tls] = programs[index % 4];
    const host = tls && `${index % 2 ? "imap" : "mail"}.example.co.jp`;
    return { address, migration, protocol, program, mechanism, tls, host, from: "203.0.113.7", first_seen: ago(90_000), last_seen: ago(60 * index), log_ins: 3 + index, advice: needs[index % 4] };
  });
  const urgency = ({ advice }) => advices.indexOf(advice);
  return {
    accounts: mine.length, seen: came.length,
    counts: Object.fromEntries(advices.map((name) => [name, clients.filter(({ advice }) => advice === name).length])),
    clients: clients.filter((one) => has(one.address) || has(one.program)).sort((a, b) => urgency(b) - urgency(a)),
    not_seen: mine.filter((_, index) => index % 3 === 0).map(({ address }) => address).filter(has),
  };
}
