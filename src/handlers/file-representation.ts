/**
 * How an open file becomes a representation: its octets or a handle on them, its type, and a strong
 * entity tag.
 */

import type { Limits } from "../base/limits.ts";
import { unknownType } from "../files/mime.ts";
import type { OpenFile } from "../files/resolve.ts";
import { isText, textSampleOctets } from "../files/text.ts";
import type { EntityTag } from "../protocol/entity-tag.ts";
import type { ResponseField } from "../protocol/response.ts";
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
 */
function tagOfFile({ identity }: OpenFile): EntityTag {
  const { dev, ino, size, mtimeNs, ctimeNs } = identity;
  const digest = Bun.hash.xxHash64(`${dev} ${ino} ${mtimeNs} ${ctimeNs}`).toString(36);
  return { weak: false, opaque: `${size.toString(36)}-i${digest}` };
}

/** The type by the name, or by the content where the name says nothing. */
function mediaTypeOf(file: OpenFile, content: Uint8Array | undefined): string {
  if (file.mediaType !== undefined) return file.mediaType;
  let sample = content?.subarray(0, textSampleOctets);
  if (sample === undefined) {
    const buffer = new Uint8Array(textSampleOctets);
    sample = buffer.subarray(0, file.read(buffer, 0));
  }
  return isText(sample) ? "text/plain; charset=utf-8" : unknownType;
}

/**
 * The representation that `file` holds. A small file is read and closed; what was read is what is
 * promised, should it be cut meanwhile. A larger one stays open until it is sent or released.
 */
export function representFile(
  file: OpenFile,
  limits: Limits,
  fields: readonly ResponseField[],
): Representation {
  const { mtimeMs } = file;
  if (file.size > limits.inlineBytesMax) {
    const mediaType = mediaTypeOf(file, undefined);
    return { mediaType, entityTag: tagOfFile(file), mtimeMs, content: file, fields };
  }
  const content = file.readAll();
  const mediaType = mediaTypeOf(file, content);
  file.close();
  return { mediaType, entityTag: tagOfBytes(content), mtimeMs, content, fields };
}
