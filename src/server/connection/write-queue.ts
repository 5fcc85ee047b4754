/**
 * The output of a connection that isn't written yet: pieces in their order, gathered into as few
 * writes as possible. The socket corks nothing, so two writes are two packets; all that one turn of
 * the event loop answers is written at once.
 *
 * Octets are kept only if the socket did not take them: at most one gathered write, and the pieces
 * behind it. Short pieces may be lent: the encoded octets of a cached response, in which the date
 * will change. They are copied when they have to wait. All connections together have a bound for
 * these copies, `queuedBytesMax`; a connection that would need more is given up. Longer pieces are
 * views of what is kept elsewhere, and cost nothing here.
 */

import { latin1Bytes, latin1Into } from "../../http/octets/bytes.ts";
import type { FileSource } from "../../http/message/response.ts";
import type { FileOutlet } from "./file-sender.ts";
import type { Transport } from "./transport.ts";
import type { WriteOutcome } from "./write-outcome.ts";

const gatherBytes = 128 * 1024;

/** One buffer to gather writes in, for all connections; it holds nothing between two flushes. */
const gather = Buffer.allocUnsafeSlow(gatherBytes);

/**
 * `piece` in a form that can wait. A short piece may be lent, or lie in the gathering buffer, so it
 * is copied. (A Buffer's own `slice` would be a view.)
 */
function owned(piece: string | Uint8Array): string | Uint8Array {
  return typeof piece === "string" || piece.length > gatherBytes ? piece : new Uint8Array(piece);
}

/** How many octets `piece` takes while it waits; a long one is a view of what is kept elsewhere. */
function copiedOctets(piece: string | Uint8Array): number {
  return typeof piece !== "string" && piece.length > gatherBytes ? 0 : piece.length;
}

/** The memory that the output of all connections may take. */
export interface QueuedMemory {
  /** Takes memory for `octets` octets; false when there is not enough. */
  take(octets: number): boolean;
  /** Gives back what was taken for `octets` octets. */
  release(octets: number): void;
}

/** The ordered, unsent output of one connection. */
export class WriteQueue implements FileOutlet {
  /** Where the octets go: to the client, or for one response through what makes it faulty. */
  transport: Transport;
  readonly #memory: QueuedMemory | undefined;
  /** Octets of copies for which memory was taken. */
  #held = 0;
  /** What is left of a long piece, which is kept elsewhere however little is left. */
  #longRest: Uint8Array | undefined;
  #pieces: (string | Uint8Array)[] = [];
  /** The octets of all pieces; text is Latin-1, an octet for each code unit. */
  #pending = 0;
  /** Whether the socket was full when it was last written to, and has not drained since. */
  #blocked = false;
  #gone = false;
  /** Whether octets are queued that a route or a stream may overwrite later. */
  #hasForeign = false;

  /** Without `memory` there is no bound but that of each connection. */
  constructor(transport: Transport, memory?: QueuedMemory) {
    this.transport = transport;
    this.#memory = memory;
  }

  /** Octets that the socket has not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether the socket takes nothing until it has drained. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Whether there is output, all of which may be written later in this turn as well. */
  get mayWait(): boolean {
    return this.#pending > 0 && !this.#blocked && !this.#hasForeign;
  }

  /** The socket takes octets again. */
  drained(): void {
    this.#blocked = false;
  }

  /** Adds `text`, which is Latin-1. */
  addText(text: string): void {
    this.#pieces.push(text);
    this.#pending += text.length;
  }

  /**
   * Adds `octets`. They must not change before the next flush; and if they are too long to be
   * gathered, not before they are written.
   */
  addBytes(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#pieces.push(this.#blocked ? owned(octets) : octets);
    this.#pending += octets.length;
  }

  /** Adds `octets` that a route or a stream may overwrite later, so they are written at once. */
  addForeign(octets: Uint8Array): void {
    this.#hasForeign = true;
    this.addBytes(octets);
  }

  /**
   * Writes until nothing is left or the socket is full. With `more` the kernel is told that octets
   * follow at once, so that it sends no packet for these alone.
   */
  flush(more = false): WriteOutcome {
    if (this.#blocked && !this.#gone) return "blocked";
    while (this.#pending > 0 && !this.#gone) {
      const batch = this.#nextBatch();
      const taken = this.#writeOnce(batch, more);
      if (taken < 0) break;
      this.#pending -= taken;
      if (taken === batch.length) continue;
      const rest = batch.subarray(taken);
      const isLong = batch.length > gatherBytes || batch === this.#longRest;
      this.#longRest = isLong ? rest : undefined;
      this.#gone = !this.#keep(isLong ? this.#pieces : [rest, ...this.#pieces]);
      if (this.#gone) break;
      if (isLong) this.#pieces.unshift(rest);
      return "blocked";
    }
    this.#hasForeign = false;
    if (this.#held > 0) this.#hold(0);
    if (!this.#gone) return "sent";
    this.#pieces = [];
    this.#pending = 0;
    return "gone";
  }

  /** Has `pieces` wait, which are copied where they have to be; false for too many of them. */
  #keep(pieces: readonly (string | Uint8Array)[]): boolean {
    if (!this.#hold(pieces.reduce((sum, piece) => sum + copiedOctets(piece), 0))) return false;
    this.#pieces = pieces.map(owned);
    return true;
  }

  /** Takes memory for copies of `octets` octets in place of those before; false for too many. */
  #hold(octets: number): boolean {
    this.#memory?.release(this.#held);
    this.#held = 0;
    if (octets === 0 || this.#memory === undefined) return true;
    if (!this.#memory.take(octets)) return false;
    this.#held = octets;
    return true;
  }

  /** The connection is over: nothing is sent any more. */
  release(): void {
    this.#pieces = [];
    if (this.#held > 0) this.#hold(0);
  }

  /**
   * Writes octets that aren't queued, when nothing is: how many were taken, -1 when the transport
   * is closed. What was not taken is the caller's to write again after the drain.
   */
  write(octets: Uint8Array): number {
    return this.#writeOnce(octets, false);
  }

  /** Lets the kernel send from a file, when nothing is queued; answers as the transport does. */
  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    return this.transport.sendFile(file, position, octets);
  }

  /** Every write goes through here, so this alone knows that the socket is full, or closed. */
  #writeOnce(octets: Uint8Array, more: boolean): number {
    const taken = more ? this.transport.writeMore(octets) : this.transport.write(octets);
    if (taken < 0) this.#gone = true;
    else if (taken < octets.length) this.#blocked = true;
    return taken;
  }

  /** Takes out the next pieces: a large one as it is, small ones gathered. */
  #nextBatch(): Uint8Array {
    const [first] = this.#pieces;
    if (first instanceof Uint8Array && (this.#pieces.length === 1 || first.length >= gatherBytes)) {
      this.#pieces.shift();
      return first;
    }
    let length = 0;
    let count = 0;
    for (const piece of this.#pieces) {
      if (length + piece.length > gatherBytes) break;
      if (typeof piece === "string") latin1Into(gather, piece, length);
      else gather.set(piece, length);
      length += piece.length;
      count++;
    }
    if (count === 0 && typeof first === "string") {
      this.#pieces.shift();
      return latin1Bytes(first);
    }
    this.#pieces.splice(0, count);
    return gather.subarray(0, length);
  }
}
