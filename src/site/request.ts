/**
 * What stands between the server and whoever answers: a request goes in, a response value comes
 * out. A handler sees no socket, no parser and no clock; it may be a plain function of its request.
 */

import type { OctetRange } from "../http/octets/bytes.ts";
import type { Refusal, RefusalKind } from "../http/message/error.ts";
import { refusals } from "../http/message/error.ts";
import type { Fields } from "../http/fields/fields.ts";
import type { RequestHead } from "../http/message/request.ts";
import type { Response } from "../http/message/response.ts";

/**
 * The body of a request, pulled by whoever wants it. Until it is asked for, nothing of it is read
 * from the client, beyond a buffer, and no 100 (Continue) is sent (RFC 9110 §10.1.1).
 *
 * ```ts
 * for await (const chunk of request.body) hash.update(chunk);
 * ```
 *
 * The iteration is that of `chunks()`: under `limits.bodyBytesMax`.
 */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** The fields after a chunked body (RFC 9112 §7.1.2); empty until the body has been read. */
  readonly trailers: Fields;

  /**
   * The next octets, as they arrived; undefined at the end, and again ever after. Rejects with a
   * `BodyError` when the body is malformed, late, or cut off. One read at a time.
   */
  read(): Promise<Uint8Array | undefined>;

  /**
   * All octets, where none has been read yet and all have arrived: at once, for a handler that can
   * answer at once then. Undefined where they have to be waited for; throws as `readAll` rejects.
   */
  arrived(octetsMax?: number): OctetRange | undefined;

  /**
   * All octets that have not been read yet. Rejects with a `BodyError` as above, and with
   * "body-too-large" when there are more than `octetsMax`, at once if that was declared. The
   * default is `limits.bodyBytesMax`, and an argument may be more than that.
   */
  readAll(octetsMax?: number): Promise<Uint8Array>;

  /**
   * The octets as they arrive, piece by piece; the client is held back while nobody asks for the
   * next. Throws as `readAll` rejects, when there are more than `octetsMax`. A loop that is left
   * early leaves the rest to be read.
   */
  chunks(octetsMax?: number): AsyncIterable<Uint8Array>;
}

/** A request as it arrived. */
export interface Request {
  readonly head: RequestHead;
  readonly body: RequestBody;
  /** The client's IP address, without a port. */
  readonly remoteAddress: string;
  /** When the head was whole, in milliseconds since 1970 (UTC). */
  readonly receivedMs: number;
}

/**
 * Answers a request. A handler that has its answer at once returns it at once, and the response
 * leaves in the same turn of the event loop. What it throws becomes a 500, a `BodyError` the
 * refusal it names.
 */
export type Handler = (request: Request) => Response | Promise<Response>;

/** The content of a request can't be read, or isn't what it has to be. */
export class BodyError extends Error {
  /** The kind of the refusal, or "gone". */
  readonly kind: string;
  /** How the client is answered; undefined when the connection is gone, and with it the client. */
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
