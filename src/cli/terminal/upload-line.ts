/**
 * The line that says how far uploads are: which file, how much of it, and how fast they come. It
 * fits the terminal's width; where that is narrow, the name is cut first.
 */

import { escapeLine } from "../../server/log.ts";
import { formatSize } from "../../site/listing/listing-row.ts";
import type { Paint } from "./paint.ts";
import type { SeenUpload, UploadsSeen } from "./received-uploads.ts";

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
function howMuch({ octets, length }: SeenUpload): string {
  if (length === undefined || length === 0) return formatSize(octets);
  // All has come when it is stored, and not before.
  const percent = Math.min(99, Math.floor((100 * octets) / length));
  return `${percent}% of ${formatSize(length)}`;
}

/** The parts of the line, from the one that is left out last to the first. */
function partsOf(newest: SeenUpload, count: number, bytesPerSecond: number | undefined): string[] {
  const others = count <= 1 ? [] : [`and ${count - 1} more`];
  const rate = bytesPerSecond === undefined ? [] : [`${formatSize(bytesPerSecond)}/s`];
  return [howMuch(newest), ...others, ...rate];
}

/**
 * The line about `count` uploads, of which the newest is named, in less than `columns` columns;
 * `bytesPerSecond` is the rate of all of them, undefined before it is known. "" for none.
 */
export function uploadLine(
  { newest, count }: Pick<UploadsSeen, "newest" | "count">,
  bytesPerSecond: number | undefined,
  columns: number,
  paint: Paint,
): string {
  if (newest === undefined) return "";
  // In the last column a terminal may begin a new line.
  const width = columns - 1;
  const parts = partsOf(newest, count, bytesPerSecond);
  while (parts.length > 1 && Bun.stringWidth(parts.join("  ")) > width) parts.pop();
  const text = parts.join("  ");
  if (text.length > width) return "";
  const left = width - text.length - "Uploading   ".length;
  const name = escapeLine(newest.name);
  if (name === "" || left < Math.min(nameColumnsMin, Bun.stringWidth(name))) {
    return paint("cyan", text);
  }
  return `${paint("dim", "Uploading")} ${fitText(name, left)}  ${paint("cyan", text)}`;
}
