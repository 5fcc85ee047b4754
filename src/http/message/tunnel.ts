/**
 * A connection that has left HTTP (RFC 9110 §7.8): octets both ways, with back-pressure, from the
 * 101 on. The server drives one end and the endpoint that answered with the 101 the other one.
 * Neither sees a socket, so a WebSocket and a proxy that passes upgrades on use the same tunnel.
 */

import type { Limits } from "../../base/limits.ts";

/** The server's end: what the user of a tunnel calls. Once it is over, calls do nothing. */
export interface Tunnel {
  /** Those of the connection. */
  readonly limits: Limits;
  /** Octets that were written and that the client's socket has not taken yet. */
  readonly pending: number;
  /**
   * Whether the client reads more slowly than is written: its socket is full, and a piece waits
   * behind it. `hasDrained` is called when nothing waits any more.
   */
  readonly isFull: boolean;
  /** The time on the monotonic clock, in milliseconds, as this turn first read it. */
  readonly nowMs: number;
  /**
   * Sends `octets`, which must not change any more. What is written in one turn leaves together. A
   * client that takes nothing for `limits.writeTimeMs` is reset, and so is one for which there is
   * no memory (`limits.queuedBytesMax`). A writer has to heed `isFull`.
   */
  write(octets: Uint8Array): void;
  /** Stops reading; the client's octets wait in the kernel. Its end isn't noticed meanwhile. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Ends this side when all was written; the client may go on sending. */
  end(): void;
  /**
   * The same, and throws away what the client still sends, for at most `limits.lingerTimeMs`; then
   * the connection is closed.
   */
  close(): void;
  /** Resets the connection. */
  abort(): void;
  /** Has `expired` called once at `atMs` on the monotonic clock; Infinity for never. */
  wakeAt(atMs: number): void;
  /**
   * Asks for a buffer of `octets` octets instead of one of `before`, of the memory for all bodies
   * together (`limits.bodiesBytesMax`). False when it can't be had; less than before always can.
   * The user has to give it back, by asking for 0, also when the tunnel is over.
   */
  hold(octets: number, before: number): boolean;
  /** Tells the record of the request of a message that has come. */
  tookMessage(message: string | Uint8Array): void;
  /** Reports a fault of the user's own code. */
  failed(error: unknown): void;
}

/** The user's end: what the server calls. */
export interface TunnelUser {
  /** The client has sent `octets`, which are the user's. None come while reading is paused. */
  received(octets: Uint8Array): void;
  /** All that was written has been taken, after `isFull` was true. */
  hasDrained(): void;
  /** The client has ended its side; it may still read. */
  clientEnded(): void;
  /** The tunnel is over, in whatever way; called once, and nothing after it. */
  closed(): void;
  /** The time of `wakeAt` has come. */
  expired(): void;
  /** The server is stopping, and resets what is left after `limits.stopTimeMs`. */
  stop(): void;
}

/**
 * Called once, when the 101 has been queued. What it writes leaves with the 101, and what the
 * client has sent behind its request is received after it.
 */
export type OpenTunnel = (tunnel: Tunnel) => TunnelUser;
