/**
 * Files that are given as values, and the folders that they make.
 *
 * A path goes through `containPath`, as a request's does, so that a file which no request could
 * spell is an error at once, and not a 404 later. What contradicts itself is an error, too: the
 * first one found, which names the path as it was given.
 */

import { nameOctets } from "../../base/file-name.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { latin1Text, utf8Bytes } from "../../http/octets/bytes.ts";
import type { ContainedPath, PathRefusal } from "../path.ts";
import { containPath, displayName } from "../path.ts";
import { ContentFile } from "./content-file.ts";

/** The content of a file; text is UTF-8. Octets are copied, so they may be reused afterwards. */
export type MemoryBody = string | Uint8Array;

/** A file with its attributes; without a body, a folder's attributes. */
export interface MemoryEntry {
  /** Required for a file; a folder has none. */
  readonly body?: MemoryBody;
  /** Permission bits, as chmod(2) takes them: 0o644 by default, 0o755 for a folder. */
  readonly mode?: number;
  /** The last change, or its milliseconds since 1970; by default when the tree was made. */
  readonly mtime?: Date | number;
}

/**
 * Files by path. A path begins with "/" and is spelled as in a URL, though what a URL would escape
 * may stand for itself: "/a b.txt" and "/a%20b.txt" are the same. Only a backslash, "%5C", and
 * octets that aren't UTF-8, "%E9", have to be escaped. Folders are made as they are needed; a path
 * that ends in "/" is a folder, for one that is to be empty or has attributes.
 *
 * ```ts
 * { "/a.txt": "hello", "/shut/": { mode: 0o700 }, "/shut/b.txt": { body: "b", mtime: 0 } }
 * ```
 */
export type MemoryFiles = Readonly<Record<string, MemoryBody | MemoryEntry>>;

/** A file in a folder. */
export interface FileNode {
  readonly kind: "file";
  /** The whole st_mode. */
  readonly mode: number;
  /** What a lookup of the file comes to, the same for all of them. */
  readonly outcome: { readonly kind: "file"; readonly file: ContentFile };
}

/** A folder, and what is in it by name. */
export interface FolderNode {
  readonly kind: "directory";
  /** The whole st_mode. */
  mode: number;
  mtimeMs: number;
  readonly children: Map<string, FileNode | FolderNode>;
}

/** File types in st_mode (POSIX.1-2024 <sys/stat.h>). */
const regularFile = 0o100000;
const directory = 0o040000;

/** All bits that chmod(2) sets. */
const modeBits = 0o7777;

/** The furthest from 1970 that a Date can say, in milliseconds (ECMA-262 §21.4.1.1). */
const timeMsMax = 8.64e15;

/** What an entry may say, for callers without types: a mistyped `mode` must not open a file. */
const entryKeys: ReadonlySet<string> = new Set([
  "body",
  "mode",
  "mtime",
] satisfies (keyof MemoryEntry)[]);

/** Why a path can't be one. */
const refusals: Readonly<Record<PathRefusal, string>> = {
  "bad-escape": 'a "%" must be followed by two hexadecimal digits; "%25" stands for itself',
  nul: "a name can't have NUL in it",
  separator: 'a name can\'t have an escaped "/" in it, and a "\\" in it is spelled "%5C"',
  "dot-segment": '"." and ".." can\'t be names',
  unnameable: 'a name must have 1 to 255 octets; one that isn\'t UTF-8 is spelled "%FF"',
};

/** The mode and the time of an entry. */
interface Attributes {
  readonly mode: number;
  readonly mtimeMs: number;
}

/** Reads `files` into the folder that holds them all; what has no date is of `madeMs`. */
export function readFiles(files: MemoryFiles, madeMs: number): Result<FolderNode, string> {
  const root = makeFolder({ mode: 0o755, mtimeMs: madeMs });
  const spellings = new Map<string, string>();
  for (const [spelling, value] of Object.entries(files)) {
    const fault = addTo(root, spellings, spelling, value, madeMs);
    if (fault !== undefined) return failure(`${displayName(spelling)}: ${fault}`);
  }
  return success(root);
}

