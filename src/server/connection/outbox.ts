/**
 * What a tunnel has written while its socket was full. Short pieces are joined as they come, so a
 * thousand of them wait in a few buffers, and are not moved for each time that the socket drains.
 */

import { kibibytes } from "../../base/units.ts";

/** The size of a buffer for short pieces. */
const bufferBytes = kibibytes(32);

/** A longer piece is kept as it is. */
const shortBytesMax = kibibytes(8);

/** Octets that wait, in their order. */
export class Outbox {
  #pieces: Uint8Array[] = [];
  /** Where the next piece to be taken is. */
  #first = 0;
  /** The last piece, if it is a buffer with room, and how much of it is used. */
  #buffer: Uint8Array | undefined;
  #used = 0;
  #octets = 0;

  /** How many octets wait. */
  get octets(): number {
    return this.#octets;
  }

  /** Adds `octets`, which must not change. */
  add(octets: Uint8Array): void {
    this.#octets += octets.length;
    if (octets.length > shortBytesMax) {
      this.#seal();
      this.#pieces.push(octets);
      return;
    }
    if (this.#buffer === undefined || this.#used + octets.length > bufferBytes) {
      this.#seal();
      this.#buffer = new Uint8Array(bufferBytes);
    }
    this.#buffer.set(octets, this.#used);
    this.#used += octets.length;
  }

  /** Takes the first octets out; undefined when there are none. */
  take(): Uint8Array | undefined {
    if (this.#first === this.#pieces.length) this.#seal();
    const piece = this.#pieces[this.#first];
    if (piece === undefined) return undefined;
    this.#octets -= piece.length;
    this.#first++;
    if (this.#first === this.#pieces.length) {
      this.#pieces = [];
      this.#first = 0;
    }
    return piece;
  }

  /** Empties it. */
  clear(): void {
    this.#pieces = [];
    this.#first = 0;
    this.#buffer = undefined;
    this.#used = 0;
    this.#octets = 0;
  }

  /** Makes a piece of what was joined. */
  #seal(): void {
    if (this.#buffer !== undefined) this.#pieces.push(this.#buffer.subarray(0, this.#used));
    this.#buffer = undefined;
    this.#used = 0;
  }
}
