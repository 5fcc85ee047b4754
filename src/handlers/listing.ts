/**
 * The page of a folder that has no index: what is in it, as links that stay below it.
 */

import type { DirectoryEntry } from "../files/resolve.ts";
import type { ContainedPath } from "../files/path.ts";
import { displayName, displayPath, encodeName } from "../files/path.ts";
import { escapeHtml, renderPage } from "./markup.ts";

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `octets` for a person: three digits at most, in powers of a thousand. */
export function formatSize(octets: number): string {
  let value = octets;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit] ?? ""}`;
}

function renderEntry(entry: DirectoryEntry): string {
  const folder = entry.kind === "directory";
  // "./" keeps a name with a colon from being read as a scheme (RFC 3986 §4.2).
  const href = escapeHtml(`./${encodeName(entry.name)}${folder ? "/" : ""}`);
  const name = escapeHtml(displayName(entry.name));
  const size = folder ? "" : `<span title="${entry.size} bytes">${formatSize(entry.size)}</span>`;
  const iso = new Date(entry.mtimeMs).toISOString();
  const when = `<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)}</time>`;
  return `<tr><td><a href="${href}">${name}${folder ? "/" : ""}</a></td>\
<td class="number">${size}</td><td class="number when">${when}</td></tr>`;
}

/** The page for the folder at `path`; `left` entries are not among `entries`. */
export function renderListing(
  path: ContainedPath,
  entries: readonly DirectoryEntry[],
  left: number,
): string {
  const title = path.segments.length === 0 ? "/" : `/${displayPath(path)}/`;
  const rows = entries.map(renderEntry);
  if (path.segments.length > 0) {
    rows.unshift('<tr><td><a href="../">../</a></td><td></td><td class="when"></td></tr>');
  }
  const parts = [
    `<h1>${escapeHtml(title)}</h1>`,
    `<table>
<thead><tr><th>Name</th><th class="number">Size</th>\
<th class="number when">Changed (UTC)</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`,
  ];
  if (entries.length === 0) parts.push('<p class="soft">Nothing here.</p>');
  if (left > 0) parts.push(`<p class="soft">And ${left} more.</p>`);
  return renderPage(title, parts.join("\n"));
}
