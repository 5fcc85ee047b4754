/**
 * How a connection sends a response with faults: its octets go through a transport that changes,
 * delays or breaks them off, and no other response's do.
 *
 * The connection asks for the next request when the last octet has been handed to the client's
 * transport, so what is queued meanwhile is of this response alone.
 */

import type { Transport } from "../../connection/transport.ts";

/** A response as its connection is about to send it. */
export interface FaultyResponse {
  /** Octets of earlier responses that are written first, and have no faults. */
  readonly octetsBefore: number;
  /** How the body is delimited (RFC 9112 §6.3). What opens a tunnel has no faults. */
  readonly framing: "none" | "length" | "chunked" | "close" | "tunnel";
  /** How long its content is; undefined when that isn't known yet. */
  readonly contentOctets: number | undefined;
  /** Called when a fault has waited for long enough, and the transport takes octets again. */
  readonly goOn: () => void;
}

/** The transport of one response with faults. */
export interface FaultyTransport extends Transport {
  /** Whether a fault holds octets back now. The client isn't to blame for it. */
  readonly isWaiting: boolean;
  /** Whether it waits for the client to leave, and for nothing else. */
  readonly isStalled: boolean;
  /** Octets of content that were handed to the client's transport. */
  readonly contentOctets: number;
  /**
   * The response is sent, or the connection is over: no timer is left. Returns the transport that
   * its octets went to.
   */
  release(): Transport;
}

/** What a `ResponseFaults` is. */
export interface Faulting {
  /** The transport for `response`, whose octets go on to `transport`. */
  over(transport: Transport, response: FaultyResponse): FaultyTransport;
}
