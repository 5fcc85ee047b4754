/** The row of an entry in the page of a listing. */

import { groupOf } from "../../tree/listing/entry-group.ts";
import { displayName, encodeName } from "../../tree/path.ts";
import type { Denial } from "../../tree/permission.ts";
import { explainDenial } from "../../tree/denial-text.ts";
import type { DirectoryEntry } from "../../tree/tree.ts";
import { escapeHtml } from "../pages/markup.ts";

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

/** Characters of scripts that are written from right to left (UAX #9, bidi classes R and AL). */
const mayChangeDirection =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/**
 * What leads to the entry. Without "./", a name with a colon would be parsed as a scheme (RFC 3986
 * §4.2).
 */
export function hrefOfEntry({ name, kind }: DirectoryEntry): string {
  return `./${plainName.test(name) ? name : encodeName(name)}${kind === "directory" ? "/" : ""}`;
}

/** The name as HTML. One that may be written from right to left moves nothing beside it. */
function nameText(name: string): string {
  const text = escapeHtml(displayName(name));
  return mayChangeDirection.test(text) ? `<bdi>${text}</bdi>` : text;
}

/** Says that an entry is locked and, under `--explain`, why. */
function lockText(denial: Denial, explains: boolean): string {
  if (!explains) return ' <small title="Visitors may not read this">locked</small>';
  return ` <small class="why">${escapeHtml(explainDenial(denial))}</small>`;
}

/** The first millisecond of the year 1 and of the year 10000: HTML has no dates outside of them. */
const timeMsMin = Date.parse("0001-01-01T00:00:00Z");
const timeMsEnd = Date.UTC(10_000, 0, 1);

/**
 * `epochMs` as HTML and JSON write a time. A file system may hold any 64-bit number: undefined for
 * one that is no date.
 */
export function timeText(epochMs: number): string | undefined {
  if (!(epochMs >= timeMsMin && epochMs < timeMsEnd)) return undefined;
  return new Date(epochMs).toISOString();
}

/** The time to the minute, of which a narrow page shows the date. */
function timeElement(mtimeMs: number): string {
  const text = timeText(mtimeMs);
  if (text === undefined) return "";
  return `<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 16)}</time>`;
}

/** How rows are shown besides as usual. */
export interface RowStyle {
  /** HTML before a name; otherwise there is an icon, which follows from the class of the row. */
  readonly picture: (entry: DirectoryEntry) => string;
  /** The query of links to folders, with its "?". */
  readonly folderQuery: string;
}

const usualRow: RowStyle = { picture: () => "", folderQuery: "" };

/** The row of `entry`; `explains` says why one is locked. */
export function renderRow(
  entry: DirectoryEntry,
  explains: boolean,
  { picture, folderQuery } = usualRow,
): string {
  const { name, kind, size, mtimeMs, denial } = entry;
  const isPlain = plainName.test(name);
  const group = groupOf(name, kind);
  const isFolder = kind === "directory";
  const slash = isFolder ? "/" : "";
  const more = isFolder ? `/${folderQuery}` : "";
  const href = isPlain ? name : escapeHtml(encodeName(name));
  const text = isPlain ? name : nameText(name);
  const state = denial === undefined ? "" : " locked";
  const lock = denial === undefined ? "" : lockText(denial, explains);
  const length = isFolder ? "" : `<span title="${size} bytes">${formatSize(size)}</span>`;
  return `<tr class="${isFolder ? "dir" : group}${state}">\
<td>${picture(entry)}<a href="./${href}${more}">${text}${slash}</a>${lock}</td>\
<td>${length}</td>\
<td>${timeElement(mtimeMs)}</td><td>${group}</td></tr>
`;
}
