/**
 * A client that is served late. A server that is slow to accept leaves the client in the kernel's
 * queue, where its connection is open and its octets are acknowledged, but not read (listen(2)).
 * `Bun.listen` accepts in every turn and can't be told to wait. So the socket is accepted and not
 * read, which is the same to the client. Only a queue that is full differs: there a client would
 * wait for its connection to open, and here no queue fills.
 */

import type { Socket } from "bun";

import type { Milliseconds } from "../../../base/units.ts";
import type { ConnectionContext } from "../../connection/protocol-connection.ts";
import { SocketHolder } from "../../tls/socket-holder.ts";

/** The owner of a socket that nothing is read from yet. */
export class LateAccept extends SocketHolder {
  readonly #goOn: () => void;

  constructor(
    socket: Socket<unknown>,
    remoteAddress: string,
    context: ConnectionContext,
    goOn: () => void,
  ) {
    super(socket, remoteAddress, context);
    this.#goOn = goOn;
  }

  /** After `waitMs` it calls `goOn`, and owns the socket no more. */
  wait(waitMs: Milliseconds): void {
    const { timers, clock } = this.context;
    this.socket.pause();
    timers.set(this, clock.monotonicMs() + waitMs);
  }

  /** No request has been read, so there is nothing to finish without patience. */
  stop(isPatient: boolean): void {
    if (!isPatient) this.abort();
  }

  expire(): void {
    this.context.closed(this);
    this.socket.resume();
    this.#goOn();
  }
}
