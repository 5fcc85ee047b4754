/**
 * The only place that turns a request's path into names that may be looked for in a tree.
 *
 * Pure text: nothing here asks the disk. The path is split at "/" first, and each segment is then
 * decoded once by itself (RFC 3986 §2.4: decode after parsing, never twice), so that no escape can
 * move a border between segments. What a segment may be is decided by two functions, `octetFault`
 * and `nameFault`, for paths that need no decoding, for decoded ones and for names out of a folder.
 *
 * Absent on purpose: folding "." and "..". Clients do that before they send (RFC 3986 §5.2.4); a
 * path that still has them is refused.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { hexValue } from "../http/octets/grammar.ts";

declare const contained: unique symbol;

/**
 * A path below the root, decoded. No segment is empty, ".", "..", longer than 255 bytes of UTF-8,
 * or holds NUL, "/" or "\". The root itself has no segments and a trailing slash.
 */
export interface ContainedPath {
  /** The path as one text, "/a b/c/". Two paths with the same text are the same path. */
  readonly text: string;
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
  readonly [contained]: true;
}

/**
 * Why a path is refused. "unnameable" is a well-formed path that no file can have: 404. The others
 * are answered 400.
 */
export type PathRefusal = "bad-escape" | "nul" | "separator" | "dot-segment" | "unnameable";

/** The longest name of a file, in bytes: NAME_MAX of every file system in use (limits.h). */
const nameBytesMax = 255;

/** A code unit of UTF-16 takes at most so many bytes in UTF-8. */
const bytesPerUnitMax = 3;

/** `ignoreBOM` keeps a leading U+FEFF, which may stand in a name like any other character. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const percent = 0x25;
const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;

/** Why no name may hold `octet`, escaped or not; undefined when a name may. */
function octetFault(octet: number): PathRefusal | undefined {
  if (octet === 0) return "nul";
  return octet === slash || octet === backslash ? "separator" : undefined;
}

/**
 * Why `text[start, end)`, which takes `bytes` in UTF-8 and holds no octet that `octetFault`
 * refuses, can't be a name; undefined when it can.
 */
function nameFault(
  text: string,
  start: number,
  end: number,
  bytes: number,
): PathRefusal | undefined {
  if (bytes === 0 || bytes > nameBytesMax) return "unnameable";
  if (text.charCodeAt(start) !== dot) return undefined;
  const isDots = end - start === 1 || (end - start === 2 && text.charCodeAt(start + 1) === dot);
  return isDots ? "dot-segment" : undefined;
}

/** A path. Most are looked up by their text alone, so the segments are split when first read. */
class Path {
  readonly text: string;
  #segments: readonly string[] | undefined;

  constructor(text: string, segments?: readonly string[]) {
    this.text = text;
    this.#segments = segments;
  }

  get trailingSlash(): boolean {
    return this.text.charCodeAt(this.text.length - 1) === slash;
  }

  get segments(): readonly string[] {
    this.#segments ??= this.text.split("/").slice(1, this.trailingSlash ? -1 : undefined);
    return this.#segments;
  }
}

/**
 * The path of a request target as names. `rawPath` is Latin-1 text, one code unit for an octet,
 * without a query. It is read from the first segment on, and the first fault found is the refusal.
 * A path that doesn't begin with "/" is unnameable.
 */
export function containPath(rawPath: string): Result<ContainedPath, PathRefusal> {
  if (rawPath.charCodeAt(0) !== slash) return failure("unnameable");
  let start = 1;
  for (let i = 1; i < rawPath.length; i++) {
    const unit = rawPath.charCodeAt(i);
    if (unit === slash) {
      const fault = nameFault(rawPath, start, i, i - start);
      if (fault !== undefined) return failure(fault);
      start = i + 1;
    } else if (unit === percent || unit > 0x7f || octetFault(unit) !== undefined) {
      return decodePath(rawPath);
    }
  }
  const end = rawPath.length;
  const fault = start < end ? nameFault(rawPath, start, end, end - start) : undefined;
  // Nothing had to be decoded, so the text of the path is the raw path.
  return fault === undefined
    ? success(new Path(rawPath) as unknown as ContainedPath)
    : failure(fault);
}

/** `containPath` for a path with octets that are escaped, refused or not ASCII. */
function decodePath(rawPath: string): Result<ContainedPath, PathRefusal> {
  const segments: string[] = [];
  let start = 1;
  while (start < rawPath.length) {
    let end = rawPath.indexOf("/", start);
    if (end === -1) end = rawPath.length;
    const segment = decodeSegment(rawPath, start, end);
    if (!segment.ok) return segment;
    segments.push(segment.value);
    start = end + 1;
  }
  return success(make(segments, rawPath.charCodeAt(rawPath.length - 1) === slash));
}

