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
import { errorName, errorNumber } from "../../system/system-calls.ts";
import { mediaTypeOf } from "../mime.ts";
import { permissionBitsOf } from "../permission.ts";
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
  readonly mtimeMs: number | undefined;
  readonly stat: FileStat;
  isUploaded = false;
  readonly #isSettled: boolean;

  /** `size` is what was read, where that is known. */
  constructor(name: string, stat: FileStat, settled: boolean, size = stat.size) {
    this.name = name;
    this.#isSettled = settled;
    this.stat = stat;
    this.size = size;
    // Files in /proc and /sys have a size of 0 or 4096 octets, and a date that says nothing.
    this.mtimeMs = size === stat.size ? stat.mtimeMs : undefined;
  }

  /** Whether every later change will show in its stat. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  get permissionBits(): number {
    return permissionBitsOf(this.stat.mode);
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
  constructor(name: string, fd: number, stat: FileStat, nowMs: number, size?: number) {
    super(name, stat, isSettled(stat, nowMs), size);
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

  hasGrown(): boolean {
    return (this.#look()?.size ?? 0) > this.stat.size;
  }

  #look(): FileStat | undefined {
    if (this.#fd === -1) return undefined;
    const now = lookInto(this.#fd);
    return now.ok ? now.value : undefined;
  }

  /** The descriptor, which the caller owns from now on. */
  detach(): number {
    const fd = this.#fd;
    this.#fd = -1;
    return fd;
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

/** The beginning of a file whose size is told as 0. Allocated by the first. */
let beginning = new Uint8Array(0);

/**
 * The octets of `file`, whose size is told as 0, if there are at most `octetsMax`; undefined if
 * there are more, as in some files of /proc. Or the name of the error.
 */
export function readUnsized(
  file: DiskFile,
  octetsMax: number,
): Result<Uint8Array<ArrayBuffer> | undefined, string> {
  if (beginning.length <= octetsMax) beginning = new Uint8Array(octetsMax + 1);
  let length = 0;
  while (length <= octetsMax) {
    const count = file.read(beginning.subarray(length, octetsMax + 1), length);
    if (count < 0) return failure(errorName(-count));
    if (count === 0) return success(beginning.slice(0, length));
    length += count;
  }
  return success(undefined);
}

/**
 * An open file of which only reading tells how long it is. More than `octetsMax` are not read: a
 * read beyond them fails with EFBIG.
 */
export class UnsizedFile extends DiskFile {
  readonly #octetsMax: number;

  /** Takes over the descriptor of `file`, of which nothing is to be asked any more. */
  constructor(file: DiskFile, octetsMax: number) {
    super(file.name, file.detach(), file.stat, 0, Infinity);
    this.#octetsMax = octetsMax;
  }

  /** The kernel can't send a file without a size. */
  override get handle(): undefined {
    return undefined;
  }

  override read(into: Uint8Array, position: number): number {
    if (position >= this.#octetsMax) return -errorNumber.EFBIG;
    return super.read(into.subarray(0, this.#octetsMax - position), position);
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
    super(file.name, file.stat, file.isSettled, content.length);
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
