/**
 * The line that says how far uploads are: which file, how much of it, and how fast they come. It
 * fits the terminal's width; where that is narrow, the name is cut first.
 */

import { escapeLine } from "../../server/log.ts";
import { formatSize } from "../../site/listing/listing-row.ts";
import type { UploadProgress } from "../../site/uploads/upload-progress.ts";
import type { Paint } from "./paint.ts";

/** The fewest columns for a name; in fewer it says nothing. */
const nameColumnsMin = 4;

/** `text` in at most `columns` columns of a terminal, with "…" for what doesn't fit. */
export function fitText(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let fitted = "";
  let used = 1;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += Bun.stringWidth(segment);
    if (used > columns) break;
    fitted += segment;
  }
  return columns < 1 ? "" : `${fitted}…`;
}

/** How much of `upload` has come: "45% of 12 MB", or "5 MB" where its length isn't known. */
function howMuch({ octets, length }: UploadProgress): string {
  if (length === undefined || length === 0) return formatSize(octets);
  // All has come when it is stored, and not before.
  const percent = Math.min(99, Math.floor((100 * octets) / length));
  return `${percent}% of ${formatSize(length)}`;
}

/** The parts of the line, from the one that is left out last to the first. */
function partsOf(uploads: readonly UploadProgress[], bytesPerSecond: number | undefined): string[] {
  const [first] = uploads;
  if (first === undefined) return [];
  const others = uploads.length === 1 ? [] : [`and ${uploads.length - 1} more`];
  const rate = bytesPerSecond === undefined ? [] : [`${formatSize(bytesPerSecond)}/s`];
  return [howMuch(first), ...others, ...rate];
}

/**
 * The line about `uploads`, of which the first is named, in less than `columns` columns;
 * `bytesPerSecond` is the rate of all of them, undefined before it is known. "" for none.
 */
export function uploadLine(
  uploads: readonly UploadProgress[],
  bytesPerSecond: number | undefined,
  columns: number,
  paint: Paint,
): string {
  const [first] = uploads;
  // In the last column a terminal may begin a new line.
  const width = columns - 1;
  const parts = partsOf(uploads, bytesPerSecond);
  while (parts.length > 1 && Bun.stringWidth(parts.join("  ")) > width) parts.pop();
  const text = parts.join("  ");
  if (first === undefined || text.length > width) return "";
  const left = width - text.length - "Uploading   ".length;
  const name = escapeLine(first.name);
  if (name === "" || left < Math.min(nameColumnsMin, Bun.stringWidth(name))) {
    return paint("cyan", text);
  }
  return `${paint("dim", "Uploading")} ${fitText(name, left)}  ${paint("cyan", text)}`;
}
