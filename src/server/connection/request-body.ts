/**
 * The body of a request as its handler sees it: octets to pull. The connection takes octets from
 * the parser only when a reader waits for them, so a handler that doesn't read holds the client
 * back and fills no memory.
 */

import type { RequestBody } from "../../site/request.ts";
import { BodyError } from "../../site/request.ts";
import type { OctetRange } from "../../http/octets/bytes.ts";
import type { Refusal } from "../../http/message/error.ts";
import type { Fields } from "../../http/fields/fields.ts";
import { noFields } from "../../http/fields/fields.ts";

interface Reader {
  readonly resolve: (octets: Uint8Array | undefined) => void;
  readonly reject: (error: BodyError) => void;
}

/** What fills a body: the reading side of its connection. */
export interface BodySource {
  /** A reader of the body begins to wait. The source may fill the body before it returns. */
  wanted(): void;
  /**
   * Reads `body` and ends it, if all of it has arrived: its octets. Asked only when nothing of it
   * was read. Absent where octets come piece by piece only.
   */
  takeWhole?(body: IncomingBody): OctetRange | undefined;
  /**
   * Whether a buffer of `octets` octets for a body that is gathered, instead of one of `before`, is
   * granted. Absent where memory isn't counted.
   */
  take?(octets: number, before: number): boolean;
  /** A buffer of `octets` octets that was granted is not held any more. */
  release?(octets: number): void;
  /** `octets` octets have arrived and wait for a reader, instead of `before`. */
  hold?(octets: number, before: number): void;
}

/** Is told of what is read of a body, by a handler or to be thrown away. */
export interface BodyTap {
  /** The next octets. They are not the tap's: it copies what it keeps. */
  took(octets: Uint8Array): void;
  /** That was all of it. */
  ended(): void;
}

const nothing = new Uint8Array(0);

const noop = (): void => undefined;

/** A body that is filled by its connection, and the one place that knows how far it was read. */
export class IncomingBody implements RequestBody {
  /** The declared length in octets; undefined when there is none. */
  readonly contentLength: number | undefined;
  /** Whether 100 (Continue) is still owed to a client that waits for it (RFC 9110 §10.1.1). */
  continueDue = false;
  /** Told of what is read; set before the first octet is. */
  tap: BodyTap | undefined;
  readonly #source: BodySource;
  readonly #octetsMax: number;
  #reader: Reader | undefined;
  #state: "open" | "ended" | Refusal | "gone" = "open";
  #octets = 0;
  #discarded = 0;
  /** The most octets of the whole body that the present reader takes. */
  #takenMax = Infinity;
  /** The size of the buffer in which it is gathered, which its source has granted. */
  #heldOctets = 0;
  /** Octets of it that have arrived and wait for a reader, as its source was told. */
  #waitingOctets = 0;
  /** Who may still use that buffer: the exchange, and a handler that has not answered. */
  #holders = 1;
  #trailers: Fields = noFields;

  /**
   * `contentLength` is the declared length, if there is one. A reader that names no maximum itself
   * is given `octetsMax` octets at most.
   */
  constructor(contentLength: number | undefined, source: BodySource, octetsMax = Infinity) {
    this.contentLength = contentLength;
    this.#source = source;
    this.#octetsMax = octetsMax;
  }

  /** Whether it has been read to its end, by a handler or by the connection. */
  get isRead(): boolean {
    return this.#state === "ended";
  }

  /** Octets that have been read, those that were discarded included. */
  get octets(): number {
    return this.#octets;
  }

  /** Octets that were read and that no handler wanted. */
  get discarded(): number {
    return this.#discarded;
  }

  get trailers(): Fields {
    return this.#trailers;
  }

  /** Whether a reader waits for octets. */
  get wanted(): boolean {
    return this.#reader !== undefined;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#read(Infinity);
  }

