/**
 * Connections over slow lines, each with a line of its own, so that all are equally fast. Loaded by
 * a server that is throttled.
 *
 * Absent on purpose: the way to the server, TLS's own octets, and the handshakes of TCP and TLS,
 * which are over before there is a connection.
 */

import type { ConnectionFactory, ProtocolConnection } from "../connection/protocol-connection.ts";
import { DecoratedConnection, decoratedFactory } from "../decorated/decorated-factory.ts";
import type { LineSpeed } from "./line-speed.ts";
import { PacedTransport } from "./paced-transport.ts";
import { WakeUps } from "./wake-ups.ts";

/** Tells a paced transport of its socket. */
class ThrottledConnection extends DecoratedConnection {
  readonly #transport: PacedTransport;

  constructor(connection: ProtocolConnection, transport: PacedTransport) {
    super(connection);
    this.#transport = transport;
    transport.drained = () => connection.drained();
  }

  override receive(octets: Uint8Array): void {
    this.#transport.heard();
    super.receive(octets);
  }

  override closed(): void {
    this.#transport.over();
    super.closed();
  }
}

/** The factory of the connections of `factory`, each over a line of `speed`. */
export function throttledFactory(factory: ConnectionFactory, speed: LineSpeed): ConnectionFactory {
  let wakeUps: WakeUps | undefined;
  return decoratedFactory(factory, ({ clock, scheduler }, below) => {
    wakeUps ??= new WakeUps(clock, scheduler.alarm());
    const transport = new PacedTransport(below, speed, clock, wakeUps);
    return { transport, receiver: (connection) => new ThrottledConnection(connection, transport) };
  });
}
