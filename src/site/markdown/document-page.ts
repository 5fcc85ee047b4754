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
import { documentStyle, documentStyleDigest } from "./document-style.ts";
import { cutNote } from "./readme.ts";

const policy: ResponseField = [
  "Content-Security-Policy",
  [
    "default-src 'none'",
    `style-src 'sha256-${documentStyleDigest}'`,
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
<style>${documentStyle}</style>
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
