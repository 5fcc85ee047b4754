/**
 * The markup that all generated pages share: errors and listings. It refers to no other files, so
 * the pages look the same in any tree.
 */

/** `text` escaped for HTML text and for quoted attribute values. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const style = `
:root {
  color-scheme: light dark;
  --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --back: #fcfcfd; --link: #0b68cb;
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --back: #111113; --link: #70b8ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); }
body { font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: clamp(1.5rem, 6vw, 4rem) 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; overflow-wrap: anywhere; }
a { color: var(--link); }
.status { font: 600 3.5rem/1 system-ui, sans-serif; margin: 0; color: var(--soft); }
.soft, footer { color: var(--soft); }
footer { margin-top: 2rem; font-size: 0.875rem; }
pre {
  padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
table { width: 100%; border-collapse: collapse; }
th { font-weight: 600; text-align: left; color: var(--soft); font-size: 0.875rem; }
th, td { padding: 0.375rem 0.5rem; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
td a { overflow-wrap: anywhere; text-decoration: none; }
td a:hover { text-decoration: underline; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) { .when { display: none; } }
`;

/** The markup before a page's content; `title` is text. */
export function beginPage(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
`;
}

/** The markup after a page's content. */
export const endPage = `
</main>
</body>
</html>
`;

/** A whole page: `title` is text, `body` is HTML. */
export function renderPage(title: string, body: string): string {
  return beginPage(title) + body + endPage;
}