/** The path that `spelling` spells, or why it can't be one. */
function readPath(spelling: string): Result<ContainedPath, string> {
  if (!spelling.startsWith("/")) return failure('a path must begin with "/"');
  const path = containPath(latin1Text(nameOctets(spelling)));
  return path.ok ? path : failure(refusals[path.error]);
}

/** What is at a path, and the folder that it is in. */
interface Place {
  readonly path: ContainedPath;
  /** Undefined for the root. */
  readonly parent: FolderNode | undefined;
  readonly node: FileNode | FolderNode;
}

/** What is at `spelling`; a folder's slash may be left out. */
function findPlace(root: FolderNode, spelling: string): Result<Place, string> {
  const path = readPath(spelling);
  if (!path.ok) return path;
  const { segments, trailingSlash } = path.value;
  let parent: FolderNode | undefined;
  let node: FileNode | FolderNode = root;
  for (const name of segments) {
    const child: FileNode | FolderNode | undefined =
      node.kind === "directory" ? node.children.get(name) : undefined;
    if (child === undefined || node.kind === "file") return failure("nothing is there");
    parent = node;
    node = child;
  }
  if (node.kind === "file" && trailingSlash) return failure("nothing is there");
  return success({ path: path.value, parent, node });
}

/**
 * Writes what `value` gives to `spelling` in `root`, and makes the folders above it where they are
 * missing; a file there is replaced, whose mode stays unless `value` has one. Answers with its
 * path, or with what is wrong.
 */
export function writeEntry(
  root: FolderNode,
  spelling: string,
  value: MemoryBody | MemoryEntry,
  nowMs: number,
): Result<ContainedPath, string> {
  const path = readPath(spelling);
  if (!path.ok) return path;
  const found = findPlace(root, spelling);
  const entry = entryOf(value);
  const kept =
    found.ok && entry.mode === undefined ? { mode: found.value.node.mode & modeBits } : {};
  const fault = addTo(root, new Map(), spelling, { ...entry, ...kept }, nowMs);
  if (fault !== undefined) return failure(fault);
  // A folder is changed by a new name in it, and not by a file that is written again.
  const made = findPlace(root, spelling);
  if (!found.ok && made.ok && made.value.parent !== undefined) made.value.parent.mtimeMs = nowMs;
  return path;
}

/** Gives what is at `spelling` the permission bits `mode`. Answers as `writeEntry` does. */
export function changeMode(
  root: FolderNode,
  spelling: string,
  mode: number,
): Result<ContainedPath, string> {
  const attributes = attributesOf({ mode }, mode, 0);
  if (!attributes.ok) return attributes;
  const place = findPlace(root, spelling);
  if (!place.ok) return place;
  const { path, parent, node } = place.value;
  if (node.kind === "directory") node.mode = directory | mode;
  else parent?.children.set(node.outcome.file.name, copyFile(node, mode));
  return success(path);
}

/** Removes what is at `spelling`, a folder with all in it. Answers as `writeEntry` does. */
export function removeEntry(
  root: FolderNode,
  spelling: string,
  nowMs: number,
): Result<ContainedPath, string> {
  const place = findPlace(root, spelling);
  if (!place.ok) return place;
  const { path, parent } = place.value;
  if (parent === undefined) return failure("the root can't be removed");
  parent.children.delete(path.segments.at(-1) ?? "");
  parent.mtimeMs = nowMs;
  return success(path);
}

/** Adds what `spelling` stands for to `root`; answers with what is wrong with it. */
function addTo(
  root: FolderNode,
  spellings: Map<string, string>,
  spelling: string,
  value: MemoryBody | MemoryEntry,
  madeMs: number,
): string | undefined {
  const path = readPath(spelling);
  if (!path.ok) return path.error;
  const { text } = path.value;
  const other = spellings.get(text);
  if (other !== undefined) return `the same path as ${displayName(other)}`;
  spellings.set(text, spelling);
  const entry = entryOf(value);
  const unknown = Object.keys(entry).find((key) => !entryKeys.has(key));
  if (unknown !== undefined) return `no attribute is called ${displayName(unknown)}`;
  const attributes = attributesOf(entry, path.value.trailingSlash ? 0o755 : 0o644, madeMs);
  if (!attributes.ok) return attributes.error;
  return path.value.trailingSlash
    ? addFolder(root, path.value, entry, attributes.value, madeMs)
    : addFile(root, path.value, entry, attributes.value, madeMs);
}

