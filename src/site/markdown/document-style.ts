/** The style of the page of a Markdown file. */

import { readmeStyle } from "./readme-style.ts";

/** The style sheet. */
export const documentStyle = `
:root {
color-scheme: light dark;
--ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --hover: #f2f3f5; --back: #fcfcfd;
--link: #0b61bd;
}
@media (prefers-color-scheme: dark) {
:root {
--ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --hover: #1c1e21; --back: #111113;
--link: #84c1ff;
}
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
max-width: 52rem; margin: 0 auto; padding: clamp(1rem, 4vw, 2.5rem) 1.25rem;
background: var(--back); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
header { margin: 0 0 2rem; padding: 0 0 0.75rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.25rem; font-weight: 650; overflow-wrap: anywhere; }
header a { color: var(--link); }
nav { display: flex; gap: 1rem; font-size: 0.875rem; }
.soft { color: var(--soft); }
${readmeStyle}`;

/** The SHA-256 of the style, in base64; a test compares it. */
export const documentStyleDigest = "iESk80hfPrOCa00UJr+LB7DdAEVvZ4HUdMdXlKzlLns=";
