/** The row of an entry in the page of a listing. */

import { groupOf } from "../../tree/listing/entry-group.ts";
import { displayName, encodeName } from "../../tree/path.ts";
import { explainDenial } from "../../tree/permission.ts";
import type { DirectoryEntry } from "../../tree/tree.ts";
import { escapeHtml } from "../pages/markup.ts";
import { timeText } from "./listing-format.ts";

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `octets` for people to read: at most three digits, in powers of a thousand. */
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

/** Names that need no escaping: in a URL, in HTML, or for display. */
const plainName = /^[\w.~-]+$/;

/** Characters from the first script that is written from right to left on. */
const mayChangeDirection = /[\u0590-\u{10ffff}]/u;

/**
 * What leads to the entry. Without "./", a name with a colon would be parsed as a scheme (RFC 3986
 * §4.2).
 */
export function hrefOfEntry({ name, kind }: DirectoryEntry): string {
  return `./${plainName.test(name) ? name : encodeName(name)}${kind === "directory" ? "/" : ""}`;
}

/** The name as HTML. One that may be written from right to left moves nothing beside it. */
function nameText(name: string): string {
  if (plainName.test(name)) return name;
  const text = escapeHtml(displayName(name));
  return mayChangeDirection.test(text) ? `<bdi>${text}</bdi>` : text;
}

/** Says that an entry is locked and, under `--explain`, why. */
function lockOf({ denial }: DirectoryEntry, explains: boolean): string {
  if (denial === undefined) return "";
  if (!explains) return ' <small title="Visitors may not read this">locked</small>';
  return ` <small class="why">${escapeHtml(explainDenial(denial))}</small>`;
}

/** What stands for the entry's kind before its name. The row's class gives it an icon. */
function iconSlot(_entry: DirectoryEntry): string {
  return "";
}

/** The time to the minute, of which a narrow page shows the date. */
function timeCell(mtimeMs: number): string {
  const text = timeText(mtimeMs);
  if (text === undefined) return "<td></td>";
  return `<td><time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 16)}</time></td>`;
}

/** The row of `entry`; `explains` says why one is locked. */
export function renderRow(entry: DirectoryEntry, explains: boolean): string {
  const { name, kind, size, mtimeMs, denial } = entry;
  const group = groupOf(name, kind);
  const isFolder = kind === "directory";
  const lock = denial === undefined ? "" : " locked";
  const href = escapeHtml(hrefOfEntry(entry));
  return `<tr class="${group}${lock}"><td>${iconSlot(entry)}\
<a href="${href}">${nameText(name)}${isFolder ? "/" : ""}</a>${lockOf(entry, explains)}</td>\
<td>${isFolder ? "" : `<span title="${size} bytes">${formatSize(size)}</span>`}</td>\
${timeCell(mtimeMs)}<td>${group}</td></tr>
`;
}
