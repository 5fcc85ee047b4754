/**
 * What a connection has still to write: pieces in their order, put together into as few writes as
 * there can be. Nothing is corked by the socket itself, so two writes would be two packets;
 * whatever one turn of the event loop answers leaves in one.
 *
 * Only what the socket did not take is kept: at most one gathered write, and the pieces behind it.
 * What is short may be lent, an answer that is sent again and again and whose date will change: it
 * is copied when it has to wait.
 */

import { latin1Bytes, latin1Into } from "../../http/bytes.ts";
import type { FileSource } from "../../http/response.ts";
import type { FileOutlet } from "./file-sender.ts";
import type { Transport } from "./transport.ts";
import type { WriteOutcome } from "./write-outcome.ts";

const gatherBytes = 128 * 1024;

/** One buffer to gather writes in, for all connections: it is empty between two flushes. */
const gather = Buffer.allocUnsafeSlow(gatherBytes);

/**
 * `piece` as it can wait: what is short may be lent, or stand in the gathering buffer. (A Buffer's
 * own `slice` would be a view.)
 */
function owned(piece: string | Uint8Array): string | Uint8Array {
  return typeof piece === "string" || piece.length > gatherBytes ? piece : new Uint8Array(piece);
}

/** The ordered, unsent output of one connection. */
export class WriteQueue implements FileOutlet {
  readonly #transport: Transport;
  #pieces: (string | Uint8Array)[] = [];
  /** The octets of all pieces; a text piece is Latin-1, an octet for each code unit. */
  #pending = 0;
  /** Whether the socket was full when it was last written to, and has not drained since. */
  #blocked = false;
  #gone = false;
  /** Whether octets are queued that are somebody else's. */
  #hasForeign = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Octets not yet handed to the socket. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether the socket takes nothing until it has drained. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Whether there is something to write that could be written later in this turn as well. */
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
   * Adds `octets`, which must not change until they have been flushed, or, when they are more than
   * one write gathers, until they are written.
   */
  addBytes(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#pieces.push(this.#blocked ? owned(octets) : octets);
    this.#pending += octets.length;
  }

  /** Adds `octets` that are somebody else's, and are to be written at once if they can be. */
  addForeign(octets: Uint8Array): void {
    this.#hasForeign = true;
    this.addBytes(octets);
  }

  /**
   * Writes until nothing is left or the socket takes no more. With `more` it is told that more
   * follows at once, so that it doesn't send a packet for this alone.
   */
  flush(more = false): WriteOutcome {
    if (this.#blocked && !this.#gone) return "blocked";
    while (this.#pending > 0 && !this.#gone) {
      const batch = this.#nextBatch();
      const taken = this.#writeOnce(batch, more);
      if (taken < 0) break;
      this.#pending -= taken;
      if (taken === batch.length) continue;
      this.#pieces = [batch.subarray(taken), ...this.#pieces].map(owned);
      return "blocked";
    }
    this.#hasForeign = false;
    if (!this.#gone) return "sent";
    this.#pieces = [];
    this.#pending = 0;
    return "gone";
  }

  /**
   * Writes octets that aren't queued, when nothing is: how many were taken, -1 when the transport is
   * closed. What was not taken is the caller's to write again after the drain.
   */
  write(octets: Uint8Array): number {
    return this.#writeOnce(octets, false);
  }

  /** Lets the kernel send from a file, when nothing is queued; answers as the transport does. */
  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    return this.#transport.sendFile(file, position, octets);
  }

  /** Every write goes through here, so this alone knows that the socket is full, or closed. */
  #writeOnce(octets: Uint8Array, more: boolean): number {
    const taken = more ? this.#transport.writeMore(octets) : this.#transport.write(octets);
    if (taken < 0) this.#gone = true;
    else if (taken < octets.length) this.#blocked = true;
    return taken;
  }

  /** Takes the next pieces out: a large one as it is, small ones gathered. */
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
