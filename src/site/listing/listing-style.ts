/**
 * The style of a listing's page. Widths of columns don't depend on the names. Icons are masks, so
 * that they take the colour of the theme, and a row needs no markup for its own.
 */

/** The paths of an icon, drawn on a square of 24 units. */
const drawings = {
  dir: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  text: "M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h5",
  code: "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14",
  data: "M4 6c0-3 16-3 16 0v12c0 3-16 3-16 0zM4 6c0 3 16 3 16 0M4 12c0 3 16 3 16 0",
  image: "M3 5h18v14H3zM3 17l5-5 4 4 4-4 5 5M15 9h.5",
  audio:
    "M9 18V6l11-2v12M9 18a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0zM20 16a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0z",
  video: "M3 5h18v14H3zM10 9l5 3-5 3z",
  archive: "M3 4h18v4H3zM5 8h14v12H5zM10 12h4",
  font: "M4 20l7-16h2l7 16M7.5 14h9",
  up: "M12 20V5M6 11l6-6 6 6",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
} as const;

function mask(drawing: string, fill: string): string {
  const shape = `fill='${fill}' stroke='black' stroke-width='1.7' stroke-linecap='round'`;
  const svg = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' ${shape} \
stroke-linejoin='round'><path d='${drawing}'/></svg>`;
  return `url("data:image/svg+xml,${svg}")`;
}

/** The icons of all groups. */
const icons = Object.entries(drawings)
  .map(([group, drawing]) => {
    if (group === "lock") return `.locked small::before { mask-image: ${mask(drawing, "none")}; }`;
    if (group === "file") return `td a::before { mask-image: ${mask(drawing, "none")}; }`;
    const subject = group === "text" ? ":is(.text, .document)" : `.${group}`;
    const fill = group === "dir" ? "black" : "none";
    return `${subject} a::before { mask-image: ${mask(drawing, fill)}; }`;
  })
  .join("\n");

