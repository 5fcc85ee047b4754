/**
 * Open files on disk. A small file is read when it is opened; a larger one stays open. Their
 * properties come from fstat on the descriptor that the octets come from.
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { Slot } from "../../base/slot.ts";
import { readOctets } from "../../http/octets/octet-source.ts";
import type { FileHandle } from "../../http/message/response.ts";
import { closeDescriptor, lookInto, readAt } from "../../system/file-system.ts";
import type { FileStat } from "../../system/file-stat.ts";
import { errorName } from "../../system/system-calls.ts";
import { mediaTypeOf } from "../mime.ts";
import type { OpenFile } from "../tree.ts";

/** The longest tick of the clocks that file systems use for timestamps. */
const timestampMs = 100;

/**
 * Whether every change after `nowMs` will show as a difference from `seen`, which was looked at
 * after `nowMs`. A change within the same tick of the file system's clock would not. (A change
 * through a shared writable mapping shows only when the kernel writes it back, mmap(2). And a write
 * has the time of its beginning, even if it takes long.)
 */
export function isSettled(seen: FileStat, nowMs: number): boolean {
  // A change after `nowMs` may have been made in the same tick as the look.
  return nowMs - seen.ctimeMs > timestampMs;
}

/** The properties that `DiskFile`, `MemoryFile` and `SharedFile` have in common. */
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

  /** A hash of its stat, which differs after every change that the file system records. */
  get version(): string | undefined {
    // Hashed, because clients must not learn inode numbers.
    return this.#isSettled ? Bun.hash.xxHash64(this.stat.words).toString(36) : undefined;
  }

  abstract read(into: Uint8Array, position: number): number;

  readAll(): Uint8Array<ArrayBuffer> | undefined {
    const whole = this.readWhole();
    return whole.ok ? whole.value : undefined;
  }

  /** The same, or the name of the error. */
  readWhole(): Result<Uint8Array<ArrayBuffer>, string> {
    const content = new Uint8Array(this.size);
    // The first read nearly always returns everything, so no subarray is needed.
    let length = this.read(content, 0);
    while (length >= 0 && length < content.length) {
      const count = this.read(content.subarray(length), length);
      if (count === 0) return success(content.slice(0, length));
      length = count < 0 ? count : length + count;
    }
    return length < 0 ? failure(errorName(-length)) : success(content);
  }
}

/** A file with its descriptor, which it owns. */
export class DiskFile extends FoundFile implements OpenFile {
  readonly content = undefined;
  readonly slot = undefined;
  #fd: number;

  /** `stat` is the stat of `fd`, read after `nowMs`, in milliseconds since 1970. */
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

  /** A closed file reads 0 octets, because the system may have reused its descriptor's number. */
  read(into: Uint8Array, position: number): number {
    return this.#fd === -1 ? 0 : readAt(this.#fd, into, position);
  }
}

/**
 * A file whose octets were read when it was opened. The cache returns it again while the file on
 * disk is unchanged.
 */
export class MemoryFile extends FoundFile implements OpenFile {
  readonly content: Uint8Array<ArrayBuffer>;
  readonly handle = undefined;
  slot: Slot | undefined = undefined;

  /** `content` is the content of `file`, which the caller closes. */
  constructor(file: DiskFile, content: Uint8Array<ArrayBuffer>) {
    super(file.name, file.stat, file.isSettled);
    this.content = content;
  }

  /**
   * Called when the file is requested again. Most files are requested once, and these get no slot.
   */
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
    // There is no descriptor.
  }

  read(into: Uint8Array, position: number): number {
    return readOctets(this.content, into, position);
  }

  override readAll(): Uint8Array<ArrayBuffer> {
    return this.content;
  }
}