  /** The same for a reader that takes `octetsMax` octets more. */
  #read(octetsMax: number): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) throw new TypeError("one read of a body at a time");
    const promise = new Promise<Uint8Array | undefined>((resolve, reject) => {
      if (this.#state === "ended") resolve(undefined);
      else if (this.#state !== "open") reject(new BodyError(this.#state));
      else this.#reader = { resolve, reject };
    });
    // A rejection that a handler doesn't wait for must not end the process.
    promise.catch(noop);
    this.#takenMax = this.#octets + octetsMax;
    if (this.#reader !== undefined) this.#source.wanted();
    return promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.chunks();
  }

  async *chunks(octetsMax = this.#octetsMax): AsyncGenerator<Uint8Array> {
    this.#refuseDeclared(octetsMax);
    let length = 0;
    for (;;) {
      const octets = await this.#read(octetsMax - length);
      if (octets === undefined) return;
      length += octets.length;
      if (length > octetsMax) throw new BodyError("body-too-large");
      yield octets;
    }
  }

  arrived(octetsMax = this.#octetsMax): OctetRange | undefined {
    this.#refuseDeclared(octetsMax);
    const isUnread = this.#state === "open" && this.#reader === undefined && this.#octets === 0;
    return isUnread ? this.#source.takeWhole?.(this) : undefined;
  }

  readAll(octetsMax = this.#octetsMax): Promise<Uint8Array> {
    const promise = this.#readAll(octetsMax);
    promise.catch(noop);
    return promise;
  }

  async #readAll(octetsMax: number): Promise<Uint8Array> {
    const arrived = this.arrived(octetsMax);
    if (arrived !== undefined) return arrived.octets;
    // Most bodies come in one piece, which is returned as it is. Others are gathered in one buffer,
    // whose size doubles. In a list of views, a body in chunks of one octet would cost a hundred
    // times its size.
    let gathered: Uint8Array = nothing;
    let length = 0;
    for (;;) {
      const octets = await this.#read(octetsMax - length);
      if (octets === undefined) {
        return length === gathered.length ? gathered : gathered.subarray(0, length);
      }
      if (length + octets.length > octetsMax) throw new BodyError("body-too-large");
      if (length === 0) {
        gathered = octets;
        length = octets.length;
        continue;
      }
      if (length + octets.length > gathered.length) {
        const grown = this.#grow(length + octets.length, octetsMax);
        grown.set(gathered.subarray(0, length));
        gathered = grown;
      }
      gathered.set(octets, length);
      length += octets.length;
    }
  }

  /** A buffer for the `octets` octets that are there, with room for more; at most for all. */
  #grow(octets: number, octetsMax: number): Uint8Array {
    const size = Math.min(Math.max(octets * 2, 1024), this.contentLength ?? octetsMax);
    // While the octets are copied there are two buffers; the other one is dropped right after.
    this.keep(size);
    return new Uint8Array(size);
  }

  keep(octets: number): void {
    if (octets <= this.#heldOctets) return;
    if (this.#source.take?.(octets, this.#heldOctets) === false) throw new BodyError("overloaded");
    this.#heldOctets = octets;
  }

  /** `octets` octets of it have arrived and wait for a reader. */
  waitWith(octets: number): void {
    const waiting = this.#state === "open" && this.#holders > 0 ? octets : 0;
    if (waiting === this.#waitingOctets) return;
    this.#source.hold?.(waiting, this.#waitingOctets);
    this.#waitingOctets = waiting;
  }

  /** A handler begins that may hold the body beyond its exchange. */
  hold(): void {
    this.#holders++;
  }

  /** The exchange or its handler is over: the last one of them gives the memory back. */
  release(): void {
    if (this.#holders > 0) this.#holders--;
    if (this.#holders > 0) return;
    this.waitWith(0);
    if (this.#heldOctets === 0) return;
    this.#source.release?.(this.#heldOctets);
    this.#heldOctets = 0;
  }

  /** Throws for a body whose declared length is too large, before any of it is read. */
  #refuseDeclared(octetsMax: number): void {
    if ((this.contentLength ?? 0) > octetsMax) {
      throw new BodyError("body-too-large");
    }
  }

  /**
   * Whether `octets` octets more would be too many for the reader that waits. It is told, and the
   * body stays as it is.
   */
  overfills(octets: number): boolean {
    if (this.#octets + octets <= this.#takenMax) return false;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.reject(new BodyError("body-too-large"));
    return true;
  }

  /** Hands octets to the reader that waits. */
  deliver(octets: Uint8Array): void {
    this.count(octets.length);
    this.tap?.took(octets);
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.resolve(octets);
  }

  /** `octets` octets of it have been read. */
  count(octets: number): void {
    this.#octets += octets;
    this.continueDue = false;
  }

  /** `octets` of it have been read and are thrown away. */
  discard(octets: Uint8Array): void {
    this.#octets += octets.length;
    this.#discarded += octets.length;
    this.tap?.took(octets);
  }

  /** The body has been read to its end. */
  end(trailers: Fields): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#trailers = trailers;
    this.tap?.ended();
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }

  /** The body can't be had, now or later. */
  fail(cause: Refusal | "gone"): void {
    if (this.#state !== "open") return;
    this.#state = cause;
    this.#reader?.reject(new BodyError(cause));
    this.#reader = undefined;
  }
}

/** The body of every request without content: at its end from the start. */
export const noBody = new IncomingBody(undefined, { wanted: noop });
noBody.end(noFields);