const style = `
:root {
  color-scheme: light dark;
  --ink: #1c2024; --soft: #60646c; --line: #e4e4e9; --hover: #f2f3f5;
  --back: #fcfcfd; --link: #0b61bd; --fill: #3b82d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #edeef0; --soft: #b0b4ba; --line: #2b2e33; --hover: #1c1e21;
    --back: #111113; --link: #84c1ff; --fill: #5ea3ee;
  }
}
* { box-sizing: border-box; }
html { scrollbar-gutter: stable; scroll-padding: 3rem 0 4rem; -webkit-text-size-adjust: 100%; }
body {
  max-width: 68rem; margin: 0 auto; padding: 0 1.5rem;
  background: var(--back); color: var(--ink); font: 0.9375rem/1.5 system-ui, sans-serif;
}
header {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 2rem;
  padding: 2rem 0 1.25rem;
}
header nav { flex: 1 1 20rem; min-width: 0; }
ol {
  display: flex; flex-wrap: wrap; align-items: baseline; margin: 0; padding: 0; list-style: none;
  font-size: 1.25rem; line-height: 1.4;
}
li { min-width: 0; overflow-wrap: anywhere; }
li + li::before { content: "/"; margin: 0 0.375em; color: var(--soft); font-weight: 400; }
h1, li a { display: inline; font-size: inherit; }
h1 { margin: 0; font-weight: 650; }
a { color: var(--link); text-decoration: none; text-underline-offset: 0.2em; }
a:hover { text-decoration: underline; }
form { flex: 0 1 16rem; }
input {
  width: 100%; padding: 0.4375rem 0.75rem; border: 1px solid var(--line); border-radius: 0.5rem;
  background: transparent; color: inherit; font: inherit;
}
input::placeholder { color: var(--soft); opacity: 1; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 0.25rem; }
main:focus { outline: none; }
table { width: 100%; table-layout: fixed; border-collapse: separate; border-spacing: 0; }
th {
  position: sticky; top: 0; z-index: 2; background: var(--back); text-align: left;
  font-size: 0.8125rem; font-weight: 500; white-space: nowrap;
}
th, td { padding: 0.5625rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th a { color: var(--soft); }
th[aria-sort] a { color: var(--ink); font-weight: 600; }
th[aria-sort] a::after { content: " \\2191"; }
th[aria-sort=descending] a::after { content: " \\2193"; }
th small { font-size: 0.6875rem; font-weight: 400; }
th:nth-child(2), td:nth-child(2) { width: 7rem; text-align: right; }
th:nth-child(3), td:nth-child(3) { width: 11.5rem; text-align: right; }
th:nth-child(4), td:nth-child(4) { width: 7.5rem; padding-left: 1.5rem; }
td { color: var(--soft); font-variant-numeric: tabular-nums; }
td:nth-child(4)::first-letter { text-transform: uppercase; }
td:first-child { position: relative; padding-left: 2.5rem; overflow-wrap: anywhere; }
th:first-child { padding-left: 0.625rem; }
td a { color: var(--ink); }
td a::before {
  content: ""; position: absolute; left: 0.625rem; top: 0.6875rem; width: 1.125rem;
  height: 1.125rem; background: var(--soft); mask: center / contain no-repeat;
}
td a::after { content: ""; position: absolute; inset: 0; }
td a:focus-visible { outline: none; }
td a:focus-visible::after {
  outline: 2px solid var(--link); outline-offset: -2px; border-radius: 0.375rem;
}
.dir a { font-weight: 550; }
.dir:not(.locked) a::before { background: var(--fill); }
.up a, .locked a { color: var(--soft); }
tbody tr:hover, tbody tr:focus-within { background: var(--hover); }
tr[hidden] { display: none; }
small { font-size: 0.75rem; }
.locked small {
  position: relative; z-index: 1; display: inline-block; padding-left: 1rem; margin-left: 0.25rem;
}
.locked .why { display: block; margin-left: 0; }
.locked small::before {
  content: ""; position: absolute; left: 0; top: 0.1875em; width: 0.75rem; height: 0.75rem;
  background: var(--soft); mask: center / contain no-repeat;
}
.soft { margin: 2.5rem 0.75rem; color: var(--soft); text-align: center; }
footer {
  position: sticky; bottom: 0; z-index: 2; display: flex; flex-wrap: wrap;
  align-items: center; justify-content: space-between;
  gap: 0.25rem 1.5rem; min-height: 3rem; padding: 0.5rem 0.625rem;
  background: var(--back); color: var(--soft); font-size: 0.8125rem;
  font-variant-numeric: tabular-nums; box-shadow: 0 -1px var(--line);
}
footer p { margin: 0; overflow-wrap: anywhere; min-width: 0; }
footer nav { display: flex; flex-wrap: wrap; align-items: center; gap: 0.125rem; }
footer a, footer span { padding: 0.25rem 0.5rem; border-radius: 0.375rem; }
footer a[aria-current] { background: var(--hover); color: var(--ink); font-weight: 600; }
@media (max-width: 44rem) {
  body { padding: 0 0.5rem; }
  header { padding: 1.25rem 0.375rem 0.75rem; }
  header nav, form { flex: 1 1 100%; }
  input { font-size: 1rem; }
  th:nth-child(4), td:nth-child(4), th small { display: none; }
  /* The clock is on the second line. */
  time { display: block; height: 1lh; overflow: hidden; }
  th, td { padding: 0.625rem 0.375rem; }
  td:first-child { padding-left: 2.125rem; }
  td a::before { left: 0.375rem; top: 0.75rem; }
  th:first-child { padding-left: 0.375rem; }
  th:nth-child(2), td:nth-child(2) { width: 4.75rem; }
  th:nth-child(3), td:nth-child(3) { width: 6rem; }
  footer nav { gap: 0; }
  td:nth-child(n + 2) { font-size: 0.8125rem; line-height: 1.4375rem; }
}
${icons}
`;

/** The style sheet, without the blanks that lines begin with. */
export const listingStyle = style.replaceAll(/\n */g, "\n");

/**
 * The SHA-256 of the style, in base64, for the page's policy. It stands here because the first use
 * of a digest takes a process some milliseconds; a test compares it.
 */
export const listingStyleDigest = "R6bthw58XfBMtIfdRaUrRYw1n45IweyQlswa2j7g938=";
