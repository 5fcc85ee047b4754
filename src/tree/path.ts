/**
 * The only module that converts a request's path to names that may be looked up in a tree.
 *
 * It works on text and makes no system calls. The path is split at "/" first, and each segment is
 * then decoded once (RFC 3986 §2.4: decode after parsing, never twice), so that no escape can move
 * a boundary between segments. Two functions, `octetFault` and `nameFault`, decide what a segment
 * may be: for paths without escapes, for decoded paths and for the names in a folder.
 *
 * A segment may have any octets that a file's name can have, UTF-8 or not; `base/file-name.ts` says
 * how they are text. An overlong form of UTF-8 is such octets, and never "/" or ".".
 *
 * Absent on purpose: folding "." and "..". Clients do that before they send (RFC 3986 §5.2.4); a
 * path that still has them is refused.
 */

import type { Result } from "../base/result.ts";
import { isNameText, mapName, nameLength, nameText } from "../base/file-name.ts";
import { failure, success } from "../base/result.ts";
import { hexValue } from "../http/octets/grammar.ts";

declare const contained: unique symbol;

/**
 * A decoded path below the root. No segment is empty, ".", "..", longer than 255 octets, or
 * contains NUL or "/". The root itself has no segments and a trailing slash.
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
 * are 400.
 */
export type PathRefusal = "bad-escape" | "nul" | "separator" | "dot-segment" | "unnameable";

/** The longest name of a file, in bytes: NAME_MAX of every file system in use (limits.h). */
const nameBytesMax = 255;

/** The most bytes of UTF-8 that one code unit of UTF-16 takes. */
const bytesPerUnitMax = 3;

const percent = 0x25;
const slash = 0x2f;
const dot = 0x2e;
const backslash = 0x5c;

/** The octet that parts folders besides "/": the backslash on Windows, none elsewhere. */
const otherSeparator = process.platform === "win32" ? backslash : slash;

/** Why no name may contain `octet`, escaped or not; undefined when it may. */
function octetFault(octet: number): PathRefusal | undefined {
  if (octet === 0) return "nul";
  return octet === slash || octet === otherSeparator ? "separator" : undefined;
}

/**
 * Why `text[start, end)` can't be a name; undefined when it can. It has so many `bytes`, and
 * `octetFault` refuses none of them.
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

/** A path. Most are looked up by their text alone, so it is split into segments on first use. */
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
 * without a query. It is checked from left to right, and the first fault is the refusal. A path
 * that doesn't begin with "/" is unnameable.
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
    } else if (unit === percent || unit === backslash || unit > 0x7f || unit === 0) {
      return decodePath(rawPath);
    }
  }
  const end = rawPath.length;
  const fault = start < end ? nameFault(rawPath, start, end, end - start) : undefined;
  // There are no escapes, so the decoded text is the raw path.
  return fault === undefined
    ? success(new Path(rawPath) as unknown as ContainedPath)
    : failure(fault);
}

/**
 * The path of `rawPath` with its empty segments and the slash at its end left out, "/docs" of
 * "//docs//"; undefined when it has no empty segment, or is no path without them. What it leads to
 * may be the target of a redirect and nothing else: two paths are not one resource.
 */
export function withoutEmptySegments(rawPath: string): ContainedPath | undefined {
  if (!rawPath.includes("//")) return undefined;
  const path = containPath(rawPath.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, ""));
  return path.ok ? path.value : undefined;
}

/** `containPath` for a path with octets that are escaped, refused or above 0x7F. */
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

