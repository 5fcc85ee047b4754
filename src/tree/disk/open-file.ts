/**
 * Regular files that were found: a small one was read where it was found, a larger one is open. All
 * that they say was said by fstat about the descriptor that the octets come from.
 */

import { Slot } from "../../base/slot.ts";
import { readOctets } from "../../http/octets/octet-source.ts";
import type { FileHandle } from "../../http/message/response.ts";
import { closeDescriptor, lookInto, readAt } from "../../system/file-system.ts";
import type { FileStat } from "../../system/file-stat.ts";
import { mediaTypeOf } from "../mime.ts";
import type { OpenFile } from "../tree.ts";

/** File systems stamp changes with a clock that may tick as seldom as this. */
const timestampMs = 100;

/**
 * Whether a change of what was `seen` will show, if it comes after `nowMs`, which was before the
 * look: one within the same tick of the file system's clock would not. (What a shared writable
 * mapping changes shows when the kernel writes it back, mmap(2): such a file looks unchanged until
 * then. And a write is dated when it begins, however long it takes.)
 */
export function isSettled(seen: FileStat, nowMs: number): boolean {
  // What was changed after `nowMs` was changed just before the look, for all that is known.
  return nowMs - seen.ctimeMs > timestampMs;
}

/** What both kinds, and `SharedFile`, say of themselves. */
export abstract class FoundFile {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly stat: FileStat;
  readonly #isSettled: boolean;

  constructor(name: string, stat: FileStat, settled: boolean) {
    this.name = name;
    this.#isSettled = settled;
    this.stat = stat;
    this.size = stat.size;
    this.mtimeMs = stat.mtimeMs;
  }

  /** Whether every later change will show in its stat. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.name);
  }

  /** Its stat, which changes with every change that the file system can see. */
  get version(): string | undefined {
    // Hashed, because inode numbers are not for clients to know.
    return this.#isSettled ? Bun.hash.xxHash64(this.stat.words).toString(36) : undefined;
  }

  abstract read(into: Uint8Array, position: number): number;

  readAll(): Uint8Array<ArrayBuffer> {
    const content = new Uint8Array(this.size);
    // Nearly always the first read is the whole, and then no view has to be made.
    let length = this.read(content, 0);
    while (length < content.length) {
      const count = this.read(content.subarray(length), length);
      if (count === 0) return content.slice(0, length);
      length += count;
    }
    return content;
  }
}

/** A file with its descriptor, which it owns from now on. */
export class DiskFile extends FoundFile implements OpenFile {
  readonly content = undefined;
  readonly slot = undefined;
  #fd: number;

  /** That was seen as `stat` of `fd` after `nowMs`, in milliseconds since 1970. */
  constructor(name: string, fd: number, stat: FileStat, nowMs: number) {
    super(name, stat, isSettled(stat, nowMs));
    this.#fd = fd;
  }

  get handle(): FileHandle | undefined {
    return this.#fd === -1 ? undefined : (this.#fd as unknown as FileHandle);
  }

  isUnchanged(): boolean {
    return this.#look()?.isSame(this.stat) === true;
  }

  isIntact(): boolean {
    return this.#look()?.hasSameContent(this.stat) === true;
  }

  #look(): FileStat | undefined {
    if (this.#fd === -1) return undefined;
    const now = lookInto(this.#fd);
    return now.ok ? now.value : undefined;
  }

  close(): void {
    if (this.#fd === -1) return;
    closeDescriptor(this.#fd);
    this.#fd = -1;
  }

  /** A closed file reads as nothing: its descriptor's number may be another file's by now. */
  read(into: Uint8Array, position: number): number {
    return this.#fd === -1 ? 0 : readAt(this.#fd, into, position);
  }
}

/**
 * A file whose octets were read when it was found. It may be given out again and again, for as long
 * as what is on the disk is what it was.
 */
export class MemoryFile extends FoundFile implements OpenFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly handle = undefined;
  slot: Slot | undefined = undefined;

  /** The content of `file`, which stays open. */
  constructor(file: DiskFile, content: Uint8Array<ArrayBuffer>) {
    super(file.name, file.stat, file.isSettled);
    this.content = content;
  }

  /** The file is asked for again. Most are asked for once, and nothing is kept with those. */
  markRepeated(): void {
    this.slot ??= new Slot();
  }

  isUnchanged(): boolean {
    return true;
  }

  isIntact(): boolean {
    return true;
  }

  close(): void {
    // It holds nothing.
  }

  read(into: Uint8Array, position: number): number {
    return readOctets(this.content, into, position);
  }

  override readAll(): Uint8Array<ArrayBuffer> {
    return this.content;
  }
}
