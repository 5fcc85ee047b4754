/**
 * Makes a representation of an open file: its octets or the file itself, its media type, and an
 * entity tag, which is strong wherever possible.
 */

import type { EntityTag } from "../../http/fields/entity-tag.ts";
import type { ResponseField } from "../../http/message/response.ts";
import { latin1Text } from "../../http/octets/bytes.ts";
import { looksLikeSource, mayBeSource, plainType, unknownType } from "../../tree/mime.ts";
import {
  charsetSampleOctets,
  isMarkedUtf16,
  isText,
  isTextOfAnyCharset,
  isUtf8Text,
  textSampleOctets,
} from "../../tree/text.ts";
import type { OpenFile } from "../../tree/tree.ts";
import { fileSlotsOf } from "./file-slots.ts";
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

/** The beginning of `file`, at most `octetsMax` octets; undefined if it can't be read. */
function beginningOf(file: OpenFile, octetsMax: number): Uint8Array | undefined {
  const { content, size } = file;
  if (content !== undefined) {
    return content.length <= octetsMax ? content : content.subarray(0, octetsMax);
  }
  const buffer = new Uint8Array(Math.min(octetsMax, size));
  const length = file.read(buffer, 0);
  return length < 0 ? undefined : buffer.subarray(0, length);
}

const utf8Parameter = "; charset=utf-8";

/**
 * The media type by the name, and by the beginning where that is needed; for text as if UTF-8.
 * Undefined if the beginning can't be read.
 */
function typeOf(file: OpenFile): string | undefined {
  const { mediaType } = file;
  if (mediaType !== undefined && !mayBeSource(mediaType)) return mediaType;
  const sample = beginningOf(file, textSampleOctets);
  if (sample === undefined) return undefined;
  if (mediaType === undefined) {
    return isText(sample) || isMarkedUtf16(sample) ? plainType : unknownType;
  }
  const isSource = isTextOfAnyCharset(sample) && looksLikeSource(latin1Text(sample));
  return isSource ? plainType : mediaType;
}

function examine(file: OpenFile): string | undefined {
  const mediaType = typeOf(file);
  if (mediaType === undefined) return undefined;
  if (!mediaType.endsWith(utf8Parameter)) return mediaType;
  const beginning = beginningOf(file, charsetSampleOctets);
  if (beginning === undefined) return undefined;
  return isUtf8Text(beginning, mediaType) ? mediaType : mediaType.slice(0, -utf8Parameter.length);
}

/**
 * The media type by the name, and by the content if the name has no known extension, or one that
 * source code has as well (`mime.ts`). Text that isn't UTF-8 has no charset. The type is kept in
 * the file's slot if it has one. Undefined if the file can't be read.
 */
export function mediaTypeOf(file: OpenFile): string | undefined {
  const slots = fileSlotsOf(file);
  if (slots === undefined) return examine(file);
  return (slots.mediaType ??= examine(file));
}

/** Names of files that are gzip of another type, which is their media type. */
const codedName = /\.(?:svg|x3d[bv]?)z$/i;

/** Whether `name` ends as a coded name does, which few names do. */
const endsInZ = (name: string): boolean => (name.charCodeAt(name.length - 1) | 0x20) === 0x7a;

const gzipped: ResponseField = ["Content-Encoding", "gzip"];

/**
 * The coding of a file whose name means a type and a coding together, as .svgz does (RFC 9110
 * §8.4). Without it, clients would take the octets for the type itself. Undefined for a file that
 * only has such a name; "unread" for one that can't be read.
 */
export function codingOf(file: OpenFile): ResponseField | "unread" | undefined {
  if (file.coding !== undefined) return ["Content-Encoding", file.coding];
  if (!endsInZ(file.name) || !codedName.test(file.name)) return undefined;
  const beginning = beginningOf(file, 2);
  if (beginning === undefined) return "unread";
  const [first, second] = beginning;
  return first === 0x1f && second === 0x8b ? gzipped : undefined;
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
