// Starts the page: who is there, then the live connection.
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { askSession, session } from "./api";
import { connect, disconnect } from "./events";
import { Enter } from "./pages/enter";
import { ErrorBox } from "./parts/bits";
import { listen } from "./shell/keys";
import { Shell } from "./shell/shell";
import { forget } from "./store";
import { loadWords, t } from "./words";
import "./style/style.css";

const failed = signal<unknown>(null);

function start(): void {
  failed.value = null;
  askSession().catch((error: unknown) => (failed.value = error));
}

function App() {
  if (failed.value !== null) return <ErrorBox error={failed.value} retry={start} />;
  if (session.value === undefined) return <p class="muted">{t("app.loading")}</p>;
  return session.value ? <Shell /> : <Enter />;
}

effect(() => {
  if (session.value) return connect();
  disconnect();
  forget();
});
await loadWords();
listen();
start();
render(<App />, document.getElementById("page")!);
