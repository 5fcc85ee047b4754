/**
 * How an open file becomes a representation: its octets or a handle on them, its type, and an
 * entity tag, which is a strong one wherever it can be.
 */

import { unknownType } from "../../tree/mime.ts";
import type { OpenFile } from "../../tree/disk/disk-tree.ts";
import { isText, textSampleOctets } from "../../tree/text.ts";
import type { EntityTag } from "../../http/entity-tag.ts";
import type { ResponseField } from "../../http/response.ts";
import type { Representation } from "./representation.ts";

/**
 * The tag of octets in memory: a digest of them, so that it is the same on every machine, and after
 * a build that changed nothing. 64 bits and the length tell versions of one resource apart; it is
 * no proof against someone who makes two versions collide, and doesn't have to be.
 */
export function tagOfBytes(bytes: Uint8Array): EntityTag {
  const digest = Bun.hash.xxHash64(bytes).toString(36);
  return { weak: false, opaque: `${bytes.length.toString(36)}-${digest}` };
}

/**
 * The tag of a file that is too large to be read for it: its identity, which changes with every
 * change that the file system can see. Hashed, since inode numbers are nobody's business.
 *
 * While there may be another change that it can't see, there is no strong tag (RFC 9110 §8.8.1).
 * Nor would a weak one do that is made of the identity, since If-None-Match is about those, too
 * (§13.1.2): the next version would be taken for this one. So the answer gets a tag of its own,
 * that nothing will match; without one, a client would go by the date, which is coarser still.
 */
function tagOfFile({ identity, isSettled }: OpenFile): EntityTag {
  if (!isSettled) return { weak: true, opaque: crypto.randomUUID() };
  const digest = Bun.hash.xxHash64(identity.words).toString(36);
  return { weak: false, opaque: `${identity.size.toString(36)}-i${digest}` };
}

/** The type by the name, or by the content where the name says nothing. */
function mediaTypeOf(file: OpenFile): string {
  const { mediaType } = file;
  if (mediaType !== undefined) return mediaType;
  const buffer = new Uint8Array(Math.min(textSampleOctets, file.size));
  const sample = buffer.subarray(0, file.read(buffer, 0));
  return isText(sample) ? "text/plain; charset=utf-8" : unknownType;
}

/**
 * The representation that `file` holds. What isn't in memory stays open until it is sent or
 * released.
 */
export function representFile(file: OpenFile, fields: readonly ResponseField[]): Representation {
  const { mtimeMs, content, recurs } = file;
  const mediaType = mediaTypeOf(file);
  if (content === undefined) {
    return { mediaType, entityTag: tagOfFile(file), mtimeMs, content: file, recurs, fields };
  }
  return { mediaType, entityTag: tagOfBytes(content), mtimeMs, content, recurs, fields };
}