function entryOf(value: MemoryBody | MemoryEntry): MemoryEntry {
  if (typeof value === "string" || value instanceof Uint8Array) return { body: value };
  // Callers without types may give anything; what is no entry has no body either.
  return typeof value === "object" && value !== null ? value : {};
}

function attributesOf(
  { mode, mtime }: MemoryEntry,
  modeDefault: number,
  madeMs: number,
): Result<Attributes, string> {
  if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= modeBits)) {
    return failure("the mode must be from 0 to 0o7777");
  }
  const mtimeMs = mtime === undefined ? madeMs : Number(mtime);
  if (!(Math.abs(mtimeMs) <= timeMsMax)) return failure("mtime must be a date");
  return success({ mode: mode ?? modeDefault, mtimeMs: Math.floor(mtimeMs) });
}

function addFolder(
  root: FolderNode,
  { segments }: ContainedPath,
  { body }: MemoryEntry,
  attributes: Attributes,
  madeMs: number,
): string | undefined {
  if (body !== undefined) return "a folder has no body";
  const folder = enterAll(root, segments, madeMs);
  if (typeof folder === "string") return folder;
  folder.mode = directory | attributes.mode;
  folder.mtimeMs = attributes.mtimeMs;
  return undefined;
}

function addFile(
  root: FolderNode,
  { segments }: ContainedPath,
  { body }: MemoryEntry,
  { mode, mtimeMs }: Attributes,
  madeMs: number,
): string | undefined {
  const content = contentOf(body);
  if (content === undefined) return "a file must have a body, a string or a Uint8Array";
  const folder = enterAll(root, segments.slice(0, -1), madeMs);
  if (typeof folder === "string") return folder;
  const name = segments.at(-1) ?? "";
  if (folder.children.get(name)?.kind === "directory") return "both a file and a folder";
  folder.children.set(name, makeFile(name, content, mtimeMs, mode));
  return undefined;
}

function makeFile(
  name: string,
  content: Uint8Array<ArrayBuffer>,
  mtimeMs: number,
  mode: number,
): FileNode {
  const file = new ContentFile(name, content, mtimeMs, mode);
  return { kind: "file", mode: regularFile | mode, outcome: { kind: "file", file } };
}

function contentOf(body: MemoryBody | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (typeof body === "string") return utf8Bytes(body);
  return body instanceof Uint8Array ? new Uint8Array(body) : undefined;
}

/** The folder that `names` lead to, made where it is missing; a text is what is in the way. */
function enterAll(root: FolderNode, names: readonly string[], madeMs: number): FolderNode | string {
  let folder = root;
  for (const [i, name] of names.entries()) {
    let child = folder.children.get(name);
    if (child === undefined) {
      child = makeFolder({ mode: 0o755, mtimeMs: madeMs });
      folder.children.set(name, child);
    }
    if (child.kind === "file") {
      return `/${displayName(names.slice(0, i + 1).join("/"))} is both a file and a folder`;
    }
    folder = child;
  }
  return folder;
}

/** The same folder with files of its own: the octets are shared, what follows from them isn't. */
export function copyFolder({ mode, mtimeMs, children }: FolderNode): FolderNode {
  const copy = makeFolder({ mode, mtimeMs });
  for (const [name, child] of children) {
    copy.children.set(name, child.kind === "file" ? copyFile(child) : copyFolder(child));
  }
  return copy;
}

/** The same file in an object of its own, with the permission bits of `mode`. */
function copyFile({ mode: own, outcome: { file } }: FileNode, mode = own): FileNode {
  return makeFile(file.name, file.content, file.mtimeMs, mode & modeBits);
}

function makeFolder({ mode, mtimeMs }: Attributes): FolderNode {
  return { kind: "directory", mode: directory | mode, mtimeMs, children: new Map() };
}
