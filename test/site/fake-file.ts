/**
 * An open file in memory that counts its reads and how often it was closed.
 */

import { utf8Bytes } from "../../src/http/octets/bytes.ts";
import type { OpenFile } from "../../src/tree/tree.ts";

/** What there may be to say of a file besides its content. */
export interface FakeFileFacts {
  readonly mtimeMs?: number;
  /** As the file was when it was opened, if not as long as its content is now. */
  readonly size?: number;
  /** Whether every later change will show in its version; true by default. */
  readonly isSettled?: boolean;
}

export class FakeFile implements OpenFile {
  readonly name = "fake.txt";
  readonly mediaType = "text/plain; charset=utf-8";
  readonly content = undefined;
  readonly slot = undefined;
  readonly size: number;
  readonly mtimeMs: number;
  readonly version: string | undefined;
  unchanged = true;
  closed = 0;
  /** The turns of the event loop in which it was read, and how much. */
  readonly reads: (readonly [turn: number, octets: number])[] = [];
  onRead = (): void => {};
  readonly #octets: Uint8Array;
  #turn = 0;

  constructor(content: string, { mtimeMs = 0, size, isSettled = true }: FakeFileFacts = {}) {
    this.#octets = utf8Bytes(content);
    this.size = size ?? this.#octets.length;
    this.mtimeMs = mtimeMs;
    this.version = isSettled ? "version" : undefined;
  }

  isUnchanged(): boolean {
    return this.unchanged;
  }

  isIntact(): boolean {
    return this.unchanged;
  }

  close(): void {
    this.closed++;
  }

  read(into: Uint8Array, position: number): number {
    this.onRead();
    if (this.reads.length === 0) this.#countTurns();
    const part = this.#octets.subarray(position, position + into.length);
    into.set(part);
    this.reads.push([this.#turn, into.length]);
    return part.length;
  }

  readAll(): Uint8Array<ArrayBuffer> {
    throw new Error("it was read in one piece");
  }

  #countTurns(): void {
    this.#turn++;
    if (this.closed === 0) setImmediate(() => this.#countTurns());
  }
}
