/**
 * The head of a request to a backend, in terms that all versions of HTTP share.
 */

import type { ResponseField } from "./response.ts";

/** A request without its content, as it is to be written. */
export interface OutgoingHead {
  readonly method: string;
  /** In origin form (RFC 9112 §3.2.1). */
  readonly target: string;
  /** All fields but those that are written here; Host is among them. */
  readonly fields: readonly ResponseField[];
  /** How the content is delimited: by its octets, by chunks, or there is none. */
  readonly content: number | "chunked" | "none";
  /** Whether the content waits for 100 (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean;
  /** The protocols that the client asks to switch to (RFC 9110 §7.8); undefined for none. */
  readonly upgrade: string | undefined;
}
