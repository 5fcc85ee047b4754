/**
 * The reading side of a connection: the parser, and the body of the current request. The body's
 * octets are delivered to a handler that waits for them, or discarded, so that the next request can
 * be found behind them.
 */

import type { Limits } from "../../base/limits.ts";
import type { OctetRange } from "../../http/octets/bytes.ts";
import type { ConnectionState } from "../../http1/connection-state.ts";
import type { Refusal } from "../../http/message/error.ts";
import { RequestParser } from "../../http1/request-parser.ts";
import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { Http1RequestHead } from "../../http1/request-head.ts";
import type { MemoryTotal } from "../connection/memory-total.ts";
import type { BodySource } from "../connection/request-body.ts";
import { IncomingBody, noBody } from "../connection/request-body.ts";
import type { Transport } from "../connection/transport.ts";

/**
 * What came of feeding a handler. "fed": it got octets, or the end. "starved": no octets have
 * arrived. "broken": the body is malformed. "unwanted": no reader waits.
 */
type FeedOutcome =
  | { readonly kind: "fed" }
  | { readonly kind: "starved" }
  | { readonly kind: "broken"; readonly refusal: Refusal }
  | { readonly kind: "unwanted" };

/** Smaller chunks are handed over together with what follows. */
const gatheredBytesMax = 4096;

const fed: FeedOutcome = { kind: "fed" };
const starved: FeedOutcome = { kind: "starved" };
const unwanted: FeedOutcome = { kind: "unwanted" };

/** The reading side of one connection. */
export class RequestReader implements BodySource {
  readonly parser: RequestParser;
  /** Called when a reader of a body begins to wait. */
  readonly wanted: () => void;
  readonly #limits: Limits;
  readonly #memory: MemoryTotal;
  #paused = false;
  /** Octets that were discarded unread. */
  #lingeredOctets = 0;

  constructor(limits: Limits, heads: RequestHeadCache, memory: MemoryTotal, wanted: () => void) {
    this.#memory = memory;
    this.parser = new RequestParser(limits, heads);
    this.wanted = wanted;
    this.#limits = limits;
  }

  /**
   * Whether octets that arrive are discarded unread, on a connection in `state`, whose response
   * says by `persist` whether another request is read after it.
   */
  isDeaf(state: ConnectionState, persist: boolean | undefined): boolean {
    if (this.parser.place === "failed" || state === "lingering" || state === "refusing")
      return true;
    // The last response is still being sent, and no request is read after it.
    return state === "settling" && persist === false;
  }

  /** Counts `octets` that are discarded unread. False when they are more than is worth it. */
  linger(octets: Uint8Array): boolean {
    this.#lingeredOctets += octets.length;
    return this.#lingeredOctets <= this.#limits.lingerBytesMax;
  }

  /** Whether `body` has been read, by a handler or now. */
  hasRead(body: IncomingBody): boolean {
    return this.discard(body) && body.isRead;
  }

  /** The body of the request whose `head` has just been read. */
  bodyOf(head: Http1RequestHead): IncomingBody {
    if (!head.hasContent) {
      // The parser reports the end of a message without content, too.
      this.parser.next();
      return noBody;
    }
    const body = new IncomingBody(head.contentLength, this, this.#limits.bodyBytesMax);
    body.continueDue = head.expectsContinue;
    return body;
  }

  /** Gives a waiting handler the next octets of `body`. */
  feed(body: IncomingBody): FeedOutcome {
    if (!body.wanted) return unwanted;
    const event = this.parser.next();
    switch (event.kind) {
      case "body":
        return this.#deliver(body, event.octets);
      case "end":
        body.end(event.trailers);
        return fed;
      case "error":
        return { kind: "broken", refusal: event.refusal };
      default:
        // A chunk's size is enough to refuse its data, which may never arrive (RFC 9112 §7.1).
        return body.overfills(this.parser.octetsAhead) ? fed : starved;
    }
  }

  /** Gives a waiting handler `octets`, and the end if that follows. */
  #deliver(body: IncomingBody, octets: Uint8Array): FeedOutcome {
    const isChunked = body.contentLength === undefined;
    if (isChunked && octets.length < gatheredBytesMax && this.parser.buffered > 0) {
      return this.#deliverChunks(body, octets);
    }
    this.#hand(body, octets);
    // The end of a body with a length follows from its last octet, so it is read at once.
    if (this.parser.isBodyRead) this.discard(body);
    return fed;
  }

