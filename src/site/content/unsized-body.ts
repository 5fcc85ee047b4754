/**
 * The body of a file whose size is known only when it has been read to its end, such as a long one
 * in /proc: a stream, which is sent chunked (RFC 9112 §7.1).
 */

import type { OpenFile } from "../../tree/tree.ts";

/** A page of the kernel's is 4 KiB; no file of /proc gives more at a time than some of them. */
const chunkBytes = 64 * 1024;

/**
 * The octets of a file, which is closed at the end. Throws when the file can't be read further, so
 * that the client doesn't take a part for the whole. An object and no generator: a generator that
 * is returned before its first chunk would not close the file.
 */
export class UnsizedBody implements AsyncIterableIterator<Uint8Array, void> {
  readonly #file: OpenFile;
  #position = 0;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    const chunk = new Uint8Array(chunkBytes);
    const count = this.#file.read(chunk, this.#position);
    if (count > 0) {
      this.#position += count;
      return { done: false, value: chunk.subarray(0, count) };
    }
    this.#file.close();
    if (count < 0) throw new Error(`${this.#file.name} can't be read beyond ${this.#position}`);
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Uint8Array, void>> {
    this.#file.close();
    return { done: true, value: undefined };
  }
}
