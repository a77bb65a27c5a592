// The page's search field; "/" goes there.
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface SearchProps {
  label: string;
  value: string;
  search: (words: string) => void;
}

const pause = 200; // ms after the last key

export function SearchField({ label, value, search }: SearchProps) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="search">
      <span class="hidden">{label}</span>
      <Icon name="search" />
      <input
        type="search"
        name="search"
        placeholder={label}
        defaultValue={value}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => {
          const words = event.currentTarget.value.trim();
          clearTimeout(timer.current);
          timer.current = setTimeout(() => search(words), pause);
        }}
      />
    </label>
  );
}
