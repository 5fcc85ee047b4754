/**
 * The owner of a socket that has no connection: under TLS before the handshake and after the last
 * octets, before a header of the PROXY protocol, and where a fault holds a client back.
 */

import type { Socket } from "bun";

import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";

/**
 * The owner of a socket before it has a connection, or after. Octets that arrive are ignored, and
 * the socket is reset when the deadline has passed.
 */
export abstract class SocketHolder implements ProtocolConnection {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  protected readonly context: ConnectionContext;
  protected socket: Socket<unknown>;

  constructor(socket: Socket<unknown>, remoteAddress: string, context: ConnectionContext) {
    this.socket = socket;
    this.remoteAddress = remoteAddress;
    this.context = context;
  }

  receive(_octets: Uint8Array): void {
    // The octets belong to no connection.
  }

  drained(): void {
    // There is nothing to write.
  }

  peerEnded(): void {
    // Only the end of the socket counts.
  }

  closed(): void {
    this.context.timers.remove(this);
    this.context.closed(this);
  }

  abort(): void {
    this.socket.terminate();
  }

  turnAway(): void {
    // Without keys the client can't be told why.
    this.abort();
  }

  abstract stop(isPatient: boolean): void;

  abstract expire(nowMs: number): void;
}

/** The owner of a socket that was accepted, before its first event. */
export interface HeldSocket {
  readonly owner: SocketHolder;
  /** What the owner does first. To be called once the socket has its owner. */
  readonly begin: () => void;
}
