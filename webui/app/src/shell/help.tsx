// The keyboard, explained; and switched off for those whom it disturbs.
import { Dialog } from "../parts/dialog";
import { t, type Key } from "../words";
import { helpOpen } from "./keys";
import { shortcuts } from "./taste";

const rows: Array<[string[], Key]> = [
  [["/"], "help.search"],
  [["j"], "help.next"],
  [["k"], "help.previous"],
  [["Enter"], "help.open"],
  [["x"], "help.select"],
  [["1", "2", "3", "4"], "help.pages"],
  [["?"], "help.help"],
  [["Esc"], "help.escape"],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog kind="dialog" title={t("help.title")} close={() => (helpOpen.value = false)}>
      <dl class="keys">
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => (shortcuts.value = event.currentTarget.checked)}
        />
        {t("help.switch")}
      </label>
    </Dialog>
  );
}
