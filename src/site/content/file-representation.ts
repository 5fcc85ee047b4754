/**
 * How an open file becomes a representation: its octets or a handle on them, its type, and an
 * entity tag, which is a strong one wherever it can be.
 */

import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { ResponseField } from "../../http/message/response.ts";
import { unknownType } from "../../tree/mime.ts";
import { isText, textSampleOctets } from "../../tree/text.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { Representation } from "./representation.ts";

/**
 * The tag of octets in memory: a digest of them, so that it is the same on every machine, and after
 * a build that changed nothing. 64 bits and the length tell versions of one resource apart; the tag
 * is no proof against someone who makes two versions collide, and doesn't have to be.
 */
export function tagOfBytes(bytes: Uint8Array): EntityTag {
  const digest = Bun.hash.xxHash64(bytes).toString(36);
  return { weak: false, opaque: `${bytes.length.toString(36)}-${digest}` };
}

/**
 * The tag of a file: of its octets where they are in memory, else of its version.
 *
 * While a further change might not show in the version, there is no strong tag (RFC 9110 §8.8.1).
 * A weak one made of it wouldn't do either, since If-None-Match compares those, too (§13.1.2): the
 * next version would be taken for this one. So the answer gets a tag of its own, that nothing will
 * match; without one, a client would go by the date, which is coarser still.
 */
export function entityTagOf(file: OpenFile): EntityTag {
  if (file.content !== undefined) return tagOfBytes(file.content);
  // Worked out by the file each time it is asked for.
  const { size, version } = file;
  if (version === undefined) return { weak: true, opaque: crypto.randomUUID() };
  return { weak: false, opaque: `${size.toString(36)}-i${version}` };
}

/** The type by the name, or by the content where the name says nothing. */
export function mediaTypeOf(file: OpenFile): string {
  const { mediaType } = file;
  if (mediaType !== undefined) return mediaType;
  const buffer = new Uint8Array(Math.min(textSampleOctets, file.size));
  const sample = buffer.subarray(0, file.read(buffer, 0));
  return isText(sample) ? "text/plain; charset=utf-8" : unknownType;
}

/**
 * The representation that `file` holds, of `mediaType` and with `fields`. What isn't in memory
 * stays open until it is sent or released.
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
