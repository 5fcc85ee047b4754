/**
 * Heads that came before. A browser that comes again, a program that polls, a test that runs once
 * more: many a request is, octet for octet, one that the server has understood already. Finding it
 * takes a fraction of reading it, and whoever answers finds what the answer was by the same object
 * (`RequestHead.recurs`).
 *
 * It belongs to a server and its limits, and holds heads whoever sent them. What is found was read
 * by the same rules from the same octets, so nobody can tell whether it was. Only what has arrived
 * as one piece is looked for here, a whole head and nothing behind it. A head is kept when it comes
 * for the second time, for most that come once never come again.
 */

import type { ByteCount } from "../base/units.ts";
import { digestOf, isSameView } from "./bytes.ts";
import type { RequestHead } from "./request-head.ts";
import { SectionMemory } from "./section-memory.ts";

/** A power of two: the low bits of a digest are a head's place. */
const placeCount = 16_384;

/** A longer head is read each time: few clients send one, and it would take the room of many. */
const octetsMax = 2048;

/** What a head costs beside its octets, about, in bytes: the text and the objects it became. */
const headBytes = 1024;

/** A head as the parser tells of it. */
export interface HeadEvent {
  readonly kind: "head";
  readonly head: RequestHead;
}

interface Remembered {
  readonly octets: Uint8Array;
  readonly event: HeadEvent;
}

function bytesOf({ octets }: Remembered): number {
  return headBytes + octets.length;
}

/** A bounded memory of heads, and of header sections for heads that are new. */
export class HeadMemory {
  readonly sections = new SectionMemory();
  readonly #bytesMax: number;
  /** Made with the first head that comes again: it is 128 KiB. */
  #places: (Remembered | undefined)[] = [];
  /** The digest of the last head that was looked for at a place and not found. */
  #digests = new Uint32Array(0);
  /** Goes round the places when room has to be made. */
  #hand = 0;
  #bytes = 0;

  /** Holds as much as `requestCacheBytesMax` says. */
  constructor(limits: { readonly requestCacheBytesMax: ByteCount }) {
    this.#bytesMax = limits.requestCacheBytesMax;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The head that `octets` are, if it is remembered; else a digest to keep it by. */
  find(octets: Uint8Array): HeadEvent | number {
    if (octets.length > octetsMax || this.#bytesMax === 0) return -1;
    const digest = digestOf(octets);
    const known = this.#places[digest & (placeCount - 1)];
    return known !== undefined && isSameView(known.octets, octets) ? known.event : digest;
  }

  /** Whether a head that was not found by `digest` is to be kept: it has come before. */
  awaits(digest: number): boolean {
    if (digest === -1) return false;
    if (this.#digests.length === 0) this.#digests = new Uint32Array(placeCount);
    const place = digest & (placeCount - 1);
    if (this.#digests[place] === digest) return true;
    this.#digests[place] = digest;
    return false;
  }

  /** Keeps `head`, whose octets are its own. Answers with the event that tells of it. */
  remember(digest: number, head: RequestHead): HeadEvent {
    const event: HeadEvent = { kind: "head", head };
    const remembered: Remembered = { octets: head.octets, event };
    if (this.#places.length === 0) this.#places = Array.from({ length: placeCount });
    const place = digest & (placeCount - 1);
    this.#forget(place);
    const bytes = bytesOf(remembered);
    for (let passed = 0; this.#bytes + bytes > this.#bytesMax; passed++) {
      if (passed === placeCount) return event;
      this.#forget(this.#hand);
      this.#hand = (this.#hand + 1) & (placeCount - 1);
    }
    this.#places[place] = remembered;
    this.#bytes += bytes;
    return event;
  }

  #forget(place: number): void {
    const known = this.#places[place];
    if (known === undefined) return;
    this.#places[place] = undefined;
    this.#bytes -= bytesOf(known);
  }
}
