/**
 * The reading side of a connection: the parser, and what becomes of a request's body, which is
 * given to a handler that waits for it, or read and thrown away so that the next request can be
 * found.
 */

import type { Limits } from "../../base/limits.ts";
import type { OctetRange } from "../../http/bytes.ts";
import type { ConnectionState } from "../../http1/connection-state.ts";
import type { ProtocolError } from "../../http/error.ts";
import { RequestParser } from "../../http1/request-parser.ts";
import type { RequestHeadCache } from "../../http1/request-head-cache.ts";
import type { RequestHead } from "../../http1/request-head.ts";
import { Exchange } from "../connection/exchange.ts";
import { IncomingBody, noBody } from "../connection/request-body.ts";
import type { Transport } from "../connection/transport.ts";

/**
 * What a try to feed a handler came to: it got octets, or the end; nothing has arrived; the body is
 * malformed; nobody waits.
 */
export type FeedOutcome =
  | { readonly kind: "fed" }
  | { readonly kind: "starved" }
  | { readonly kind: "broken"; readonly error: ProtocolError }
  | { readonly kind: "unwanted" };

const fed: FeedOutcome = { kind: "fed" };
const starved: FeedOutcome = { kind: "starved" };
const unwanted: FeedOutcome = { kind: "unwanted" };

/** Whether a handler waits for octets that have yet to come. */
export function awaitsBody(exchange: Exchange | undefined): boolean {
  return exchange?.body?.wanted === true && !exchange.requestRead;
}

/** The reading side of one connection. */
export class RequestReader {
  readonly parser: RequestParser;
  readonly #limits: Limits;
  #paused = false;

  constructor(limits: Limits, heads: RequestHeadCache) {
    this.parser = new RequestParser(limits, heads);
    this.#limits = limits;
  }

  /** Gives a waiting handler the next octets of the body. */
  feed(exchange: Exchange): FeedOutcome {
    if (!awaitsBody(exchange)) return unwanted;
    const event = this.parser.next();
    switch (event.kind) {
      case "body":
        exchange.continueDue = false;
        exchange.bodyOctets += event.octets.length;
        exchange.body?.deliver(event.octets);
        // The end has come with it, and need not be waited for.
        if (this.parser.isBodyRead) this.discard(exchange);
        return fed;
      case "end":
        exchange.requestRead = true;
        exchange.body?.end(event.trailers);
        return fed;
      case "error":
        return { kind: "broken", error: event.error };
      default:
        return starved;
    }
  }

  /** The exchange that the request with `head` begins; `wanted` is called when its body is. */
  begin(head: RequestHead, startedMs: number, wanted: () => void): Exchange {
    if (head.framing.kind !== "none") return this.#withBody(head, startedMs, wanted);
    const exchange = new Exchange(head, noBody, startedMs);
    this.discard(exchange);
    return exchange;
  }

  #withBody(head: RequestHead, startedMs: number, wanted: () => void): Exchange {
    const { bodyBytesMax } = this.#limits;
    const whole = (): OctetRange | undefined => this.#whole(exchange);
    const body = new IncomingBody(head.framing, wanted, bodyBytesMax, whole);
    const exchange = new Exchange(head, body, startedMs);
    return exchange;
  }

  /** Reads the whole body with a length, if it has arrived and nothing of it was read. */
  #whole(exchange: Exchange): OctetRange | undefined {
    if (exchange.requestRead || exchange.bodyOctets > 0) return undefined;
    const body = this.parser.takeBody();
    if (body === undefined) return undefined;
    exchange.continueDue = false;
    exchange.bodyOctets = body.length;
    this.discard(exchange);
    return body;
  }

  /**
   * Reads on in a body that nobody wants, as far as it has arrived. False when it is not worth it,
   * or broken; where the next request begins can't be known then.
   */
  discard(exchange: Exchange): boolean {
    while (!exchange.requestRead) {
      const event = this.parser.next();
      switch (event.kind) {
        case "body":
          exchange.bodyOctets += event.octets.length;
          exchange.discardedOctets += event.octets.length;
          if (exchange.discardedOctets > this.#limits.discardBytesMax) return false;
          break;
        case "end":
          exchange.requestRead = true;
          exchange.body?.end(event.trailers);
          break;
        case "need-data":
          return true;
        default:
          return false;
      }
    }
    return true;
  }

  /**
   * Whether so much of the body is still to come that closing is cheaper than reading on (RFC 9112
   * §9.3), or the client may never send it because it was not told to go on (RFC 9110 §10.1.1).
   */
  leavesTooMuch(exchange: Exchange): boolean {
    if (exchange.requestRead) return false;
    const framing = exchange.head?.framing;
    const declared = framing?.kind === "length" ? framing.octets - exchange.bodyOctets : 0;
    return exchange.continueDue || declared > this.#limits.discardBytesMax;
  }

  /**
   * Reads on, or leaves what comes in the kernel's buffer until it is wanted: a client that sends
   * and never reads costs its socket's buffers and no more.
   */
  steer(
    transport: Transport,
    state: ConnectionState,
    exchange: Exchange | undefined,
    outputBlocked: boolean,
  ): void {
    const wanted = this.#wantsInput(state, exchange, outputBlocked);
    if (wanted !== this.#paused) return;
    this.#paused = !wanted;
    if (wanted) transport.resume();
    else transport.pause();
  }

  #wantsInput(
    state: ConnectionState,
    exchange: Exchange | undefined,
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
        if (exchange?.requestRead !== false) return false;
        return awaitsBody(exchange) || buffered < this.#limits.bodyBufferBytesMax;
      default:
        return true;
    }
  }
}
