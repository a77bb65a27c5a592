// Language and appearance; used by the menu and under the log-in form.
import { chooseLanguage, language, t, type Language } from "../words";
import { theme, type Theme } from "./taste";

const languages: Array<[Language, string]> = [
  ["en", "English"],
  ["ja", "日本語"],
];
const themes: Theme[] = ["auto", "light", "dark"];

export function Choices() {
  return (
    <div class="choices">
      <label>
        {t("menu.language")}
        <select
          name="language"
          value={language}
          onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
        >
          {languages.map(([code, name]) => (
            <option key={code} value={code} lang={code} selected={code === language.value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("menu.theme")}
        <select
          name="theme"
          value={theme}
          onChange={(event) => (theme.value = event.currentTarget.value as Theme)}
        >
          {themes.map((name) => (
            <option key={name} value={name} selected={name === theme.value}>
              {t(`menu.theme.${name}`)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
