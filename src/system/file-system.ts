/**
 * Every look at the disk: each takes a path or a descriptor, and answers with a value or with the
 * system's code ("ENOENT").
 *
 * All are synchronous on purpose: lstat takes 1.4 µs here and its promise 13. All of them leave the
 * last component alone if it is a symbolic link; who wants to follow one reads it.
 *
 * A folder on the way is held, not named, while something is looked for in it: between two calls
 * somebody may put another folder in its place. Linux lets us look inside an open folder by the
 * name /proc/self/fd/N/, so that the bits that were read and the entry that was found belong to the
 * same folder, whatever is renamed meanwhile. Where that doesn't exist (macOS) a folder goes by its
 * path, and `isUnmoved` tells afterwards whether it is still the one whose bits were read.
 */

import type { Dirent } from "node:fs";

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { systemCalls } from "./system-choice.ts";
import type { OpenWay, SystemCalls } from "./system-calls.ts";
import { errorName, FileStat, typeBits } from "./system-calls.ts";

/** The type of a file as far as it matters here. */
export type FileType = "file" | "directory" | "link" | "other";

/** What lstat or fstat says of a file. */
export interface FileFacts {
  readonly type: FileType;
  /** The whole st_mode. */
  readonly mode: number;
  /** In bytes. */
  readonly size: number;
  /** In whole milliseconds since 1970, rounded down. */
  readonly mtimeMs: number;
  /** All that was seen, to tell whether it is still so. */
  readonly seen: FileStat;
}

/** A folder on the way to something. */
export interface Folder {
  /** Put before an entry's name, it makes a path that a system call understands. */
  readonly prefix: string;
  readonly facts: FileFacts;
  /** Whether what was found by `prefix` until now was found in the folder that `facts` describe. */
  isUnmoved(): boolean;
  /** Gives back what it holds; after that `prefix` means nothing. Not to be called twice. */
  close(): void;
}

/** Opens the folder at `path`; "ENOTDIR" for all else that exists, symbolic links included. */
export type FolderOpener = (path: string) => Result<Folder, string>;

let calls: SystemCalls | undefined;

/** One for all looks: what is to be kept is copied. */
const scratch = new FileStat();

function typeOf(mode: number): FileType {
  const type = mode & typeBits.S_IFMT;
  if (type === typeBits.S_IFREG) return "file";
  if (type === typeBits.S_IFDIR) return "directory";
  return type === typeBits.S_IFLNK ? "link" : "other";
}

function factsOf(seen: FileStat): FileFacts {
  const { mode, size, mtimeMs } = seen;
  return { type: typeOf(mode), mode, size, mtimeMs, seen };
}

/** lstat: what is at `path`, and of a symbolic link the link itself. */
export function lookAt(path: string): Result<FileFacts, string> {
  calls ??= systemCalls();
  const error = calls.look(path, scratch);
  return error === 0 ? success(factsOf(scratch.copy())) : failure(errorName(error));
}

/**
 * The same for each of `names` in the folder whose entries' paths begin with `prefix`; undefined
 * for what can't be looked at. The kernel finds the folder once, and not for each of them: from
 * inside a folder that is held a look takes a third of the time.
 */
export function lookAtEach(
  prefix: string,
  names: readonly string[],
): readonly (FileFacts | undefined)[] {
  calls ??= systemCalls();
  const opened = calls.kind === "native" ? openForListing(prefix) : undefined;
  const folder = opened?.ok === true ? opened.value : undefined;
  const looks: (FileFacts | undefined)[] = [];
  for (const name of names) {
    const error =
      folder === undefined ? calls.look(prefix + name, scratch) : calls.look(name, scratch, folder);
    looks.push(error === 0 ? factsOf(scratch.copy()) : undefined);
  }
  if (folder !== undefined) closeDescriptor(folder);
  return looks;
}

/** fstat of what is open as `fd`. */
export function lookInto(fd: number): Result<FileFacts, string> {
  calls ??= systemCalls();
  const error = calls.lookInto(fd, scratch);
  return error === 0 ? success(factsOf(scratch.copy())) : failure(errorName(error));
}

