/**
 * Heads that arrived before, with what they were read as. Many requests of browsers, pollers and
 * test runs are the same as an earlier one, octet for octet. Looking such a head up takes a
 * fraction of reading it, and since the same object is given out, what was answered to it is found
 * in its slot (`RequestHead.slot`).
 *
 * The cache belongs to a server and its limits, and its heads may have come from any connection. A
 * head that is found was read by the same rules from the same octets, so a client can't tell
 * whether it was. Only a head that has arrived whole is looked up, whatever follows it, a body or
 * the next request. A head is kept when it arrives for the second time, since most that arrive once
 * never do again.
 */

import type { StoreEntry } from "../base/bounded-store.ts";
import { BoundedStore } from "../base/bounded-store.ts";
import type { ByteCount } from "../base/units.ts";
import { digestOf, indexOfBytes, isRunAt, isSameView, latin1Bytes } from "../http/octets/bytes.ts";
import { CR, LF } from "../http/octets/grammar.ts";
import type { Http1RequestHead } from "./request-head.ts";

/** What a head ends with: the end of its last line, and the empty line (RFC 9112 §2.1). */
const headEnd = latin1Bytes("\r\n\r\n");

/** A loop finds the end of a short head: a call of the engine takes as long as 64 turns of it. */
const loopedOctets = 96;

/** A longer head is read each time: few clients send one, and it would take the room of many. */
const octetsMax = 2048;

/**
 * What a head costs beside its octets, roughly, in bytes: its text and the objects it became. They
 * are 1,000 bytes of the engine's heap, in which at least as much again is free between them.
 */
const headBytes = 1536;

/** What a field line costs beside its octets, and how many lines `headBytes` includes. */
const fieldBytes = 128;
const fieldsIncluded = 16;

/** What `head` costs, in bytes. */
function bytesOf({ octetCount, fields }: Http1RequestHead): number {
  return headBytes + octetCount + fieldBytes * Math.max(0, fields.count - fieldsIncluded);
}

/**
 * Without room, every head that arrives for the second time is admitted. One that is turned away
 * costs as much as one that is evicted: it is read, in some two microseconds.
 */
const admittedOneIn = 1;

/** The event that the parser gives for a head. */
export interface HeadEvent {
  readonly kind: "head";
  readonly head: Http1RequestHead;
}

/** A head in the cache. It is its own event, so that giving it out allocates nothing. */
class CachedHead implements HeadEvent, StoreEntry {
  readonly kind = "head";
  readonly head: Http1RequestHead;
  readonly octets: Uint8Array;
  bytes: number;
  isUsed = false;

  constructor(head: Http1RequestHead) {
    this.head = head;
    this.octets = head.octets;
    this.bytes = bytesOf(head);
  }

  /** What was answered to the head is found through it alone, so it is dropped, too. */
  evicted(): void {
    this.head.slot?.clear();
  }
}

/** Whether `octets` end as a head does. */
function endsLine(octets: Uint8Array): boolean {
  const { length } = octets;
  return octets[length - 1] === LF && octets[length - 2] === CR;
}

/** Where the head that begins at `start` of `view` ends; -1 when that isn't before `end`. */
function endOfHead(view: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + loopedOctets);
  for (let at = start + 3; at < stop; at++) {
    if (view[at] !== LF || view[at - 1] !== CR || view[at - 2] !== LF) continue;
    if (view[at - 3] === CR) return at + 1;
  }
  if (stop === end) return -1;
  const at = indexOfBytes(view, headEnd, stop - 3);
  return at === -1 || at + headEnd.length > end ? -1 : at + headEnd.length;
}

/** The heads that one server keeps, by a digest of their octets. */
export class RequestHeadCache {
  readonly #isOff: boolean;
  readonly #heads: BoundedStore<number, CachedHead>;

  /** Holds as much as `requestCacheBytesMax` says. */
  constructor({ requestCacheBytesMax }: { readonly requestCacheBytesMax: ByteCount }) {
    this.#isOff = requestCacheBytesMax === 0;
    this.#heads = new BoundedStore({
      bytesMax: requestCacheBytesMax,
      admitsOn: "second",
      admittedOneIn,
    });
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#heads.bytes;
  }

  /**
   * The head that begins at `start` of `view`, where nothing is from `end` on, if it is in the
   * cache; else a digest to keep it by, or -1 when it isn't to be kept.
   */
  find(view: Uint8Array, start: number, end: number): HeadEvent | number {
    if (this.#isOff) return -1;
    // Most heads arrive alone, and one that is known needn't be searched for its end.
    if (start === 0 && end === view.length && end <= octetsMax && endsLine(view)) {
      const known = this.#heads.get(digestOf(view, start, end));
      if (known !== undefined && isSameView(known.octets, view)) return known;
    }
    const stop = endOfHead(view, start, end);
    if (stop === -1 || stop - start > octetsMax) return -1;
    const digest = digestOf(view, start, stop);
    const known = this.#heads.get(digest);
    if (known === undefined || known.octets.length !== stop - start) return digest;
    return isRunAt(view, start, known.octets) ? known : digest;
  }

  /** Whether a head of `octets` octets, which was not found by `digest`, is to be kept. */
  admits(digest: number, octets: number): boolean {
    return digest !== -1 && this.#heads.admits(digest, headBytes + octets);
  }

  /** Keeps `head`, whose octets are its own. Returns the event that gives it out. */
  keep(digest: number, head: Http1RequestHead): HeadEvent {
    const cached = new CachedHead(head);
    this.#heads.set(digest, cached);
    return cached;
  }
}
