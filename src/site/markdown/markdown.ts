/**
 * Markdown as HTML (CommonMark, with the tables, strikethrough, tasks and links of GitHub's). Bun
 * parses it; `safe-html.ts` decides what of it stands in a page. Tags in the text are text.
 */

import { safeHtml } from "./safe-html.ts";

const parsing = {
  autolinks: true,
  headings: { ids: true },
  noHtmlBlocks: true,
  noHtmlSpans: true,
} as const;

/** How many times longer than the text its HTML may be; lists of nothing but marks are longer. */
const growthMax = 16;

/**
 * `text` as HTML; the names of its headings begin with `prefix`. Undefined when it is made of
 * little but marks, so that it would be many times longer. The time is not linear in the length for
 * every text: some 0.5 ms for 8 KiB, and 0.5 s for 256 KiB, at worst.
 */
export function markdownHtml(text: string, prefix: string): string | undefined {
  const html = Bun.markdown.html(text, parsing);
  const unitsMax = 4096 + growthMax * text.length;
  if (html.length > unitsMax) return undefined;
  const safe = safeHtml(html, prefix);
  return safe.length > 2 * unitsMax ? undefined : safe;
}
