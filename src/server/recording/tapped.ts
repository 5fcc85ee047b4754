/**
 * Connections that a wiretap listens to: what a factory makes, over a transport that tells what was
 * written, and behind a receiver that tells what came. Under TLS these are the octets within it.
 *
 * A file is read and written like anything else, since what the kernel sends by itself can't be
 * told.
 */

import type { TappedConnection, Wiretap } from "../../base/wiretap.ts";
import type { ConnectionFactory, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Transport } from "../connection/transport.ts";
import {
  DecoratedConnection,
  decoratedFactory,
  DecoratedTransport,
} from "../decorated/decorated-factory.ts";

/** The factory of the connections of `factory`, to which `wiretap` listens. */
export function tappedFactory(factory: ConnectionFactory, wiretap: Wiretap): ConnectionFactory {
  return decoratedFactory(factory, (context, transport) => {
    const tap = new GuardedTap(wiretap, context.failed);
    return {
      transport: new TappedTransport(transport, tap),
      receiver: (connection) => new TappedProtocol(connection, tap),
    };
  });
}

/** Reports what a wiretap throws, and tells it nothing more of the connection then. */
class GuardedTap implements TappedConnection {
  readonly #failed: (error: unknown) => void;
  #tap: TappedConnection | undefined;

  constructor(wiretap: Wiretap, failed: (error: unknown) => void) {
    this.#failed = failed;
    this.#guard(() => {
      this.#tap = wiretap.connected();
    });
  }

  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#tap = undefined;
      this.#failed(error);
    }
  }

  received(octets: Uint8Array): void {
    this.#guard(() => this.#tap?.received(octets));
  }

  sent(octets: Uint8Array): void {
    this.#guard(() => this.#tap?.sent(octets));
  }

  clientEnded(): void {
    this.#guard(() => this.#tap?.clientEnded());
  }

  serverEnded(how: "closed" | "reset"): void {
    this.#guard(() => this.#tap?.serverEnded(how));
  }

  closed(): void {
    this.#guard(() => this.#tap?.closed());
  }
}

/** Tells what is written, and how the server ends the connection. */
class TappedTransport extends DecoratedTransport {
  readonly #tap: TappedConnection;

  constructor(transport: Transport, tap: TappedConnection) {
    super(transport);
    this.#tap = tap;
  }

  override write(octets: Uint8Array): number {
    return this.#told(octets, this.transport.write(octets));
  }

  override writeMore(octets: Uint8Array): number {
    return this.#told(octets, this.transport.writeMore(octets));
  }

  #told(octets: Uint8Array, taken: number): number {
    if (taken > 0) this.#tap.sent(octets.subarray(0, taken));
    return taken;
  }

  override sendFile(): undefined {
    return undefined;
  }

  override shutdown(): void {
    this.#tap.serverEnded("closed");
    super.shutdown();
  }

  override close(): void {
    this.#tap.serverEnded("closed");
    super.close();
  }

  override terminate(): void {
    this.#tap.serverEnded("reset");
    super.terminate();
  }
}

/** Tells what comes before the connection gets it. */
class TappedProtocol extends DecoratedConnection {
  readonly #tap: TappedConnection;

  constructor(connection: ProtocolConnection, tap: TappedConnection) {
    super(connection);
    this.#tap = tap;
  }

  override receive(octets: Uint8Array): void {
    this.#tap.received(octets);
    super.receive(octets);
  }

  override peerEnded(): void {
    this.#tap.clientEnded();
    super.peerEnded();
  }

  override closed(): void {
    super.closed();
    this.#tap.closed();
  }
}
