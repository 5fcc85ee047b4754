/**
 * The parts of a multipart form as they arrive: the header of a part, when it is whole, and then
 * its content, piece by piece. What may turn out to belong to a delimiter is held back until that
 * is known: the delimiter itself, and the blanks behind it, of which a client may send as many as a
 * body has room for (RFC 2046 §5.1.1, transport-padding).
 */

import { indexOfBytes, latin1Bytes } from "../../http/octets/bytes.ts";
import type { PartOctets } from "../../http/multipart.ts";

/** What ends the header of a part. */
const headerEnd = latin1Bytes("\r\n\r\n");

/** How far a reader of the form has got. */
export interface ReaderPosition {
  readonly offset: number;
  readonly certain: number;
}

/** The bounds of what is held. */
export interface StreamBounds {
  readonly headerBytesMax: number;
  /** Is told how many octets are held back, as a sum; throws when they are too many. */
  readonly held: (octets: number) => void;
}

/** Is given the parts of a form. It copies what it keeps of octets. */
interface PartSink {
  /** The next part begins. */
  begin(): void;
  /** Its header, with the empty line that ends it. */
  header(octets: Uint8Array): void;
  /** The next octets of its content. */
  content(octets: Uint8Array): void;
}

/** Splits a form into headers and contents. */
export class PartStream implements PartOctets {
  readonly #bounds: StreamBounds;
  readonly #position: () => ReaderPosition;
  readonly #sink: PartSink;
  /** The header and the empty line behind it; undefined while they have not arrived. */
  #header: Uint8Array | undefined;
  /** The beginning of the part, as far as a header may go: `#beginning[0, #begunOctets)`. */
  #beginning = new Uint8Array(0);
  #begunOctets = 0;
  /** What may be a delimiter: `#held[0, #heldOctets)`. */
  #held = new Uint8Array(0);
  #heldOctets = 0;

  /** `position` tells how far the reader of the form has got. */
  constructor(bounds: StreamBounds, position: () => ReaderPosition, sink: PartSink) {
    this.#bounds = bounds;
    this.#position = position;
    this.#sink = sink;
  }

  begin(): void {
    this.#header = undefined;
    this.#begunOctets = 0;
    this.#heldOctets = 0;
    this.#sink.begin();
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

  /** The header; of a part whose header is not whole, its beginning. */
  take(): Uint8Array {
    return this.#header ?? this.#beginning.subarray(0, this.#begunOctets);
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
    this.#take(this.#held.slice(0, count));
    this.#held.copyWithin(0, count, this.#heldOctets);
    this.#heldOctets -= count;
  }

  #take(octets: Uint8Array): void {
    if (octets.length === 0) return;
    if (this.#header !== undefined) return this.#sink.content(octets);
    const before = this.#begunOctets;
    this.#keepBeginning(octets);
    const beginning = this.#beginning.subarray(0, this.#begunOctets);
    const end = indexOfBytes(beginning, headerEnd, Math.max(0, before - headerEnd.length + 1));
    // The reader refuses a header that is longer than what is kept.
    if (end === -1) return;
    const length = end + headerEnd.length;
    this.#header = beginning.slice(0, length);
    this.#sink.header(this.#header);
    const rest = octets.subarray(length - before);
    if (rest.length > 0) this.#sink.content(rest);
  }

  #keepBeginning(octets: Uint8Array): void {
    const most = this.#bounds.headerBytesMax + headerEnd.length;
    const kept = octets.subarray(0, most - this.#begunOctets);
    const sum = this.#begunOctets + kept.length;
    if (sum > this.#beginning.length) {
      const grown = new Uint8Array(Math.min(Math.max(256, 2 * sum), most));
      grown.set(this.#beginning.subarray(0, this.#begunOctets));
      this.#beginning = grown;
    }
    this.#beginning.set(kept, this.#begunOctets);
    this.#begunOctets = sum;
  }
}
