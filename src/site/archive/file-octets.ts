/**
 * The octets of an open file for an archive, piece by piece: as many as were announced, or an
 * error. What a file has grown by meanwhile is left out. A file that has shrunk can't be what the
 * archive says of it, and other octets must not take the place of those that are missing.
 */

import type { Eventual } from "../../base/eventual.ts";
import { displayName } from "../../tree/path.ts";
import type { FileEntry } from "./folder-entries.ts";

/** Reads the files of one archive, one after the other. */
export class FileOctets {
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #pace: (octets: number) => Eventual<void>;

  /** `pace` waits until the event loop has time to read so many octets. */
  constructor(pieceOctets: number, pace: (octets: number) => Eventual<void>) {
    this.#buffer = new Uint8Array(pieceOctets);
    this.#pace = pace;
  }

  /** How many octets a piece has at most. */
  get pieceOctets(): number {
    return this.#buffer.length;
  }

  /**
   * The octets of the file of `entry`, as many as it had when it was opened; the caller closes it.
   * All pieces but the last are of one size. A piece is valid until the next one is asked for.
   * Throws when there are fewer octets.
   */
  async *of(entry: FileEntry): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    const { file } = entry;
    const { size } = file;
    const streamed = file.streamed?.([{ start: 0, octets: size }]);
    if (streamed !== undefined) {
      yield* this.#piecesOf(streamed);
      return;
    }
    // A share keeps the file open while others may replace it.
    const source = file.share?.() ?? file;
    try {
      for (let at = 0; at < size;) {
        const piece = this.#buffer.subarray(0, Math.min(this.#buffer.length, size - at));
        await this.#pace(piece.length);
        for (let have = 0; have < piece.length;) {
          const count = source.read(have === 0 ? piece : piece.subarray(have), at + have);
          if (count <= 0) throw brokenOff(entry, count);
          have += count;
        }
        at += piece.length;
        yield piece;
      }
    } finally {
      source.close();
    }
  }

  /** `chunks` in pieces of one size, but for the last. Throws when they break off. */
  async *#piecesOf(
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    let have = 0;
    for await (const chunk of chunks) {
      await this.#pace(chunk.length);
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + this.#buffer.length - have);
        this.#buffer.set(part, have);
        at += part.length;
        have += part.length;
        if (have < this.#buffer.length) continue;
        yield this.#buffer;
        have = 0;
      }
    }
    if (have > 0) yield this.#buffer.subarray(0, have);
  }

  /** The same in one piece, for a file that is no longer than one. */
  async whole(entry: FileEntry): Promise<Uint8Array<ArrayBuffer>> {
    for await (const piece of this.of(entry)) return piece;
    return this.#buffer.subarray(0, 0);
  }
}

function brokenOff({ names }: FileEntry, count: number): Error {
  const reason = count === 0 ? "has become shorter" : "can't be read";
  return new Error(`the archive ends early: ${displayName(names.join("/"))} ${reason}`);
}