function open(path: string, way: OpenWay): Result<number, string> {
  calls ??= systemCalls();
  const fd = calls.open(path, way);
  return fd >= 0 ? success(fd) : failure(errorName(-fd));
}

/** A folder held by a descriptor; Linux with /proc only. */
export const holdFolder: FolderOpener = (path) => {
  const opened = open(path, "place");
  if (!opened.ok) return opened;
  const fd = opened.value;
  const facts = lookInto(fd);
  if (!facts.ok) {
    closeDescriptor(fd);
    return facts;
  }
  return success({
    prefix: `/proc/self/fd/${fd}/`,
    facts: facts.value,
    isUnmoved: () => true,
    close: () => closeDescriptor(fd),
  });
};

/**
 * A folder that goes by its path. A swap there and back is noticed by its ctime, so this is as good
 * as the clock of the file system: nanoseconds on APFS.
 */
export const nameFolder: FolderOpener = (path) => {
  const before = lookAt(path);
  if (!before.ok) return before;
  const { seen, type } = before.value;
  if (type !== "directory") return failure("ENOTDIR");
  const isUnmoved = (): boolean => {
    const now = lookAt(path);
    return now.ok && now.value.seen.isSame(seen);
  };
  const prefix = path === "/" ? path : `${path}/`;
  return success({ prefix, facts: before.value, isUnmoved, close() {} });
};

/**
 * The better of the two that works here, tried on `root`. /proc may be missing, and a process that
 * has changed its user may not look into its own (proc(5), "dumpable").
 */
export function chooseFolderOpener(root: string): FolderOpener {
  if (process.platform !== "linux") return nameFolder;
  const held = holdFolder(root);
  if (!held.ok) return nameFolder;
  const inside = lookAt(`${held.value.prefix}.`);
  held.value.close();
  return inside.ok ? holdFolder : nameFolder;
}

/**
 * A regular file for reading. Never waits: a FIFO without a writer opens at once, and is then
 * refused by what fstat says. "ELOOP" for a symbolic link.
 */
export function openForReading(path: string): Result<number, string> {
  return open(path, "content");
}

/** pread: the count of bytes read, 0 at the end of the file and where reading fails. */
export function readAt(fd: number, into: Uint8Array, position: number): number {
  if (into.length === 0) return 0;
  calls ??= systemCalls();
  return Math.max(0, calls.read(fd, into, position));
}

/** close. What it might report comes too late to be of use. */
export function closeDescriptor(fd: number): void {
  calls ??= systemCalls();
  calls.close(fd);
}

function textOrCode(answer: string | number): Result<string, string> {
  return typeof answer === "string" ? success(answer) : failure(errorName(answer));
}

/** What the symbolic link at `path` says; "EINVAL" if it is none. */
export function readLink(path: string): Result<string, string> {
  calls ??= systemCalls();
  return textOrCode(calls.readLink(path));
}

/** An entry of a folder; the type is undefined on file systems that don't say. */
export interface NamedEntry {
  readonly name: string;
  readonly type: FileType | undefined;
}

/**
 * The entries of the folder at `path`, in no order. A name that isn't UTF-8 comes with U+FFFD in
 * it, so it is a name that nothing has, unless something else is called just that.
 */
export function readEntries(path: string): Result<readonly NamedEntry[], string> {
  // Loaded by the first who asks for a listing: it takes 4 ms.
  const { readdirSync } = require("node:fs") as typeof import("node:fs");
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return success(entries.map((entry) => ({ name: entry.name, type: direntType(entry) })));
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code;
    if (typeof code === "string") return failure(code);
    throw error;
  }
}

function direntType(entry: Dirent): FileType | undefined {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "link";
  const isOther =
    entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
  return isOther ? "other" : undefined;
}

/** The folder at `path`, to be read. */
export function openForListing(path: string): Result<number, string> {
  return open(path, "listing");
}

/** Whether the folder at `path` can be opened to list it; undefined if so, else the code. */
export function tryListing(path: string): string | undefined {
  const opened = openForListing(path);
  if (!opened.ok) return opened.error;
  closeDescriptor(opened.value);
  return undefined;
}

/** The path without symbolic links in it. */
export function realPath(path: string): Result<string, string> {
  calls ??= systemCalls();
  return textOrCode(calls.realPath(path));
}
