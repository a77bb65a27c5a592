// Requests to the server (webui/openapi.json). Whatever fails is an ApiError with words for people.
import { signal } from "@preact/signals";
import type { Error as ErrorAnswer, Session } from "./contract";
import { t, tCode } from "./words";

/** Who is logged in; null: nobody; undefined: not asked yet. */
export const session = signal<Session | null | undefined>(undefined);
/** True until the first operator exists. */
export const setupNeeded = signal(false);

export class ApiError extends Error {
  constructor(
    readonly kind: string,
    private readonly otherwise: string,
    private readonly otherwiseNext: string,
    readonly serverWords: string | null,
  ) {
    super(otherwise);
  }
  // Looked up when shown, so that they follow the language.
  get what(): string {
    return tCode(`error.${this.kind}`, this.otherwise);
  }
  get next(): string {
    return tCode(`error.${this.kind}.next`, this.otherwiseNext);
  }
}

async function failure(answer: Response): Promise<ApiError> {
  const body = (await answer.json().catch(() => null)) as ErrorAnswer | null;
  const error = body?.error;
  if (!error) return new ApiError("internal", t("app.badAnswer"), "", `HTTP ${answer.status}`);
  return new ApiError(error.kind, error.what, error.next_step, error.server_words);
}

function noteSession(error: ApiError): void {
  if (error.kind !== "login_required" && error.kind !== "setup_required") return;
  setupNeeded.value = error.kind === "setup_required";
  session.value = null;
}

async function ask<Answer>(path: string, options: RequestInit): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...options, cache: "no-store", credentials: "same-origin" });
  } catch {
    throw new ApiError("offline", t("app.unreachable"), t("app.unreachableNext"), null);
  }
  if (!answer.ok) {
    const error = await failure(answer);
    noteSession(error);
    throw error;
  }
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

export function get<Answer>(path: string): Promise<Answer> {
  return ask<Answer>(path, {});
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (session.value?.csrf) headers["X-Tandem-CSRF"] = session.value.csrf;
  return ask<Answer>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export async function askSession(): Promise<void> {
  try {
    session.value = await get<Session>("/api/session");
  } catch (error) {
    if (session.value === undefined && (error as ApiError).kind === "offline") throw error;
  }
}
