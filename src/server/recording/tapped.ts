/**
 * Connections that a wiretap listens to: what a factory makes, over a transport that tells what was
 * written, and behind a receiver that tells what came. Under TLS these are the octets within it.
 *
 * A file is read and written like anything else, since what the kernel sends by itself can't be
 * told.
 */

import type { TappedConnection, Wiretap } from "../../base/wiretap.ts";
import type { RefusalReason } from "../../site/observer.ts";
import type { ConnectionFactory, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Transport } from "../connection/transport.ts";

/** The factory of the connections of `factory`, to which `wiretap` listens. */
export function tappedFactory(factory: ConnectionFactory, wiretap: Wiretap): ConnectionFactory {
  return (context, transport, remoteAddress) => {
    const tap = new GuardedTap(wiretap, context.failed);
    const owners = new Owners(transport, tap);
    const told = {
      ...context,
      replaced: () => owners.tell((before, after) => context.replaced(before, after)),
      closed: () => owners.tell((_before, after) => context.closed(after)),
    };
    return owners.own(factory(told, new TappedTransport(owners, transport, tap), remoteAddress));
  };
}

/** What the listener knows of a connection: the one that it has now, and the one before it. */
class Owners {
  readonly #transport: Transport;
  readonly #tap: TappedConnection;
  #before: ProtocolConnection | undefined;
  #now: ProtocolConnection | undefined;

  constructor(transport: Transport, tap: TappedConnection) {
    this.#transport = transport;
    this.#tap = tap;
  }

  /** `connection` with a receiver that tells what comes. */
  own(connection: ProtocolConnection): ProtocolConnection {
    this.#before = this.#now;
    this.#now = new TappedProtocol(connection, this.#tap);
    return this.#now;
  }

  /** A tunnel takes the place of the connection. */
  handTo(tunnel: ProtocolConnection): void {
    this.#transport.handTo(this.own(tunnel));
  }

  tell(tell: (before: ProtocolConnection, now: ProtocolConnection) => void): void {
    const now = this.#now;
    if (now !== undefined) tell(this.#before ?? now, now);
  }
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
class TappedTransport implements Transport {
  readonly #owners: Owners;
  readonly #transport: Transport;
  readonly #tap: TappedConnection;

  constructor(owners: Owners, transport: Transport, tap: TappedConnection) {
    this.#owners = owners;
    this.#transport = transport;
    this.#tap = tap;
  }

  write(octets: Uint8Array): number {
    return this.#told(octets, this.#transport.write(octets));
  }

  writeMore(octets: Uint8Array): number {
    return this.#told(octets, this.#transport.writeMore(octets));
  }

  #told(octets: Uint8Array, taken: number): number {
    if (taken > 0) this.#tap.sent(octets.subarray(0, taken));
    return taken;
  }

  sendFile(): undefined {
    return undefined;
  }

  queued(): number | undefined {
    return this.#transport.queued();
  }

  segmentOctets(): number | undefined {
    return this.#transport.segmentOctets?.();
  }

  pause(): void {
    this.#transport.pause();
  }

  resume(): void {
    this.#transport.resume();
  }

  shutdown(): void {
    this.#tap.serverEnded("closed");
    this.#transport.shutdown();
  }

  close(): void {
    this.#tap.serverEnded("closed");
    this.#transport.close();
  }

  terminate(): void {
    this.#tap.serverEnded("reset");
    this.#transport.terminate();
  }

  handTo(owner: unknown): void {
    // Only a connection's successor is ever handed a socket.
    this.#owners.handTo(owner as ProtocolConnection);
  }
}

/** Tells what comes before the connection gets it. */
class TappedProtocol implements ProtocolConnection {
  readonly #connection: ProtocolConnection;
  readonly #tap: TappedConnection;

  constructor(connection: ProtocolConnection, tap: TappedConnection) {
    this.#connection = connection;
    this.#tap = tap;
  }

  get deadlineMs(): number {
    return this.#connection.deadlineMs;
  }

  set deadlineMs(at: number) {
    this.#connection.deadlineMs = at;
  }

  get slot(): number {
    return this.#connection.slot;
  }

  set slot(at: number) {
    this.#connection.slot = at;
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress;
  }

  receive(octets: Uint8Array): void {
    this.#tap.received(octets);
    this.#connection.receive(octets);
  }

  drained(): void {
    this.#connection.drained();
  }

  peerEnded(): void {
    this.#tap.clientEnded();
    this.#connection.peerEnded();
  }

  closed(): void {
    this.#connection.closed();
    this.#tap.closed();
  }

  expire(nowMs: number): void {
    this.#connection.expire(nowMs);
  }

  stop(): void {
    this.#connection.stop();
  }

  abort(): void {
    this.#connection.abort();
  }

  turnAway(reason: RefusalReason): void {
    this.#connection.turnAway(reason);
  }
}
