/**
 * The one place that turns a request's path into names that may be looked for on disk.
 *
 * Pure text: nothing here asks the disk. Segments are split at "/" first and decoded once, each
 * alone (RFC 3986 §2.4: decode after parsing, never twice), so that no escape can move a border
 * between segments. What comes out is a list of names which the file system could hold; where they
 * lead to is `resolve.ts`'s question. Absent on purpose: folding "." and "..", which clients have
 * done before they send (RFC 3986 §5.2.4). Whoever still sends them is refused.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";

declare const contained: unique symbol;

/**
 * A path below the root, decoded. No segment is empty, ".", "..", longer than 255 bytes of UTF-8,
 * or holds NUL, "/" or "\". The root itself has no segments and a trailing slash.
 */
export interface ContainedPath {
  /** As one text, "/a b/c/"; no other path has it. */
  readonly text: string;
  readonly segments: readonly string[];
  readonly trailingSlash: boolean;
  readonly [contained]: true;
}

/**
 * Why a path is refused. "unnameable" is well-formed, but no file can have that name: 404. The
 * others are 400.
 */
export type PathRefusal = "bad-escape" | "nul" | "separator" | "dot-segment" | "unnameable";

/** The longest name of a file, in bytes: NAME_MAX of every file system in use (limits.h). */
const nameBytesMax = 255;

/** `ignoreBOM` keeps a leading U+FEFF, which is a name's character like any other. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const percent = 0x25;
const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;

/** The only kind there is. Most are looked for by their text, and never taken apart. */
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
 * without a query; it is taken from the first segment on, and the first fault found is the answer.
 * What doesn't begin with "/" is unnameable.
 */
export function containPath(rawPath: string): Result<ContainedPath, PathRefusal> {
  if (rawPath.charCodeAt(0) !== slash) return failure("unnameable");
  let start = 1;
  for (let i = 1; i < rawPath.length; i++) {
    const unit = rawPath.charCodeAt(i);
    if (unit === slash) {
      const fault = segmentFault(rawPath, start, i);
      if (fault !== undefined) return failure(fault);
      start = i + 1;
    } else if (unit === percent || unit > 0x7f) return decodePath(rawPath);
    else if (unit === 0) return failure("nul");
    else if (unit === backslash) return failure("separator");
  }
  const fault = start < rawPath.length ? segmentFault(rawPath, start, rawPath.length) : undefined;
  // Nothing had to be decoded, so this is how the path is spelled.
  return fault === undefined
    ? success(new Path(rawPath) as unknown as ContainedPath)
    : failure(fault);
}

/** What is wrong with the segment `rawPath[start, end)`, which needs no decoding. */
function segmentFault(rawPath: string, start: number, end: number): PathRefusal | undefined {
  if (start === end || end - start > nameBytesMax) return "unnameable";
  if (rawPath.charCodeAt(start) !== dot) return undefined;
  const isDots = end - start === 1 || (end - start === 2 && rawPath.charCodeAt(start + 1) === dot);
  return isDots ? "dot-segment" : undefined;
}

/** The same for a path with escapes, or with octets beyond ASCII. */
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
      const high = i + 2 < end ? hexDigit(rawPath.charCodeAt(i + 1)) : -1;
      const low = i + 2 < end ? hexDigit(rawPath.charCodeAt(i + 2)) : -1;
      if (high === -1 || low === -1) return failure("bad-escape");
      octet = high * 16 + low;
      i += 2;
    }
    if (octet === 0) return failure("nul");
    if (octet === slash || octet === backslash) return failure("separator");
    if (octet > 0xff) return failure("unnameable");
    octets[length++] = octet;
  }
  if (length === 0 || length > nameBytesMax) return failure("unnameable");
  let name: string;
  try {
    name = utf8.decode(octets.subarray(0, length));
  } catch {
    return failure("unnameable");
  }
  if (name === "." || name === "..") return failure("dot-segment");
  return success(name);
}

/** The value of a HEXDIG of either case, or −1. */
function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function make(segments: readonly string[], trailingSlash: boolean): ContainedPath {
  const end = trailingSlash && segments.length > 0 ? "/" : "";
  return new Path(`/${segments.join("/")}${end}`, segments) as unknown as ContainedPath;
}

/** Whether a name could stand in a path: what `containPath` lets pass as a segment. */
export function isNameable(name: string): boolean {
  if (name === "" || name === "." || name === "..") return false;
  if (/[\0/\\]/.test(name) || !name.isWellFormed()) return false;
  return name.length <= nameBytesMax / 3 || Buffer.byteLength(name) <= nameBytesMax;
}

/** The path of `name` in the folder `path`; undefined for a name that no request could spell. */
export function childPath(path: ContainedPath, name: string): ContainedPath | undefined {
  return isNameable(name) ? make([...path.segments, name], false) : undefined;
}

/** The folder that holds `path`, and the root for the root. */
export function parentPath(path: ContainedPath): ContainedPath {
  return make(path.segments.slice(0, -1), true);
}

/** The path of the file beside `path` whose name has `suffix` behind it; undefined if too long. */
export function siblingPath(path: ContainedPath, suffix: string): ContainedPath | undefined {
  const name = path.segments.at(-1);
  return name === undefined ? undefined : childPath(parentPath(path), name + suffix);
}

/** The root. */
export const rootPath: ContainedPath = make([], true);

/**
 * The path as a request would spell it, "/a/b%20c/", the same for every spelling that led to it.
 * ASCII only, one leading slash and never two, so it is safe in a Location field (RFC 9110 §10.2.2)
 * and can't be read as another host's name.
 */
export function encodePath(path: ContainedPath): string {
  if (path.segments.length === 0) return "/";
  let out = "";
  for (const segment of path.segments) out += `/${encodeName(segment)}`;
  return path.trailingSlash ? `${out}/` : out;
}

/**
 * One name as a path segment: pchar stays as it is and the rest is escaped (RFC 3986 §3.3).
 * "&" and "'" are pchar: escape them again in HTML.
 */
export function encodeName(name: string): string {
  return encodeURI(name).replaceAll("?", "%3F").replaceAll("#", "%23");
}

/**
 * The path for a person, "a/b c": without slashes at its ends, so the root is "". Characters that
 * would break a line or turn its direction are escaped.
 */
export function displayPath(path: ContainedPath): string {
  return displayName(path.segments.join("/"));
}

/** A name for a person; controls, line separators and direction marks become `\u{…}`. */
export function displayName(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
}

/**
 * Whether a segment begins with ".", and so is shown to nobody. ".well-known" as the first segment
 * is meant to be seen (RFC 8615 §3).
 */
export function isHidden(path: ContainedPath): boolean {
  return path.segments.some((segment, depth) => isHiddenName(segment, depth));
}

/** The same for one name, `depth` folders below the root. */
export function isHiddenName(name: string, depth: number): boolean {
  return name.charCodeAt(0) === dot && !(depth === 0 && name === ".well-known");
}