  /** Small chunks that have arrived together are one piece: each piece costs a promise. */
  #deliverChunks(body: IncomingBody, first: Uint8Array): FeedOutcome {
    const gathered = new Uint8Array(first.length + this.parser.buffered);
    gathered.set(first);
    let { length } = first;
    let event = this.parser.next();
    for (; event.kind === "body"; event = this.parser.next()) {
      gathered.set(event.octets, length);
      length += event.octets.length;
    }
    // An error is there again when the next octets are asked for.
    this.#hand(body, gathered.subarray(0, length));
    if (event.kind === "end") body.end(event.trailers);
    return fed;
  }

  /** Hands `octets` to the reader that waits, unless they are too many, with those that follow. */
  #hand(body: IncomingBody, octets: Uint8Array): void {
    if (body.overfills(octets.length + this.parser.octetsAhead)) body.discard(octets);
    else body.deliver(octets);
  }

  /** Reads the whole of `body`, of which nothing was read, if it has a length and has arrived. */
  takeWhole(body: IncomingBody): OctetRange | undefined {
    const octets = this.parser.takeBody();
    if (octets === undefined) return undefined;
    body.count(octets.length);
    body.tap?.took(octets.octets);
    this.discard(body);
    return octets;
  }

  take(octets: number, before: number): boolean {
    return this.#memory.take(octets, before, this.#limits.bodiesBytesMax);
  }

  release(octets: number): void {
    this.#memory.release(octets);
  }

  hold(octets: number, before: number): void {
    this.#memory.hold(octets, before);
  }

  /**
   * Reads on in a `body` that no handler wants, as far as it has arrived. False when it is not
   * worth it, or the body is malformed; where the next request begins can't be known then.
   */
  discard(body: IncomingBody): boolean {
    while (!body.isRead) {
      const event = this.parser.next();
      switch (event.kind) {
        case "body":
          body.discard(event.octets);
          if (body.discarded > this.#limits.discardBytesMax) return false;
          break;
        case "end":
          body.end(event.trailers);
          break;
        case "need-data":
          return !this.#hasLongChunk(body);
        default:
          return false;
      }
    }
    return true;
  }

  /** Goes on reading, and answers with what came behind the last request: the end of HTTP here. */
  leave(transport: Transport): Uint8Array {
    if (this.#paused) transport.resume();
    this.#paused = false;
    return this.parser.takeRest();
  }

  /**
   * Whether the present chunk alone makes `body` too long to discard. A declared length is compared
   * before the response, and the size of a chunk is known only when it arrives.
   */
  #hasLongChunk(body: IncomingBody): boolean {
    if (body.contentLength !== undefined) return false;
    return body.discarded + this.parser.octetsAhead > this.#limits.discardBytesMax;
  }

  /**
   * Whether so much of `body` is still to come that closing is cheaper than reading on (RFC 9112
   * §9.3), or the client may never send it because it was not told to go on (RFC 9110 §10.1.1).
   */
  leavesTooMuch(body: IncomingBody): boolean {
    if (body.isRead) return false;
    const { octetsAhead } = this.parser;
    const left = Math.max((body.contentLength ?? 0) - body.octets, octetsAhead);
    return body.continueDue || left > this.#limits.discardBytesMax;
  }

  /**
   * Resumes reading from the socket, or pauses it and leaves what arrives in the kernel's buffer.
   * So a client that sends and never reads costs the buffers of its socket and no more.
   */
  steer(
    transport: Transport,
    state: ConnectionState,
    body: IncomingBody | undefined,
    outputBlocked: boolean,
  ): void {
    body?.waitWith(this.parser.buffered);
    const wanted = this.#wantsInput(state, body, outputBlocked);
    if (wanted !== this.#paused) return;
    this.#paused = !wanted;
    if (wanted) transport.resume();
    else transport.pause();
  }

  #wantsInput(
    state: ConnectionState,
    body: IncomingBody | undefined,
    outputBlocked: boolean,
  ): boolean {
    const { buffered } = this.parser;
    if (buffered === 0) return true;
    switch (state) {
      case "idle":
      case "head":
        return !outputBlocked;
      case "handling":
      case "answering":
        if (body === undefined || body.isRead) return false;
        if (body.wanted) return true;
        if (this.#memory.isFull(buffered, this.#limits.bodiesBytesMax)) return false;
        return buffered < this.#limits.bodyBufferBytesMax;
      default:
        return true;
    }
  }
}
