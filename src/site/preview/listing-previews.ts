/** What previews add to the page of a listing. Its code is loaded by the first listing. */

import type { DirectoryEntry } from "../../tree/tree.ts";
import { hrefOfEntry } from "../listing/listing-row.ts";
import { escapeHtml } from "../pages/markup.ts";
import { previewScript, previewScriptDigest } from "./preview-script.ts";
import { previewStyle, previewStyleDigest } from "./preview-style.ts";

/** Extensions of the formats that have thumbnails; the octets decide. */
const hasThumbnail = /\.(?:bmp|gif|jfif|jpe?g|png|webp)$/i;

/**
 * The thumbnail of `entry` in a grid; "" where there is none. It is loaded when it comes into view.
 * Its text is empty, because the name stands beside it.
 */
function pictureOf(entry: DirectoryEntry): string {
  const { name, kind, denial, size } = entry;
  if (kind !== "file" || denial !== undefined || size === 0 || !hasThumbnail.test(name)) return "";
  const href = escapeHtml(hrefOfEntry(entry));
  return `<img src="${href}?thumbnail" alt="" loading="lazy" decoding="async">`;
}

/** The style and the script, each with its digest for the page's policy, and the pictures. */
export const listingPreviews = {
  style: previewStyle,
  styleDigest: previewStyleDigest,
  script: previewScript,
  scriptDigest: previewScriptDigest,
  pictureOf,
} as const;
