// Icons, 24 × 24, drawn with the text's colour. Never alone: a word stands beside each, or the
// button that holds it has a name.
import type { State } from "../contract";

const shapes = {
  waiting: "M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  checking: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.5 4.5",
  copying: "M4 8h12M12.5 4.5 16 8l-3.5 3.5M20 16H8M11.5 12.5 8 16l3.5 3.5",
  in_sync: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12.2l2.8 2.8L16 9.5",
  in_sync_with_notes: "M6 3.5h9l4 4v13H6zM9.5 13l2 2 4-4.5M15 3.5v4h4",
  needs_you: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.1",
  paused: "M9 5v14M15 5v14",
  failed: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M9 9l6 6M15 9l-6 6",
  switched: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M8 12h8M12.5 8.5 16 12l-3.5 3.5",
  rolled_back: "M8 5 4 9l4 4M4 9h10a6 5.5 0 0 1 0 11H9",
  done: "M2.5 12.5 7 17 16 7.5M11.5 16.5l.5.5L21.5 7.5",
  overview: "M4 4h7v9H4zM15 4h5v5h-5zM15 13h5v7h-5zM4 17h7v3H4z",
  accounts: "M9 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a4 4 0 0 1 0 7M18 14.5a6 6 0 0 1 3.5 5.5",
  mail: "M3 5.5h18v13H3zM3.5 6.5 12 13l8.5-6.5",
  clients: "M4 4.5h16v11H4zM9 20h6M12 15.5V20",
  audit: "M5 3.5h14v17H5zM8.5 8h7M8.5 12h7M8.5 16h4",
  menu: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M8 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  close: "M6 6l12 12M18 6 6 18",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l4.5 4.5",
  arrow: "M4 12h16M14 6l6 6-6 6",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v5.5M12 7.5v.1",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}

/** How a state feels: picks its colour. */
export const tone: Record<State, "good" | "note" | "busy" | "act" | "bad" | "quiet"> = {
  waiting: "quiet",
  checking: "busy",
  copying: "busy",
  in_sync: "good",
  in_sync_with_notes: "note",
  needs_you: "act",
  paused: "quiet",
  failed: "bad",
  switched: "good",
  rolled_back: "note",
  done: "good",
};
