/**
 * Makes a thumbnail of an image with `Bun.Image`, which decodes and scales on threads of the
 * runtime. Its size is read from the header first, so an image that claims to be huge costs
 * nothing.
 *
 * Only formats that the runtime's own decoders read are taken, and they are told by their octets:
 * JPEG, PNG, WebP, GIF (its first picture) and BMP. SVG isn't an image here but a program for one.
 */

import type { Limits } from "../../base/limits.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { WorkGate } from "../preview/work-gate.ts";

/** The longer edge of a thumbnail, in pixels: twice what a listing shows, for fine screens. */
const thumbnailEdge = 320;

/** The media type of all thumbnails. Every browser that runs the page's script knows it. */
export const thumbnailType = "image/webp";

const quality = 78;

/** Octets that tell a format. */
export const signatureOctets = 16;

/**
 * Scans of a JPEG (ITU-T T.81 §B.2.3). A picture has some ten of them; each goes over all of its
 * blocks, so a small file with thousands of them would take minutes.
 */
const scansMax = 100;

/** How much of a file is searched for scans in one turn, in octets: about a millisecond. */
const searchedOctets = 4 * 1024 * 1024;

/** Why no thumbnail is made of an image; for the log. */
export class NoThumbnail extends Error {}

function startsWith(octets: Uint8Array, text: string, at = 0): boolean {
  for (let i = 0; i < text.length; i++) {
    if (octets[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** Whether `octets`, the beginning of a file, are those of an image that has a thumbnail. */
export function isImage(octets: Uint8Array): boolean {
  if (startsWith(octets, "RIFF")) return startsWith(octets, "WEBP", 8);
  return (
    isJpeg(octets) ||
    startsWith(octets, "\x89PNG\r\n\x1a\n") ||
    startsWith(octets, "GIF8") ||
    startsWith(octets, "BM")
  );
}

function isJpeg(octets: Uint8Array): boolean {
  return startsWith(octets, "\xff\xd8\xff");
}

/** Throws when a JPEG has too many scans. Looks at it over several turns. */
async function checkScans(octets: Uint8Array, scheduler: Scheduler): Promise<void> {
  const view = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  let scans = 0;
  for (let from = 0; from < view.length; from += searchedOctets) {
    if (from > 0) await scheduler.nextTurn();
    const searched = view.subarray(from, from + searchedOctets + 1);
    // In coded data 0xFF is followed by 0, so these two octets are a marker (§B.1.1.5).
    for (let at = searched.indexOf("\xff\xda", 0, "latin1"); at !== -1;) {
      if (++scans > scansMax) throw new NoThumbnail(`the image has more than ${scansMax} scans`);
      at = searched.indexOf("\xff\xda", at + 2, "latin1");
    }
  }
}

/** What `makeThumbnail` needs. */
interface ThumbnailMaking {
  readonly limits: Pick<Limits, "thumbnailPixelsMax">;
  readonly scheduler: Scheduler;
  /** Its room is `thumbnailPixelsMax`. */
  readonly pixels: WorkGate;
}

/**
 * A thumbnail of the image `octets`, which must not change meanwhile: at most `thumbnailEdge` wide
 * and high, and never larger than the image. Throws `NoThumbnail` when none can be made.
 */
export async function makeThumbnail(
  octets: Uint8Array<ArrayBuffer>,
  { limits, scheduler, pixels }: ThumbnailMaking,
): Promise<Uint8Array> {
  if (!isImage(octets)) throw new NoThumbnail("not an image that has a thumbnail");
  if (isJpeg(octets)) await checkScans(octets, scheduler);
  const maxPixels = limits.thumbnailPixelsMax;
  try {
    const { width, height } = await new Bun.Image(octets, { maxPixels }).metadata();
    return await pixels.run(width * height, () =>
      new Bun.Image(octets, { maxPixels })
        .resize(thumbnailEdge, thumbnailEdge, { fit: "inside", withoutEnlargement: true })
        .webp({ quality })
        .bytes(),
    );
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "ERR_IMAGE_TOO_MANY_PIXELS") {
      throw new NoThumbnail(`the image has more pixels than thumbnailPixelsMax: ${maxPixels}`);
    }
    throw new NoThumbnail("the image can't be decoded");
  }
}
