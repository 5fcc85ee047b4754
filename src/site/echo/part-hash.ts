/**
 * The octets of a multipart form's parts, counted and hashed as they arrive. What may turn out to
 * belong to a delimiter is held back until that is known: the delimiter itself, and the blanks
 * behind it, of which a client may send as many as a body has room for (RFC 2046 §5.1.1,
 * transport-padding).
 */

import { concatBytes, indexOfBytes, latin1Bytes } from "../../http/octets/bytes.ts";
import type { PartOctets } from "../../http/multipart.ts";
import { OctetHash } from "./octet-hash.ts";

/** What ends the header of a part. */
const headerEnd = latin1Bytes("\r\n\r\n");

/** How far a reader of the form has got. */
interface ReaderPosition {
  readonly offset: number;
  readonly certain: number;
}

/** The bounds of a part that is held. */
interface PartBounds {
  readonly headerBytesMax: number;
  /** How much of a content is kept. */
  readonly valueBytesMax: number;
  /** Is told how many octets are held back, as a sum; throws when they are too many. */
  readonly held: (octets: number) => void;
}

/** The part that is being read. */
export class PartHash implements PartOctets {
  readonly #bounds: PartBounds;
  readonly #position: () => ReaderPosition;
  /** The header and the empty line behind it; undefined while they have not arrived. */
  #header: Uint8Array | undefined;
  /** The beginning of the part, to the end of its header at least. */
  #beginning: OctetHash;
  #content: OctetHash;
  /** What may be a delimiter: `#held[0, #heldOctets)`. */
  #held = new Uint8Array(0);
  #heldOctets = 0;

  /** `position` tells how far the reader of the form has got. */
  constructor(bounds: PartBounds, position: () => ReaderPosition) {
    this.#bounds = bounds;
    this.#position = position;
    this.#beginning = this.#begun();
    this.#content = new OctetHash(bounds.valueBytesMax);
  }

  /** The content of the part. */
  get content(): OctetHash {
    return this.#content;
  }

  #begun(): OctetHash {
    return new OctetHash(this.#bounds.headerBytesMax + headerEnd.length);
  }

  begin(): void {
    this.#header = undefined;
    this.#beginning = this.#begun();
    this.#content = new OctetHash(this.#bounds.valueBytesMax);
    this.#heldOctets = 0;
  }

  add(view: Uint8Array, from: number, to: number): void {
    const { offset, certain } = this.#position();
    const start = offset - (to - from);
    if (certain >= start) {
      this.#release(this.#heldOctets);
      const known = from + certain - start;
      this.#take(view.subarray(from, known));
      this.#hold(view.subarray(known, to));
      return;
    }
    this.#release(Math.max(0, certain - (start - this.#heldOctets)));
    this.#hold(view.subarray(from, to));
  }

  /** The header, and as much of the content as is kept. */
  take(): Uint8Array {
    if (this.#header === undefined) return this.#beginning.beginning;
    return concatBytes([this.#header, this.#content.beginning]);
  }

  #hold(octets: Uint8Array): void {
    const sum = this.#heldOctets + octets.length;
    if (sum > this.#held.length) {
      const grown = new Uint8Array(Math.max(128, 2 * sum));
      this.#bounds.held(grown.length);
      grown.set(this.#held.subarray(0, this.#heldOctets));
      this.#held = grown;
    }
    this.#held.set(octets, this.#heldOctets);
    this.#heldOctets = sum;
  }

  /** The first `count` octets that are held belong to the part. */
  #release(count: number): void {
    if (count === 0) return;
    this.#take(this.#held.subarray(0, count));
    this.#held.copyWithin(0, count, this.#heldOctets);
    this.#heldOctets -= count;
  }

  #take(octets: Uint8Array): void {
    if (this.#header !== undefined) return this.#content.push(octets);
    const before = this.#beginning.octets;
    this.#beginning.push(octets);
    const { beginning } = this.#beginning;
    const end = indexOfBytes(beginning, headerEnd, Math.max(0, before - headerEnd.length + 1));
    // The reader refuses a header that is longer than what is kept.
    if (end === -1) return;
    const length = end + headerEnd.length;
    this.#header = beginning.slice(0, length);
    this.#content.push(octets.subarray(length - before));
  }
}
