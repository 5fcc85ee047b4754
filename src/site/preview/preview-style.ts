/**
 * What previews add to the style of a listing's page: the dialog, the grid of thumbnails, and the
 * README below. Colours are those of the page.
 */

import { readmeStyle } from "../markdown/readme-style.ts";

const style = `
html:has(dialog[open]) { overflow: hidden; }
dialog {
  width: min(72rem, 100vw - 3rem); height: calc(100dvh - 3rem); max-width: none; max-height: none;
  padding: 0; border: 1px solid var(--line); border-radius: 0.75rem; background: var(--back);
  color: var(--ink); overflow: hidden;
}
dialog[open] { display: flex; flex-direction: column; }
dialog::backdrop { background: rgb(0 0 0 / 60%); }
dialog header {
  flex: none; flex-wrap: wrap; gap: 0.25rem 0.75rem; padding: 0.625rem 0.75rem 0.625rem 1.25rem;
  border-bottom: 1px solid var(--line);
}
dialog h2 {
  flex: 1 1 10rem; margin: 0; min-width: 0; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; font-size: 0.9375rem; font-weight: 600;
}
dialog header nav { display: flex; flex: none; gap: 0.125rem; }
dialog header a, dialog button {
  padding: 0.375rem 0.625rem; border: 0; border-radius: 0.375rem; background: none;
  color: var(--link); font: inherit; font-size: 0.875rem; cursor: pointer;
}
dialog header a[hidden] { display: none; }
dialog button { min-width: 2.25rem; color: var(--ink); font-size: 1rem; line-height: 1.25; }
dialog header a:hover, dialog button:hover:enabled { background: var(--hover); }
dialog button:disabled { color: var(--line); cursor: default; }
.shown {
  flex: 1; min-height: 0; overflow: auto; padding: 1.25rem; overscroll-behavior: contain;
}
.shown:focus-visible { outline-offset: -3px; }
.shown.media { display: grid; place-items: center; grid-template-rows: minmax(0, 1fr); }
.shown > :is(img, video) { max-width: 100%; max-height: 100%; object-fit: contain; }
.shown > audio { width: min(32rem, 100%); }
.shown > pre {
  margin: 0; font: 0.8125rem/1.55 ui-monospace, "Cascadia Mono", Menlo, monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4;
}
.shown > article { max-width: 48rem; margin: 0 auto; }
.grid, .grid thead, .grid tbody { display: block; }
.grid thead tr { display: flex; flex-wrap: wrap; background: none; }
.grid th:is(:nth-child(n)) { display: block; width: auto; padding: 0.5rem 0.625rem; border: 0; }
.grid thead { border-bottom: 1px solid var(--line); }
.grid tbody {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr));
  gap: 0.5rem; padding: 0.75rem 0;
}
.grid tbody tr:not([hidden]) { display: block; padding: 0.5rem; border-radius: 0.5rem; }
.grid td:is(:nth-child(n)) {
  display: block; width: auto; padding: 0; border: 0; text-align: center; font-size: 0.8125rem;
  line-height: 1.4;
}
.grid td:nth-child(n + 3) { display: none; }
.grid td:first-child:is(:nth-child(n)) { padding-top: 8.5rem; }
.grid td img {
  position: absolute; inset: 0 0 auto; width: 100%; height: 8rem; object-fit: scale-down;
}
.grid td a {
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden;
}
.grid td a::before {
  left: calc(50% - 1.75rem); top: 2.25rem; width: 3.5rem; height: 3.5rem;
}
.grid td img + a::before { content: none; }
section.readme {
  margin: 2.5rem 0 3rem; padding: 1.25rem 1.5rem 0.5rem;
  border: 1px solid var(--line); border-radius: 0.75rem;
}
section.readme > * { max-width: 52rem; }
section.readme h2.name { margin: 0 0 1.25rem; font-size: 0.875rem; font-weight: 600; }
section.readme h2.name a { color: var(--soft); text-decoration: none; }
section.readme h2.name a:hover { text-decoration: underline; }
section.readme h2.name + * { margin-top: 0; }
section.readme .soft { margin: 1rem 0; text-align: start; }
@media (max-width: 44rem) {
  dialog {
    width: 100vw; height: 100dvh; margin: 0; border: 0; border-radius: 0;
  }
  dialog header { padding: 0.5rem 0.5rem 0.5rem 1rem; }
  dialog h2 { flex-basis: 100%; padding-top: 0.375rem; }
  dialog header nav { flex: 1; margin-left: -0.625rem; }
  .shown { padding: 1rem; }
  .grid tbody { grid-template-columns: repeat(auto-fill, minmax(6.75rem, 1fr)); }
  section.readme { margin: 1.5rem 0.5rem 2.5rem; padding: 1rem 1rem 0.25rem; }
}
${readmeStyle}`;

/** The style sheet, without the blanks that lines begin with. */
export const previewStyle = style.replaceAll(/\n */g, "\n");

/** The SHA-256 of the style, in base64, for the page's policy; a test compares it. */
export const previewStyleDigest = "R+maiwM6XvnbU3cNcMDOl0W62vbVEB8jRpRAgPpiNq4=";
