// What stands around every page: name, navigation, the live mark, the menu, messages.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announced, notice } from "../announce";
import { post, session } from "../api";
import { live, updatedAt } from "../events";
import { withSeconds } from "../format";
import { AccountDrawer } from "../pages/account";
import { AccountsPage } from "../pages/accounts";
import { MailPage } from "../pages/mail";
import { OverviewPage } from "../pages/overview";
import { RunBanner } from "../pages/runs";
import { SwitchDialogs } from "../pages/switch";
import { Empty } from "../parts/bits";
import { Icon } from "../parts/icons";
import { WithLater } from "../parts/later";
import { route, type Page } from "../route";
import { chooseMigration, migration, overview } from "../store";
import { t } from "../words";
import { Help } from "./help";
import { helpOpen } from "./keys";
import { Choices } from "./menu";

const pages = [
  ["overview", "#/"],
  ["accounts", "#/accounts"],
  ["mail", "#/mail"],
  ["clients", "#/clients"],
  ["audit", "#/audit"],
] as const;

function Navigation() {
  return (
    <nav aria-label={t("app.nav")}>
      <ul>
        {pages.map(([page, href]) => (
          <li key={page}>
            <a href={href} aria-current={route.value.page === page ? "page" : undefined}>
              <Icon name={page} />
              <span>{t(`nav.${page}`)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Live() {
  if (live.value) return <span class="live on">{t("live.now")}</span>;
  const at = updatedAt.value;
  return (
    <span class="live">
      {at ? t("live.updated", { time: withSeconds(at) }) : t("app.loading")}
    </span>
  );
}

function MigrationChoice() {
  const moves = overview.value?.migrations ?? [];
  if (moves.length < 2) return null;
  return (
    <label class="migration">
      <span class="hidden">{t("app.migration")}</span>
      <select
        name="migration"
        onChange={(event) => chooseMigration(event.currentTarget.value)}
      >
        {moves.map(({ name }) => (
          <option key={name} value={name} selected={name === migration.value?.name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function Menu() {
  const isOpen = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) isOpen.value = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, []);
  function onKey(event: KeyboardEvent) {
    if (event.key !== "Escape" || !isOpen.value) return;
    isOpen.value = false;
    button.current?.focus();
  }
  const logout = () =>
    post("/api/logout", {}).then(
      () => (session.value = null),
      () => (session.value = null),
    );
  const who = session.value;
  return (
    <div class="menu" ref={box} onKeyDown={onKey}>
      <button
        ref={button}
        type="button"
        class="plain"
        aria-expanded={isOpen.value}
        aria-label={t("menu.title")}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Icon name="menu" />
      </button>
      {isOpen.value && (
        <div class="panel">
          <p>
            {t("menu.user", { user: who?.user ?? "" })}
            {who?.role === "viewer" && <span class="muted small">{t("menu.viewer")}</span>}
          </p>
          <Choices />
          <button
            type="button"
            onClick={() => {
              isOpen.value = false;
              helpOpen.value = true;
            }}
          >
            {t("menu.help")} <kbd>?</kbd>
          </button>
          <button type="button" onClick={logout}>
            {t("menu.logout")}
          </button>
          <p class="muted small">{t("menu.version", { version: who?.version ?? "" })}</p>
        </div>
      )}
    </div>
  );
}

function Body({ page }: { page: Page }) {
  if (!overview.value) return <p class="muted">{t("app.loading")}</p>;
  switch (page) {
    case "overview":
    case "setup":
      return <OverviewPage />;
    case "accounts":
      return <AccountsPage />;
    case "mail":
      return <MailPage />;
    case "clients":
      return <WithLater>{({ ClientsPage }) => <ClientsPage />}</WithLater>;
    case "audit":
      return <WithLater>{({ AuditPage }) => <AuditPage />}</WithLater>;
    case "unknown":
      return (
        <Empty>
          <h1>{t("app.notFound")}</h1>
          <a class="button" href="#/">
            {t("app.toOverview")}
          </a>
        </Empty>
      );
  }
}

export function Shell() {
  const main = useRef<HTMLElement>(null);
  const page = route.value.page;
  const before = useRef(page);
  // After a change of page the reader's place is its beginning.
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [page]);
  const skip = (event: Event) => {
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {t("app.skip")}
      </a>
      <header class="top">
        <p class="brand">
          <img src="/favicon.svg" alt="" width="24" height="24" />
          <span>{t("app.name")}</span>
        </p>
        <Navigation />
        <div class="right">
          <MigrationChoice />
          <Live />
          <Menu />
        </div>
      </header>
      <RunBanner />
      <main id="content" ref={main} tabIndex={-1} class={page}>
        <Body page={page} />
      </main>
      <AccountDrawer />
      <SwitchDialogs />
      <Help />
      {notice.value && <p class="notice">{notice.value}</p>}
      <p class="hidden" role="status">
        {announced.value}
      </p>
    </>
  );
}
