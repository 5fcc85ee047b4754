/**
 * Regular files that were found: a small one was read where it was found, a larger one is open.
 * Everything they say was said by fstat about the descriptor that the octets come from.
 */

import { mediaTypeOf } from "../mime.ts";
import type { OpenFile } from "../tree.ts";
import { closeDescriptor, lookInto, readAt } from "../../system/file-system.ts";
import type { FileStat } from "../../system/system-calls.ts";

/** File systems stamp changes with a clock that may tick as seldom as this. */
const timestampMs = 100;

/**
 * Whether a change of what was `seen` will show, if it comes after `nowMs`, which was before the
 * look: one that comes within the same tick of the file system's clock wouldn't. (What a shared
 * writable mapping changes shows when the kernel writes it back, mmap(2): such a file looks
 * unchanged until then. And a write is dated when it begins, however long it takes.)
 */
export function isSettled(seen: FileStat, nowMs: number): boolean {
  // What was changed after `nowMs` was changed just before the look, for all that is known.
  return nowMs - seen.ctimeMs > timestampMs;
}

/** What all kinds say of themselves. */
export abstract class FoundFile {
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly identity: FileStat;
  readonly isSettled: boolean;

  constructor(name: string, seen: FileStat, settled: boolean) {
    this.name = name;
    this.isSettled = settled;
    this.identity = seen;
    this.size = seen.size;
    this.mtimeMs = seen.mtimeMs;
  }

  get mode(): number {
    return this.identity.mode;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.name);
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
  readonly recurs = false;
  #fd: number;

  /** That was `seen` of `fd` after `nowMs`, in milliseconds since 1970. */
  constructor(name: string, fd: number, seen: FileStat, nowMs: number) {
    super(name, seen, isSettled(seen, nowMs));
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd;
  }

  isUnchanged(): boolean {
    return this.#look()?.isSame(this.identity) === true;
  }

  isIntact(): boolean {
    return this.#look()?.hasSameContent(this.identity) === true;
  }

  #look(): FileStat | undefined {
    if (this.#fd === -1) return undefined;
    const now = lookInto(this.#fd);
    return now.ok ? now.value.seen : undefined;
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
  /** From when it is found again on: most files are asked for once. */
  recurs = false;
  readonly fd = -1;

  /** The content of `file`, which stays open. */
  constructor(file: DiskFile, content: Uint8Array<ArrayBuffer>) {
    super(file.name, file.identity, file.isSettled);
    this.content = content;
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
    const part = this.content.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  override readAll(): Uint8Array<ArrayBuffer> {
    return this.content;
  }
}
