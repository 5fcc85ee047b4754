/**
 * The interface between the server and a handler: a request goes in, a response value comes out. A
 * handler sees no socket, no parser and no clock, so it can be a plain function of its request.
 */

import type { OctetRange } from "../http/octets/bytes.ts";
import type { Refusal, RefusalKind } from "../http/message/error.ts";
import { refusals } from "../http/message/error.ts";
import type { Fields } from "../http/fields/fields.ts";
import type { RequestHead } from "../http/message/request.ts";
import type { Response, ResponseField } from "../http/message/response.ts";
import type { Authority, Scheme } from "../http/message/target.ts";

/**
 * The body of a request, pulled by the handler. Before the first read, no more than one buffer is
 * read from the client and no 100 (Continue) is sent (RFC 9110 §10.1.1).
 *
 * ```ts
 * for await (const chunk of request.body) hash.update(chunk);
 * ```
 *
 * Iterating the body is iterating `chunks()`, limited to `limits.bodyBytesMax`.
 */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** The fields after a chunked body (RFC 9112 §7.1.2); empty until the body has been read. */
  readonly trailers: Fields;

  /**
   * The next octets, as they arrived; undefined at the end and on every later call. Rejects with a
   * `BodyError` when the body is malformed, times out or is cut off. Only one read may be pending.
   */
  read(): Promise<Uint8Array | undefined>;

  /**
   * All octets, if none has been read yet and all have arrived, so that the handler can answer at
   * once. Undefined when some are still to arrive. Throws what `readAll` would reject with.
   */
  arrived(octetsMax?: number): OctetRange | undefined;

  /**
   * All octets that have not been read yet. Rejects with a `BodyError` like `read`, and with
   * "body-too-large" when there are more than `octetsMax`; at once if the declared length says so.
   * The default is `limits.bodyBytesMax`, which `octetsMax` may exceed.
   */
  readAll(octetsMax?: number): Promise<Uint8Array>;

  /**
   * Says how many octets of it a reader keeps in memory until the exchange is over, as a sum; a
   * reader that gathers the content itself. Throws a `BodyError`, "overloaded", when the bodies of
   * all requests together would hold more than `limits.bodiesBytesMax`.
   */
  keep(octets: number): void;

  /**
   * The octets as they arrive, piece by piece. The server stops reading from the client until the
   * next piece is requested. Throws what `readAll` would reject with, including for more than
   * `octetsMax`. After an early exit from the loop the rest can still be read.
   */
  chunks(octetsMax?: number): AsyncIterable<Uint8Array>;
}

/** The connection of a request. */
export interface RequestConnection {
  /**
   * Sends a response of 1xx ahead of the answer to `request`. Does nothing when the client would
   * not understand it, or has its answer.
   */
  inform?(request: Request, status: number, fields: readonly ResponseField[]): void;
}

/** What a trusted proxy says of a request that it passes on (RFC 7239 §5). */
export interface Forwarded {
  /** The proxy's own IP address, without a port: that of the socket. */
  readonly peerAddress: string;
  /** The scheme of the client's request; undefined when the proxy doesn't say. */
  readonly scheme: Scheme | undefined;
  /** The host that the client asked for; undefined when the proxy doesn't say. */
  readonly authority: Authority | undefined;
}

/** A request as it arrived. */
export interface Request {
  readonly head: RequestHead;
  readonly body: RequestBody;
  /** The client's IP address, without a port; that which a trusted proxy names, if it names one. */
  readonly remoteAddress: string;
  /**
   * Set when a trusted proxy says of the client what counts. Its peers alone are trusted, and not
   * its octets: nothing that follows from this may be kept with the head.
   */
  readonly forwarded?: Forwarded | undefined;
  /** When the head was complete, in milliseconds since 1970 (UTC). */
  readonly receivedMs: number;
  /** The connection it came on: one object for all its requests. Absent without a server. */
  readonly connection?: RequestConnection;
  /** The user whose password came with it, once that is verified. */
  user?: string;
  /** Set when the client has left, or is not waited for any more, before its response was whole. */
  hasLeft?: boolean;
  /** Set by a handler that has a deadline of its own for its answer, and not `handlerTimeMs`. */
  hasOwnDeadline?: boolean;
  /**
   * Set while content is received that is kept when it breaks off: says so, with how much it is so
   * far, for the log.
   */
  explainBreak?: (() => string) | undefined;
  /** Called once, when `hasLeft` is set. It must not throw, and must not touch the request. */
  whenLeft?: () => void;
  /** Told of each message that comes in the WebSocket which the request has opened. */
  tookMessage?: (message: string | Uint8Array) => void;
}

/** The host that the client asked for: the one that a trusted proxy names goes first. */
export function askedAuthority({
  head,
  forwarded,
}: Pick<Request, "head" | "forwarded">): Authority | undefined {
  return forwarded?.authority ?? head.authority;
}

/**
 * Answers a request. A response that is returned without a promise is sent in the same turn of the
 * event loop. An exception becomes a 500, and a `BodyError` becomes the refusal that it names.
 */
export type Handler = (request: Request) => Response | Promise<Response>;

/** The content of a request can't be read, or is not in the expected format. */
export class BodyError extends Error {
  /** The kind of the refusal, or "gone". */
  readonly kind: string;
  /** How the request is answered; undefined when the connection is closed. */
  readonly refusal: Refusal | undefined;

  constructor(cause: Refusal | RefusalKind | "gone") {
    const kind = typeof cause === "string" ? cause : cause.kind;
    super(`the request's body can't be read: ${kind}`);
    this.name = "BodyError";
    this.kind = kind;
    if (typeof cause !== "string") this.refusal = cause;
    else this.refusal = cause === "gone" ? undefined : refusals[cause];
  }
}
