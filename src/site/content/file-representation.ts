/**
 * Makes a representation of an open file: its octets or the file itself, its media type, and an
 * entity tag, which is strong wherever possible.
 */

import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { ResponseField } from "../../http/message/response.ts";
import { unknownType } from "../../tree/mime.ts";
import { isText, textSampleOctets } from "../../tree/text.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { Representation } from "./representation.ts";

/**
 * The tag of octets in memory: a digest of them, so it is the same on every machine, and after a
 * build that changed nothing. 64 bits and the length distinguish the versions of one resource. The
 * tag does not resist deliberate collisions, and a validator doesn't need to.
 */
export function tagOfBytes(bytes: Uint8Array): EntityTag {
  const digest = Bun.hash.xxHash64(bytes).toString(36);
  return { weak: false, opaque: `${bytes.length.toString(36)}-${digest}` };
}

/**
 * The tag of a file: from its octets if they are in memory, otherwise from its size and version.
 *
 * While a further change might not show in the version, a strong tag is not allowed (RFC 9110
 * §8.8.1). A weak tag made from the version would be wrong too: If-None-Match compares weakly
 * (§13.1.2), so the next version could be taken for this one. The response therefore gets a random
 * tag that matches nothing later. Without a tag, a client would fall back on the date, which is
 * coarser.
 */
export function entityTagOf(file: OpenFile): EntityTag {
  if (file.content !== undefined) return tagOfBytes(file.content);
  // Read once, because each access to `version` computes it.
  const { size, version } = file;
  if (version === undefined) return { weak: true, opaque: crypto.randomUUID() };
  return { weak: false, opaque: `${size.toString(36)}-i${version}` };
}

/** The media type by the name, or by the content if the name has no known extension. */
export function mediaTypeOf(file: OpenFile): string {
  const { mediaType } = file;
  if (mediaType !== undefined) return mediaType;
  const buffer = new Uint8Array(Math.min(textSampleOctets, file.size));
  const sample = buffer.subarray(0, file.read(buffer, 0));
  return isText(sample) ? "text/plain; charset=utf-8" : unknownType;
}

/**
 * The representation of `file`, with `mediaType` and `fields`. A file that isn't in memory stays
 * open until the representation is sent or released.
 */
export function representFile(
  file: OpenFile,
  mediaType: string,
  fields: readonly ResponseField[],
  hasVariants: boolean,
): Representation {
  return new Representation({
    mediaType,
    entityTag: entityTagOf(file),
    mtimeMs: file.mtimeMs,
    content: file.content ?? file,
    isRepeated: file.slot !== undefined,
    hasVariants,
    fields,
  });
}
