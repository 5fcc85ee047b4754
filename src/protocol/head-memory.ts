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

/** Heads that have come once, of which the memory knows no more than a digest. */
const awaitedMax = 16_384;

const CR = 0x0d;
const LF = 0x0a;

/** A longer head is read each time: few clients send one, and it would take the room of many. */
const octetsMax = 2048;

/** What a head costs beside its octets, about, in bytes: the text and the objects it became. */
const headBytes = 1024;

/** A head as the parser tells of it. */
export interface HeadEvent {
  readonly kind: "head";
  readonly head: RequestHead;
}

interface Remembered extends HeadEvent {
  readonly octets: Uint8Array;
}

function bytesOf({ octets }: Remembered): number {
  return headBytes + octets.length;
}

/** Whether `octets` end as a head does; with a body behind it they seldom do. */
function endsLine(octets: Uint8Array): boolean {
  const { length } = octets;
  return octets[length - 1] === LF && octets[length - 2] === CR;
}

/** A bounded memory of heads, and of header sections for heads that are new. */
export class HeadMemory {
  readonly sections = new SectionMemory();
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

  /** The head that `octets` are, if it is remembered; else a digest to keep it by, or -1. */
  find(octets: Uint8Array): HeadEvent | number {
    if (octets.length > octetsMax || !endsLine(octets) || this.#bytesMax === 0) return -1;
    const digest = digestOf(octets);
    const known = this.#heads.get(digest);
    return known !== undefined && isSameView(known.octets, octets) ? known : digest;
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
  remember(digest: number, head: RequestHead): HeadEvent {
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
