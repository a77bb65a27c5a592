// What becomes of each folder of an account: its counterpart, why that one, why others have none.
import type { FolderPreview, Grant, Migration, PlannedFolder, Sharing } from "../contract";
import { list, number, t } from "../words";

function grantText({ who, name, denied, may, rights }: Grant): string {
  const words = {
    who: who === "person" ? (name ?? "") : t(`plan.who.${who}`, { name: name ?? "" }),
    rights: may.length ? list(may.map((one) => t(`plan.may.${one}`))) : t("plan.grant.letters", { rights }),
  };
  return denied ? t("plan.grant.denied", words) : t("plan.grant", words);
}

/** Null: with nobody, or not known. */
function sharedText(sharing: Sharing | null): string | null {
  if (!sharing) return null;
  const grants = sharing.grants.map(grantText);
  if (sharing.more > 0) grants.push(t("plan.shared.more", { n: sharing.more }));
  return grants.length ? t("plan.shared", { grants: grants.join("; ") }) : null;
}

function Why({ folder }: { folder: PlannedFolder }) {
  const line = { line: folder.line ?? "" };
  if (folder.left_out) return <>{t(`plan.left_out.${folder.left_out}`, line)}</>;
  const shared = sharedText(folder.sharing);
  return (
    <>
      {folder.rule && t(`plan.rule.${folder.rule}`, line)}
      {folder.change && ` · ${t(`plan.change.${folder.change}`)}`}
      {!folder.exists && ` · ${t("plan.made")}`}
      {folder.unheeded_line && (
        <span class="box act">{t("plan.unheeded", { line: folder.unheeded_line })}</span>
      )}
      {shared && <span class="box act">{shared}</span>}
    </>
  );
}

export function FolderPlan({ preview, move }: { preview: FolderPreview; move: Migration }) {
  const other = preview.home === "old" ? "new" : "old";
  const isShared = preview.folders.some(({ sharing }) => sharedText(sharing) !== null);
  return (
    <>
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
      {isShared && <p class="box act">{t("plan.shared.next", { side: move.sides[other].label })}</p>}
    </>
  );
}
