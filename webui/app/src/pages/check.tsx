// Looks at both sides of one account, now: log-ins, sizes, and what stands in the way of moving it.
import { useSignal } from "@preact/signals";
import { get, session } from "../api";
import type { Check, FolderPreview, Migration, Remark, SideLook } from "../contract";
import { size } from "../format";
import { ErrorBox, ServerWords, toldNext } from "../parts/bits";
import { number, t, tCode } from "../words";
import { FolderPlan } from "./plan";

const boxes = { green: "good", amber: "act", red: "bad" };

function RemarkBox({ remark, move }: { remark: Remark; move: Migration }) {
  return (
    <div class={`box ${boxes[remark.light]}`}>
      <div>
        <p class="strong">
          {move.sides[remark.side].label}: {tCode(`check.${remark.kind}`, remark.what)}
        </p>
        <ServerWords words={remark.server_words} />
        <p>{tCode(`check.${remark.kind}.next`, toldNext(remark))}</p>
      </div>
    </div>
  );
}

function SideLine({ look, label }: { look: SideLook; label: string }) {
  const words = { messages: number(look.messages), folders: number(look.folders) };
  return (
    <li>
      {label}: {look.logged_in ? t("check.side", words) : t("check.noLogin")}
      {look.bytes !== null && ` · ${size(look.bytes)}`}
    </li>
  );
}

export function AccountCheck({ address, move }: { address: string; move: Migration }) {
  const found = useSignal<Check | null>(null);
  const preview = useSignal<FolderPreview | null>(null);
  const error = useSignal<unknown>(null);
  const looking = useSignal(false);

  if (session.value?.role !== "operator") return null;
  function look() {
    looking.value = true;
    error.value = null;
    preview.value = null;
    const name = encodeURIComponent(address);
    get<Check>(`/api/check/${name}`)
      .then((answer) => {
        found.value = answer;
        if (!answer.old.logged_in || !answer.new.logged_in) return null;
        return get<FolderPreview>(`/api/folders/${name}`);
      })
      .then(
        (answer) => (preview.value = answer),
        (failed: unknown) => (error.value = failed),
      )
      .finally(() => (looking.value = false));
  }

  return (
    <div class="check" aria-live="polite">
      <button type="button" disabled={looking.value} onClick={look}>
        {looking.value ? t("check.looking") : t("check.button")}
      </button>
      {error.value !== null && <ErrorBox error={error.value} retry={look} />}
      {found.value && (
        <>
          <ul class="plain-list">
            <SideLine look={found.value.old} label={move.sides.old.label} />
            <SideLine look={found.value.new} label={move.sides.new.label} />
          </ul>
          {found.value.remarks.map((remark) => (
            <RemarkBox key={`${remark.kind} ${remark.side}`} remark={remark} move={move} />
          ))}
          {found.value.light === "green" && <p class="box good">{t("check.good")}</p>}
        </>
      )}
      {preview.value && <FolderPlan preview={preview.value} move={move} />}
    </div>
  );
}
