/**
 * Every system call of this layer, and nothing else: each takes a path or a descriptor, and answers
 * with a value or with the system's code ("ENOENT").
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

import * as fs from "node:fs";
import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";

/** What makes a file the same file with the same content: all of it as fstat said it. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  /** In bytes. */
  readonly size: bigint;
  /** The whole st_mode. */
  readonly mode: bigint;
  /** In nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

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

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY, S_IFMT } = fs.constants;
const { S_IFREG, S_IFDIR, S_IFLNK } = fs.constants;

/**
 * Linux's O_PATH (fcntl.h; node:fs has no name for it): a handle that can't read, so it asks for
 * no permission on the folder itself, and opens no device.
 */
const O_PATH = 0o10000000;

const asBigInt = { bigint: true, throwIfNoEntry: false } as const;
const asNumbers = { throwIfNoEntry: false } as const;

/** The system's code of a failed call. Anything else that was thrown is a fault of ours. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  throw error;
}

function typeOf(mode: number): FileType {
  const type = mode & S_IFMT;
  if (type === S_IFREG) return "file";
  if (type === S_IFDIR) return "directory";
  return type === S_IFLNK ? "link" : "other";
}

function factsOf(stats: { mode: number; size: number; mtimeMs: number }): FileFacts {
  const { mode, size } = stats;
  return { type: typeOf(mode), mode, size, mtimeMs: Math.floor(stats.mtimeMs) };
}

/** lstat: what is at `path`, and of a symbolic link the link itself. */
export function lookAt(path: string): Result<FileFacts, string> {
  try {
    const stats = fs.lstatSync(path, asNumbers);
    return stats === undefined ? failure("ENOENT") : success(factsOf(stats));
  } catch (error) {
    return failure(codeOf(error));
  }
}

/** A folder held by a descriptor; Linux with /proc only. */
export const holdFolder: FolderOpener = (path) => {
  let fd: number;
  try {
    fd = fs.openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    return failure(codeOf(error));
  }
  try {
    return success({
      prefix: `/proc/self/fd/${fd}/`,
      facts: factsOf(fs.fstatSync(fd)),
      isUnmoved: () => true,
      close: () => closeDescriptor(fd),
    });
  } catch (error) {
    closeDescriptor(fd);
    return failure(codeOf(error));
  }
};

/**
 * A folder that goes by its path. A swap there and back is noticed by its ctime, so this is as good
 * as the clock of the file system: nanoseconds on APFS.
 */
export const nameFolder: FolderOpener = (path) => {
  try {
    const before = fs.lstatSync(path, asBigInt);
    if (before === undefined) return failure("ENOENT");
    const facts = numbersOf(before);
    if (facts.type !== "directory") return failure("ENOTDIR");
    const isUnmoved = (): boolean => {
      try {
        const now = fs.lstatSync(path, asBigInt);
        return (
          now?.ino === before.ino &&
          now.dev === before.dev &&
          now.mode === before.mode &&
          now.ctimeNs === before.ctimeNs
        );
      } catch (error) {
        codeOf(error);
        return false;
      }
    };
    return success({ prefix: path === "/" ? path : `${path}/`, facts, isUnmoved, close() {} });
  } catch (error) {
    return failure(codeOf(error));
  }
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
 * A regular file for reading. Never waits: a FIFO without a writer opens at once (POSIX open(),
 * O_NONBLOCK), and is then refused by what fstat says. "ELOOP" for a symbolic link.
 */
export function openForReading(path: string): Result<number, string> {
  try {
    return success(fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  } catch (error) {
    return failure(codeOf(error));
  }
}

/** fstat of an open file, to the nanosecond. */
export function identify(fd: number): Result<FileIdentity, string> {
  try {
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = fs.fstatSync(fd, { bigint: true });
    return success({ dev, ino, size, mode, mtimeNs, ctimeNs });
  } catch (error) {
    return failure(codeOf(error));
  }
}

/** Whether two looks at a file saw the same, to the nanosecond. */
export function isSameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  const isSameFile = a.dev === b.dev && a.ino === b.ino && a.mode === b.mode;
  return isSameFile && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The same facts as plain numbers. */
export function numbersOf(identity: Pick<FileIdentity, "mode" | "size" | "mtimeNs">): FileFacts {
  const mode = Number(identity.mode);
  const mtimeMs = floorToMs(identity.mtimeNs);
  return { type: typeOf(mode), mode, size: Number(identity.size), mtimeMs };
}

const nanosecondsPerMs = 1_000_000n;

/** Down and not towards zero, in bigint: as a float .999999999 s would round up to the next. */
function floorToMs(nanoseconds: bigint): number {
  const rest = nanoseconds % nanosecondsPerMs;
  const whole = nanoseconds / nanosecondsPerMs;
  return Number(rest < 0n ? whole - 1n : whole);
}

/** pread: the count of bytes read, 0 at the end of the file and where reading fails. */
export function readAt(fd: number, into: Uint8Array, position: number): number {
  if (into.length === 0) return 0;
  try {
    return fs.readSync(fd, into, 0, into.length, position);
  } catch (error) {
    codeOf(error);
    return 0;
  }
}

/** close. What it might report comes too late to be of use. */
export function closeDescriptor(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch (error) {
    codeOf(error);
  }
}

/** What the symbolic link at `path` says; "EINVAL" if it is none. */
export function readLink(path: string): Result<string, string> {
  try {
    return success(fs.readlinkSync(path));
  } catch (error) {
    return failure(codeOf(error));
  }
}

/** An entry as readdir gives it; the type is undefined on file systems that don't say. */
export interface NamedEntry {
  readonly name: string;
  readonly type: FileType | undefined;
}

/**
 * The entries of the folder at `path`, in no order. A name that isn't UTF-8 comes with U+FFFD in
 * it, so it is a name that nothing has, unless something else is called just that.
 */
export function readEntries(path: string): Result<readonly NamedEntry[], string> {
  try {
    const entries = fs.readdirSync(path, { withFileTypes: true });
    return success(entries.map((entry) => ({ name: entry.name, type: direntType(entry) })));
  } catch (error) {
    return failure(codeOf(error));
  }
}

function direntType(entry: fs.Dirent): FileType | undefined {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "link";
  const isOther =
    entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
  return isOther ? "other" : undefined;
}

/** Whether the folder at `path` can be opened to list it; undefined if so, else the code. */
export function tryListing(path: string): string | undefined {
  try {
    closeDescriptor(fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK));
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** The path without symbolic links in it. */
export function realPath(path: string): Result<string, string> {
  try {
    return success(fs.realpathSync.native(path));
  } catch (error) {
    return failure(codeOf(error));
  }
}
