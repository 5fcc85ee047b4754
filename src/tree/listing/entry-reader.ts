/**
 * Reads the entries of a folder some at a time, in the order in which they are stored. The folder
 * is held open meanwhile, so that all entries are those of one folder, whatever is put in its
 * place.
 *
 * A promise of all entries (`fs.promises.readdir`) would not hold up the event loop either. But it
 * tells how many there are only at its end, and then all of them are in memory.
 */

import { nameText } from "../../base/file-name.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { FileType } from "../../system/file-stat.ts";
import type { NamedEntry } from "../../system/file-system.ts";
import { closeDescriptor, openForListing, readEntries } from "../../system/file-system.ts";
import { errorName, errorNumber } from "../../system/system-calls.ts";
import { systemCalls } from "../../system/system-choice.ts";

/** A folder that is being read. The caller that opened it closes it. */
export interface EntryReader {
  /** The next entries, which may include "." and ".."; none at the end. Or the error's name. */
  next(): Result<readonly NamedEntry[], string>;
  /** Closes the folder. A second call does nothing. */
  close(): void;
}

/** Read at a time: 400 to 1,300 entries, which takes the kernel half a millisecond. */
const readBytes = 32 * 1024;
const entriesAtOnce = 1024;

/** Reused by all readers, because every read decodes it at once. Allocated by the first. */
let octets: Buffer | undefined;

/** struct linux_dirent64 (getdents(2)): where its members are. */
const lengthAt = 16;
const typeAt = 18;
const nameAt = 19;

/** d_type (readdir(3)); 0 comes from file systems that don't tell the type. */
const types: ReadonlyMap<number, FileType | undefined> = new Map([
  [0, undefined],
  [4, "directory"],
  [8, "file"],
  [10, "link"],
]);

/** The first `length` octets of `from` as entries. */
function entriesIn(from: Buffer, length: number): readonly NamedEntry[] {
  const entries: NamedEntry[] = [];
  for (let at = 0; at < length; at += from.readUInt16LE(at + lengthAt)) {
    const end = from.indexOf(0, at + nameAt);
    const name = nameText(from, at + nameAt, end);
    const type = from[at + typeAt] ?? 0;
    entries.push({ name, type: types.has(type) ? types.get(type) : "other" });
  }
  return entries;
}

/** Reads by the kernel's own call, when the caller asks for more. */
class FolderReader implements EntryReader {
  #fd: number;
  #ready: readonly NamedEntry[] | undefined;

  constructor(fd: number, ready: readonly NamedEntry[]) {
    this.#fd = fd;
    this.#ready = ready;
  }

  next(): Result<readonly NamedEntry[], string> {
    const ready = this.#ready;
    this.#ready = undefined;
    if (ready !== undefined || this.#fd === -1) return success(ready ?? []);
    return readSome(this.#fd) ?? success([]);
  }

  close(): void {
    if (this.#fd !== -1) closeDescriptor(this.#fd);
    this.#fd = -1;
  }
}

/** The next entries of the folder open as `fd`; undefined where there is no such call. */
function readSome(fd: number): Result<readonly NamedEntry[], string> | undefined {
  octets ??= Buffer.allocUnsafeSlow(readBytes);
  const length = systemCalls().readFolder(fd, octets);
  if (length === undefined) return undefined;
  // A folder that has been removed since it was opened has no entries: ENOENT of getdents(2).
  if (length === -errorNumber.ENOENT) return success([]);
  return length < 0 ? failure(errorName(-length)) : success(entriesIn(octets, length));
}

/** A reader of entries that have all been read. */
function readerOf(entries: readonly NamedEntry[]): EntryReader {
  let at = 0;
  return {
    next: () => success(entries.slice(at, (at += entriesAtOnce))),
    close() {},
  };
}

/**
 * Opens the folder whose entries' paths begin with `prefix`, to read it. Where the kernel has no
 * call that reads a part, all entries are read at once.
 */
export function openEntries(prefix: string): Result<EntryReader, string> {
  const fd = openForListing(prefix);
  if (!fd.ok) return fd;
  const first = readSome(fd.value);
  if (first?.ok === true) return success(new FolderReader(fd.value, first.value));
  closeDescriptor(fd.value);
  if (first !== undefined) return first;
  const all = readEntries(prefix);
  return all.ok ? success(readerOf(all.value)) : failure(all.error);
}
