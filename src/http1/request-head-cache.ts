/**
 * Heads that came before. A browser that comes again, a program that polls, a test that runs once
 * more: many a request is, octet for octet, one that the server has understood already. Lookup it
 * takes a fraction of reading it, and whoever answers finds what the answer was by the same object
 * (`RequestHead.slot`).
 *
 * It belongs to a server and its limits, and holds heads whoever sent them. What is found was read
 * by the same rules from the same octets, so nobody can tell whether it was. Only a head that has
 * arrived as one piece is looked for here, whatever is behind it, a body or the next request. A
 * head is kept when it comes for the second time, for most that come once never come again.
 */

import type { ByteCount } from "../base/units.ts";
import { digestOf, indexOfBytes, isRunAt, isSameView, latin1Bytes } from "../http/bytes.ts";
import type { Http1RequestHead } from "./request-head.ts";
import { HeaderSectionCache } from "./header-section-cache.ts";

/** Heads that have come once, of which the memory knows no more than a digest. */
const awaitedMax = 16_384;

const CR = 0x0d;
const LF = 0x0a;

/** What a head ends with: the end of its last line, and the empty line (RFC 9112 §2.1). */
const headEnd = latin1Bytes("\r\n\r\n");

/** A short head's end is found by a loop: to ask the engine takes as long as 64 octets of it. */
const loopedOctets = 96;

/** A longer head is read each time: few clients send one, and it would take the room of many. */
const octetsMax = 2048;

/** What a head costs beside its octets, about, in bytes: the text and the objects it became. */
const headBytes = 1024;

/** A head as the parser tells of it. */
export interface HeadEvent {
  readonly kind: "head";
  readonly head: Http1RequestHead;
}

interface Remembered extends HeadEvent {
  readonly octets: Uint8Array;
}

function bytesOf({ octets }: Remembered): number {
  return headBytes + octets.length;
}

/** Whether `octets` end as a head does. */
function endsLine(octets: Uint8Array): boolean {
  const { length } = octets;
  return octets[length - 1] === LF && octets[length - 2] === CR;
}

/** The end of the head that begins at `start` of `view`; -1 when it isn't before `end`. */
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

/** A bounded memory of heads, and of header sections for heads that are new. */
export class RequestHeadCache {
  readonly sections = new HeaderSectionCache();
  readonly #bytesMax: number;
  readonly #heads = new Map<number, Remembered>();
  /** The digests of heads that have come once. */
  readonly #awaited = new Set<number>();
  #bytes = 0;

  /** Holds as much as `requestCacheBytesMax` says. */
  constructor(limits: { readonly requestCacheBytesMax: ByteCount }) {
    this.#bytesMax = limits.requestCacheBytesMax;
  }

  /** What is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The head that begins at `start` of `view`, where nothing is from `end` on, if it is remembered;
   * else a digest to keep it by, or -1.
   */
  find(view: Uint8Array, start: number, end: number): HeadEvent | number {
    if (this.#bytesMax === 0) return -1;
    // Most come alone, and one that is known needn't be searched for its end.
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

  /** Whether a head that was not found by `digest` is to be kept: it has come before. */
  awaits(digest: number): boolean {
    if (digest === -1 || this.#awaited.delete(digest)) return digest !== -1;
    // Those that haven't come again by now are many: they begin anew, together.
    if (this.#awaited.size === awaitedMax) this.#awaited.clear();
    this.#awaited.add(digest);
    return false;
  }

  /** Keeps `head`, whose octets are its own. Answers with the event that tells of it. */
  remember(digest: number, head: Http1RequestHead): HeadEvent {
    const remembered: Remembered = { kind: "head", head, octets: head.octets };
    const bytes = bytesOf(remembered);
    if (bytes > this.#bytesMax) return remembered;
    this.#forget(digest);
    // The oldest go first: who asks all the time is back at once.
    for (const oldest of this.#heads.keys()) {
      if (this.#bytes + bytes <= this.#bytesMax) break;
      this.#forget(oldest);
    }
    this.#heads.set(digest, remembered);
    this.#bytes += bytes;
    return remembered;
  }

  #forget(digest: number): void {
    const known = this.#heads.get(digest);
    if (known === undefined) return;
    this.#heads.delete(digest);
    this.#bytes -= bytesOf(known);
  }
}
