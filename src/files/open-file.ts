/**
 * A regular file with its descriptor. Everything it says was said by fstat about that descriptor.
 */

import { mediaTypeOf } from "./mime.ts";
import type { OpenFile } from "./resolution.ts";
import type { FileFacts, FileIdentity } from "./stat.ts";
import { closeDescriptor, identify, isSameIdentity, readAt } from "./stat.ts";

/** The only kind of `OpenFile` there is. It owns `fd` from now on. */
export class DiskFile implements OpenFile {
  readonly name: string;
  readonly fd: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  readonly identity: FileIdentity;
  #isOpen = true;

  constructor(name: string, fd: number, identity: FileIdentity, facts: FileFacts) {
    this.name = name;
    this.fd = fd;
    this.identity = identity;
    this.size = facts.size;
    this.mtimeMs = facts.mtimeMs;
    this.mode = facts.mode;
  }

  get mediaType(): string | undefined {
    return mediaTypeOf(this.name);
  }

  isUnchanged(): boolean {
    const now = this.#isOpen ? identify(this.fd) : undefined;
    return now?.ok === true && isSameIdentity(now.value, this.identity);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeDescriptor(this.fd);
  }

  /** A closed file reads as nothing: its descriptor's number may be another file's by now. */
  read(into: Uint8Array, position: number): number {
    return this.#isOpen ? readAt(this.fd, into, position) : 0;
  }

  readAll(): Uint8Array<ArrayBuffer> {
    const content = new Uint8Array(this.size);
    let length = 0;
    while (length < content.length) {
      const count = this.read(content.subarray(length), length);
      if (count === 0) return content.slice(0, length);
      length += count;
    }
    return content;
  }
}