/** The segment `rawPath[start, end)` as a name. */
function decodeSegment(rawPath: string, start: number, end: number): Result<string, PathRefusal> {
  const octets = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    let octet = rawPath.charCodeAt(i);
    if (octet === percent) {
      // pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 §2.1)
      const high = i + 2 < end ? hexValue(rawPath.charCodeAt(i + 1)) : -1;
      const low = i + 2 < end ? hexValue(rawPath.charCodeAt(i + 2)) : -1;
      if (high === -1 || low === -1) return failure("bad-escape");
      octet = high * 16 + low;
      i += 2;
    }
    const fault = octet > 0xff ? "unnameable" : octetFault(octet);
    if (fault !== undefined) return failure(fault);
    octets[length++] = octet;
  }
  let name: string;
  try {
    name = utf8.decode(octets.subarray(0, length));
  } catch {
    return failure("unnameable");
  }
  const fault = nameFault(name, 0, name.length, length);
  return fault === undefined ? success(name) : failure(fault);
}

function make(segments: readonly string[], trailingSlash: boolean): ContainedPath {
  const end = trailingSlash && segments.length > 0 ? "/" : "";
  return new Path(`/${segments.join("/")}${end}`, segments) as unknown as ContainedPath;
}

/** Whether a request can spell `name`: whether `containPath` could let it pass as a segment. */
export function isNameable(name: string): boolean {
  if (!name.isWellFormed()) return false;
  for (let i = 0; i < name.length; i++) {
    if (octetFault(name.charCodeAt(i)) !== undefined) return false;
  }
  const mayBeTooLong = name.length > nameBytesMax / bytesPerUnitMax;
  const bytes = mayBeTooLong ? Buffer.byteLength(name) : name.length;
  return nameFault(name, 0, name.length, bytes) === undefined;
}

/** The path of `name` in the folder `path`; undefined for a name that no request can spell. */
export function childPath(path: ContainedPath, name: string): ContainedPath | undefined {
  return isNameable(name) ? make([...path.segments, name], false) : undefined;
}

/** The path of the folder that holds `path`; of the root, the root. */
export function parentPath(path: ContainedPath): ContainedPath {
  return make(path.segments.slice(0, -1), true);
}

/**
 * The path beside `path` whose name is that of `path` with `suffix` appended; undefined when that
 * is too long for a name, and for the root.
 */
export function siblingPath(path: ContainedPath, suffix: string): ContainedPath | undefined {
  const name = path.segments.at(-1);
  return name === undefined ? undefined : childPath(parentPath(path), name + suffix);
}

/** The root. */
export const rootPath: ContainedPath = make([], true);

/**
 * The path as a request spells it, "/a/b%20c/", the same for every spelling that leads to it. It is
 * ASCII with one slash in front and never two, so it is safe in a Location field (RFC 9110 §10.2.2)
 * and can't be read as the name of another host.
 */
export function encodePath(path: ContainedPath): string {
  if (path.segments.length === 0) return "/";
  let out = "";
  for (const segment of path.segments) out += `/${encodeName(segment)}`;
  return path.trailingSlash ? `${out}/` : out;
}

/**
 * One name as a path segment: pchar stays as it is and the rest is escaped (RFC 3986 §3.3). "&" and
 * "'" are pchar, so the result has to be escaped again in HTML.
 */
export function encodeName(name: string): string {
  return encodeURI(name).replaceAll("?", "%3F").replaceAll("#", "%23");
}

/**
 * The path as people read it, "a/b c", without slashes at its ends; the root is "". Characters that
 * would break a line or turn its direction are escaped.
 */
export function displayPath(path: ContainedPath): string {
  return displayName(path.segments.join("/"));
}

/** A name as people read it. Controls, line separators and direction marks become `\u{…}`. */
export function displayName(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
}

/**
 * Whether a segment begins with ".", which hides the path. ".well-known" as the first segment is
 * public by definition (RFC 8615 §3).
 */
export function isHidden(path: ContainedPath): boolean {
  return path.segments.some((segment, depth) => isHiddenName(segment, depth));
}

/** `isHidden` for one name, `depth` folders below the root. */
export function isHiddenName(name: string, depth: number): boolean {
  return name.charCodeAt(0) === dot && !(depth === 0 && name === ".well-known");
}
