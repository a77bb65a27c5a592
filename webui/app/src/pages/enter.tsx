// Log-in and the one-time set-up.
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { post, session, setupNeeded } from "../api";
import type { Session } from "../contract";
import { ErrorBox } from "../parts/bits";
import { replace, route } from "../route";
import { t } from "../words";
import { Choices } from "../shell/menu";

function Card({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="enter" id="content">
      <div class="card">
        <p class="brand">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          {t("app.name")}
        </p>
        <h1>{title}</h1>
        {children}
      </div>
      <Choices />
    </main>
  );
}

interface FormProps {
  isNew: boolean;
  go: string;
  send: (user: string, password: string) => Promise<Session>;
}

function PasswordForm({ isNew, go, send }: FormProps) {
  const user = useSignal(isNew ? "admin" : "");
  const password = useSignal("");
  const shown = useSignal(false);
  const busy = useSignal(false);
  const error = useSignal<unknown>(null);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  async function submit(event: Event) {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    error.value = null;
    try {
      const answer = await send(user.value, password.value);
      replace("#/");
      setupNeeded.value = false;
      session.value = answer;
    } catch (failed) {
      error.value = failed;
      busy.value = false;
    }
  }

  return (
    <form onSubmit={submit}>
      {error.value !== null && <ErrorBox error={error.value} />}
      <label>
        {t("login.user")}
        <input
          ref={first}
          name="user"
          autoComplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={user}
          onInput={(event) => (user.value = event.currentTarget.value)}
        />
      </label>
      <label>
        {isNew ? t("setup.password") : t("login.password")}
        <input
          name="password"
          type={(shown.value ? "text" : "password") as "password"}
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          minLength={isNew ? 10 : 1}
          value={password}
          onInput={(event) => (password.value = event.currentTarget.value)}
        />
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={shown}
          onChange={(event) => (shown.value = event.currentTarget.checked)}
        />
        {t("login.show")}
      </label>
      <button type="submit" class="primary" disabled={busy}>
        {go}
      </button>
    </form>
  );
}

function Login() {
  return (
    <Card title={t("login.title")}>
      <PasswordForm
        key="login"
        isNew={false}
        go={t("login.go")}
        send={(user, password) => post("/api/login", { user, password })}
      />
    </Card>
  );
}

function Setup({ token }: { token: string }) {
  return (
    <Card title={t("setup.title")}>
      <p>{t("setup.lead")}</p>
      <PasswordForm
        key="setup"
        isNew
        go={t("setup.go")}
        send={(user, password) => post("/api/setup", { token, user, password })}
      />
    </Card>
  );
}

export function Enter() {
  const token = route.value.page === "setup" ? route.value.query.get("token") : null;
  if (!setupNeeded.value) return <Login />;
  if (token) return <Setup token={token} />;
  return (
    <Card title={t("setup.title")}>
      <p class="strong">{t("setup.noToken")}</p>
      <p>{t("setup.noTokenNext")}</p>
    </Card>
  );
}
