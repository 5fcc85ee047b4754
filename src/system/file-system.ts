/**
 * The file system: one function for each question about a path or a descriptor. Each answers with
 * a value or with the name of the system's error, "ENOENT".
 *
 * All are synchronous on purpose: lstat takes 1.4 µs here, and its promise 13. None of them follows
 * a symbolic link in the last component of a path but `realPath` and `openForListing`; a caller
 * that wants to follow a link reads it.
 */

import type { Dirent } from "node:fs";

import { nameForSystem, nameText } from "../base/file-name.ts";
import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { FileType } from "./file-stat.ts";
import { FileStat } from "./file-stat.ts";
import type { OpenWay } from "./system-calls.ts";
import { errorName } from "./system-calls.ts";
import { systemCalls } from "./system-choice.ts";

/** Filled by every look. A stat that is returned is a copy. */
const scratch = new FileStat();

/** The result of a look that has filled `scratch`, or has failed with the error number `error`. */
function seen(error: number): Result<FileStat, string> {
  return error === 0 ? success(scratch.copy()) : failure(errorName(error));
}

/** lstat: what is at `path`; of a symbolic link, the link itself. */
export function lookAt(path: string): Result<FileStat, string> {
  return seen(systemCalls().look(path, scratch));
}

/** What a listing shows of an entry; making it takes a third of the time of a `FileStat`. */
export type EntryFacts = Pick<FileStat, "type" | "size" | "mtimeMs" | "mode">;

/**
 * A look at each of `names` in the folder whose entries' paths begin with `prefix`; undefined
 * for a name where that fails. The native calls open the folder once and look from there, which
 * takes a third of the time of a look by the whole path.
 */
export function lookAtEach(
  prefix: string,
  names: readonly string[],
): readonly (EntryFacts | undefined)[] {
  const calls = systemCalls();
  const opened = calls.kind === "native" ? openForListing(prefix) : undefined;
  const folder = opened?.ok === true ? opened.value : undefined;
  const facts: (EntryFacts | undefined)[] = [];
  for (const name of names) {
    const error =
      folder === undefined ? calls.look(prefix + name, scratch) : calls.look(name, scratch, folder);
    const { type, size, mtimeMs, mode } = scratch;
    facts.push(error === 0 ? { type, size, mtimeMs, mode } : undefined);
  }
  if (folder !== undefined) closeDescriptor(folder);
  return facts;
}

/** fstat: what is open as `fd`. */
export function lookInto(fd: number): Result<FileStat, string> {
  return seen(systemCalls().lookInto(fd, scratch));
}

function open(path: string, way: OpenWay): Result<number, string> {
  const fd = systemCalls().open(path, way);
  return fd >= 0 ? success(fd) : failure(errorName(-fd));
}

/**
 * Opens a regular file for reading. Never waits: a FIFO without a writer opens at once, and fstat
 * then tells that it is no regular file. "ELOOP" for a symbolic link.
 */
export function openForReading(path: string): Result<number, string> {
  return open(path, "content");
}

/** Opens a folder to look for something in it; "ENOTDIR" for a symbolic link. Linux only. */
export function openPlace(path: string): Result<number, string> {
  return open(path, "place");
}

/** Opens the folder at `path` to read its entries. */
export function openForListing(path: string): Result<number, string> {
  return open(path, "listing");
}

/** The error when the folder at `path` can't be opened to list it; undefined when it can. */
export function tryListing(path: string): string | undefined {
  const opened = openForListing(path);
  if (!opened.ok) return opened.error;
  closeDescriptor(opened.value);
  return undefined;
}

/** The error when the process may not read what is at `path`; undefined when it may. */
export function tryReading(path: string): string | undefined {
  const error = systemCalls().mayRead(path);
  return error === 0 ? undefined : errorName(error);
}

/** pread: the count of octets read, 0 at the end of the file, or the negated error number. */
export function readAt(fd: number, into: Uint8Array, position: number): number {
  return into.length === 0 ? 0 : systemCalls().read(fd, into, position);
}

/** close. An error is dropped, because nothing can be done about it any more. */
export function closeDescriptor(fd: number): void {
  systemCalls().close(fd);
}

function textOrError(answer: string | number): Result<string, string> {
  return typeof answer === "string" ? success(answer) : failure(errorName(answer));
}

/** The target of the symbolic link at `path`; "EINVAL" if it is none. */
export function readLink(path: string): Result<string, string> {
  return textOrError(systemCalls().readLink(path));
}

/** The path from "/" on, without symbolic links in it. */
export function realPath(path: string): Result<string, string> {
  return textOrError(systemCalls().realPath(path));
}

/** The absolute path of the process's working folder. */
export function workingFolder(): string {
  const path = process.cwd();
  if (!path.includes("\ufffd")) return path;
  // Bun's own text may have U+FFFD for octets that aren't UTF-8.
  const real = realPath(".");
  return real.ok ? real.value : path;
}

/** An entry of a folder; the type is undefined on file systems that don't tell it. */
export interface NamedEntry {
  readonly name: string;
  readonly type: FileType | undefined;
}

/** The entries of the folder at `path`, in no order. */
export function readEntries(path: string): Result<readonly NamedEntry[], string> {
  // Loaded by the first listing that needs it, because that takes 4 ms.
  const { readdirSync } = require("node:fs") as typeof import("node:fs");
  try {
    const folder = nameForSystem(path);
    const entries = readdirSync(folder, { withFileTypes: true });
    const types = new Map(entries.map((entry) => [entry.name, direntType(entry)]));
    if (!entries.some(({ name }) => name.includes("\ufffd"))) {
      return success(Array.from(types, ([name, type]) => ({ name, type })));
    }
    // Bun gives either the types or the octets of names. The type is unknown of a name that has
    // U+FFFD in either form.
    const names = readdirSync(folder, { encoding: "buffer" }).map((octets) => nameText(octets));
    return success(
      names.map((name) => ({
        name,
        type: name.includes("\ufffd") ? undefined : types.get(name),
      })),
    );
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
