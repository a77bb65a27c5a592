// Mail programs: what people use, and what those programs are told.
import { t } from "../words";
import { Setup } from "./setup";

export function ClientsPage() {
  return (
    <>
      <div class="page-head">
        <div>
          <h1>{t("clients.title")}</h1>
          <p class="muted">{t("clients.lead")}</p>
        </div>
      </div>
      <Setup />
    </>
  );
}
