/**
 * A client that is sent away by FIN, before a request. What it sends is still read, since a socket
 * that is closed with unread octets is reset (RFC 9112 §9.6), and that is another fault.
 */

import type { Socket } from "bun";

import type { ConnectionContext } from "../../connection/protocol-connection.ts";
import { SocketHolder } from "../../tls/socket-holder.ts";
import { SocketTransport } from "../../connection/transport.ts";

/** The owner of a socket whose client is sent away. */
export class SentAway extends SocketHolder {
  protected readonly transport: SocketTransport<unknown>;
  #discarded = 0;

  constructor(socket: Socket<unknown>, remoteAddress: string, context: ConnectionContext) {
    super(socket, remoteAddress, context);
    this.transport = new SocketTransport(socket);
  }

  /** Sends FIN. The socket is closed when the client has shut its side, or reset by the limits. */
  leave(): void {
    const { timers, clock, limits } = this.context;
    this.transport.shutdown();
    timers.set(this, clock.monotonicMs() + limits.lingerTimeMs);
  }

  override receive(octets: Uint8Array): void {
    this.#discarded += octets.length;
    if (this.#discarded > this.context.limits.lingerBytesMax) this.abort();
  }

  override peerEnded(): void {
    this.transport.close();
  }

  /** There is nothing to finish. */
  stop(): void {
    this.abort();
  }

  expire(): void {
    this.abort();
  }
}
