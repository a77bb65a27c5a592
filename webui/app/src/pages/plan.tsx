// What becomes of each folder of an account: its counterpart, why that one, why others have none.
import type { FolderPreview, Migration, PlannedFolder } from "../contract";
import { number, t } from "../words";

function Why({ folder }: { folder: PlannedFolder }) {
  const line = { line: folder.line ?? "" };
  if (folder.left_out) return <>{t(`plan.left_out.${folder.left_out}`, line)}</>;
  return (
    <>
      {folder.rule && t(`plan.rule.${folder.rule}`, line)}
      {folder.change && ` · ${t(`plan.change.${folder.change}`)}`}
      {!folder.exists && ` · ${t("plan.made")}`}
      {folder.unheeded_line && (
        <span class="box act">{t("plan.unheeded", { line: folder.unheeded_line })}</span>
      )}
    </>
  );
}

export function FolderPlan({ preview, move }: { preview: FolderPreview; move: Migration }) {
  const other = preview.home === "old" ? "new" : "old";
  return (
    <table class="folders plan">
      <caption class="strong">{t("plan.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{move.sides[preview.home].label}</th>
          <th scope="col">{move.sides[other].label}</th>
          <th scope="col" class="number">
            {t("plan.messages")}
          </th>
          <th scope="col">{t("plan.why")}</th>
        </tr>
      </thead>
      <tbody>
        {preview.folders.map((folder) => (
          <tr key={folder.name} class={folder.left_out ? "muted" : undefined}>
            <td class="breakable">{folder.name}</td>
            <td class="breakable">{folder.other_name ?? "–"}</td>
            <td class="number">{folder.messages === null ? "–" : number(folder.messages)}</td>
            <td>
              <Why folder={folder} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
