// What this browser remembers of the person's taste. Never anything about mail.
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`tandem.${name}`);
  } catch {
    return null; // storage switched off: the taste lasts as long as the page
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`tandem.${name}`, value);
  } catch {
    // see above
  }
}