/** The segment `rawPath[start, end)` as a name. Octets that aren't UTF-8 have to be escaped. */
function decodeSegment(rawPath: string, start: number, end: number): Result<string, PathRefusal> {
  const octets = new Uint8Array(end - start);
  let length = 0;
  let isRaw = false;
  for (let i = start; i < end; i++) {
    let octet = rawPath.charCodeAt(i);
    isRaw ||= octet > 0x7f;
    // RFC 3986 §3.3 has no backslash in a path, and many clients take it for a slash.
    if (octet === backslash) return failure("separator");
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
  if (length > nameBytesMax) return failure("unnameable");
  const name = nameText(octets, 0, length);
  if (isRaw && !name.isWellFormed()) return failure("unnameable");
  const fault = nameFault(name, 0, name.length, length);
  return fault === undefined ? success(name) : failure(fault);
}

function make(segments: readonly string[], trailingSlash: boolean): ContainedPath {
  const end = trailingSlash && segments.length > 0 ? "/" : "";
  return new Path(`/${segments.join("/")}${end}`, segments) as unknown as ContainedPath;
}

/**
 * Whether a request can contain `name` as a segment: whether `containPath` accepts its encoding.
 */
export function isNameable(name: string): boolean {
  if (!isNameText(name)) return false;
  for (let i = 0; i < name.length; i++) {
    if (octetFault(name.charCodeAt(i)) !== undefined) return false;
  }
  const mayBeTooLong = name.length > nameBytesMax / bytesPerUnitMax;
  const bytes = mayBeTooLong ? nameLength(name) : name.length;
  return nameFault(name, 0, name.length, bytes) === undefined;
}

/** The path of `name` in the folder `path`; undefined if no request can contain `name`. */
export function childPath(path: ContainedPath, name: string): ContainedPath | undefined {
  return isNameable(name) ? make([...path.segments, name], false) : undefined;
}

/** The path of the folder that contains `path`; the root's parent is the root. */
export function parentPath(path: ContainedPath): ContainedPath {
  return make(path.segments.slice(0, -1), true);
}

/** The same path with a slash at its end. */
export function folderPath(path: ContainedPath): ContainedPath {
  return make(path.segments, true);
}

/** The part of `path` after its first `depth` segments; the root when there are no more. */
export function pathBelow(path: ContainedPath, depth: number): ContainedPath {
  return depth === 0 ? path : make(path.segments.slice(depth), path.trailingSlash);
}

/** The path `below` the folder `folder`. */
export function joinPaths(folder: ContainedPath, below: ContainedPath): ContainedPath {
  return make([...folder.segments, ...below.segments], below.trailingSlash);
}

/**
 * The path in the same folder whose name is that of `path` with `suffix` appended; undefined when
 * the name would be too long, and for the root.
 */
export function siblingPath(path: ContainedPath, suffix: string): ContainedPath | undefined {
  const name = path.segments.at(-1);
  return name === undefined ? undefined : childPath(parentPath(path), name + suffix);
}

/** The root. */
export const rootPath: ContainedPath = make([], true);

/**
 * The encoded path, "/a/b%20c/": one spelling for all that decode to the same path. It is ASCII and
 * begins with exactly one slash, so it is safe in a Location field (RFC 9110 §10.2.2) and can't be
 * parsed as another host.
 */
export function encodePath(path: ContainedPath): string {
  if (path.segments.length === 0) return "/";
  let out = "";
  for (const segment of path.segments) out += `/${encodeName(segment)}`;
  return path.trailingSlash ? `${out}/` : out;
}

/**
 * A name as an encoded segment: pchar is kept and the rest is escaped (RFC 3986 §3.3). "&" and "'"
 * are pchar, so in HTML the result must be escaped again.
 */
export function encodeName(name: string): string {
  return mapName(name, encodeText, escapeOctet);
}

function encodeText(text: string): string {
  return encodeURI(text).replaceAll("?", "%3F").replaceAll("#", "%23");
}

function escapeOctet(octet: number): string {
  return `%${octet.toString(16).toUpperCase()}`;
}

/**
 * The path for display, "a/b c", without slashes at its ends; the root is "". Characters that would
 * break a line or change the text direction are escaped.
 */
export function displayPath(path: ContainedPath): string {
  return displayName(path.segments.join("/"));
}

/**
 * A name for display, which no other name has. Controls, line separators and direction marks become
 * `\u{…}`, and octets that aren't UTF-8 `\xHH`. A backslash that is part of the name is shown as it
 * is, or as two where it would look like the beginning of such an escape.
 */
export function displayName(name: string): string {
  return name.replace(
    /(\\?)([\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_C}])|\\(?=\\|u\{|x[89A-F][\dA-F])/gu,
    (backslashes: string, before?: string, unshown?: string) => {
      if (unshown === undefined) return backslashes + backslashes;
      return `${before}${before}${mapName(unshown, displayCharacter, displayOctet)}`;
    },
  );
}

function displayCharacter(character: string): string {
  return `\\u{${character.charCodeAt(0).toString(16)}}`;
}

function displayOctet(octet: number): string {
  return `\\x${octet.toString(16).toUpperCase()}`;
}

/**
 * Whether a segment begins with ".", which makes the path hidden. ".well-known" as the first
 * segment is not hidden (RFC 8615 §3).
 */
export function isHidden(path: ContainedPath): boolean {
  // Most paths have no such segment, and needn't be split.
  if (!path.text.includes("/.")) return false;
  return path.segments.some((segment, depth) => isHiddenName(segment, depth));
}

/** `isHidden` for one name, `depth` folders below the root. */
export function isHiddenName(name: string, depth: number): boolean {
  return name.charCodeAt(0) === dot && !(depth === 0 && name === ".well-known");
}
