/**
 * The head of a request in terms that all versions of HTTP share (RFC 9110). Each version's reader
 * makes its own implementation; syntax, framing and persistence stay with the connection.
 */

import type { Slot } from "../../base/slot.ts";
import type { Fields } from "../fields/fields.ts";
import type { Authority, Target } from "./target.ts";

/** The version a request is served as (RFC 9110 §2.5). Later minor versions are served as 1.1. */
export type HttpVersion = "HTTP/1.0" | "HTTP/1.1";

/** A request without its content. */
export interface RequestHead {
  /** Case-sensitive, a token (RFC 9110 §9.1). */
  readonly method: string;

  /** The request target in the spelling of the client. */
  readonly rawTarget: string;

  /** The request target, split into its parts. */
  readonly target: Target;

  /** The host the request is for (RFC 9110 §7.2); undefined when an HTTP/1.0 client names none. */
  readonly authority: Authority | undefined;

  readonly version: HttpVersion;

  readonly fields: Fields;

  /** Whether content follows the head. It may turn out to be empty. */
  readonly hasContent: boolean;

  /** The octets of content that the client has declared; undefined when it has not, or has none. */
  readonly contentLength: number | undefined;

  /** Whether the client waits for 100 (Continue) before it sends content (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;

  /** Whether the client asks to switch to WebSocket (RFC 6455 §4.1). */
  readonly opensWebSocket: boolean;

  /** Whether the client understands interim responses; HTTP/1.0 has none (RFC 9110 §15.2). */
  readonly acceptsInterim: boolean;

  /** The head as it arrived, from its first octet to its last. */
  readonly octets: Uint8Array;

  /**
   * Present when this very object is given out again for each request with the same octets. What
   * follows from the head is kept here, and is dropped with the head.
   */
  readonly slot: Slot | undefined;
}
