/**
 * The page of a Markdown file, `notes.md?preview`. The page of a listing takes the article out of
 * it and shows it in place; without its script, and by a link, it is a page like others. It runs no
 * script and loads nothing from elsewhere (Content-Security-Policy Level 3).
 */

import type { ResponseField } from "../../http/message/response.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import { displayName, encodeName } from "../../tree/path.ts";
import { ownOriginOnly } from "../content/cache-control.ts";
import { tagOfBytes } from "../content/file-representation.ts";
import { Representation } from "../content/representation.ts";
import { escapeHtml } from "../pages/markup.ts";
import type { RenderedDocument } from "./document.ts";
import { cutNote } from "./readme.ts";
import { readmeStyle } from "./readme-style.ts";

/** The style of the page. */
export const documentPageStyle = `
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
export const documentPageStyleDigest = "DTGuXiu2UN5V3J38ShzMDxf1ZwL5smBFhlQCnlilnrQ=";

const policy: ResponseField = [
  "Content-Security-Policy",
  [
    "default-src 'none'",
    `style-src 'sha256-${documentPageStyleDigest}'`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; "),
];

/** The page of the file `name`, which is `document`, with `fields` besides its own. */
export function representDocument(
  name: string,
  { octets, isCut }: RenderedDocument,
  fields: readonly ResponseField[],
  hasVariants: boolean,
): Representation {
  const shown = escapeHtml(displayName(name));
  const href = escapeHtml(`./${encodeName(name)}`);
  const begin = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${shown}</title>
<style>${documentPageStyle}</style>
</head>
<body>
<header>
<h1><bdi>${shown}</bdi></h1>
<nav aria-label="File"><a href="./">Folder</a><a href="${href}">Source</a></nav>
</header>
<main>
<article class="readme">
`;
  const end = `${isCut ? cutNote(href) : ""}</article>
</main>
</body>
</html>
`;
  const content = concatBytes([utf8Bytes(begin), octets, utf8Bytes(end)]);
  return new Representation({
    mediaType: "text/html; charset=utf-8",
    entityTag: tagOfBytes(content),
    content,
    hasVariants,
    fields: [...fields, ownOriginOnly, policy],
  });
}
