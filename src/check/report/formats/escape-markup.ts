/** Text as it stands in HTML and XML, in content and in quoted attributes. */

const references: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes markup. Control characters, which XML can't carry at all, become U+FFFD. */
export function escapeMarkup(text: string): string {
  return text
    .toWellFormed()
    .replace(/[&<>"']/gu, (unit) => references[unit] ?? unit)
    .replace(/[^\t\n\r\u{20}-\u{7e}\u{a0}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}");
}
