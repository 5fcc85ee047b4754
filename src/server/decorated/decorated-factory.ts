/**
 * Connections that something stands around: a transport of its own below them, and a receiver of
 * its own above. The listener knows the receiver and the connection knows the transport; neither
 * notices that they are not the socket's.
 */

import type { RefusalReason } from "../../site/observer.ts";
import type {
  ConnectionContext,
  ConnectionFactory,
  ProtocolConnection,
} from "../connection/protocol-connection.ts";
import type { FileSource } from "../../http/message/response.ts";
import type { Transport } from "../connection/transport.ts";

/** What stands around one connection, and around the tunnel that may take its place. */
interface Decoration {
  /** What the connection writes to. */
  readonly transport: Transport;
  /** What is told of the socket's events for `connection`. */
  receiver(connection: ProtocolConnection): ProtocolConnection;
}

/** A factory of the connections of `factory`, with what `decorate` puts around each. */
export function decoratedFactory(
  factory: ConnectionFactory,
  decorate: (context: ConnectionContext, transport: Transport) => Decoration,
): ConnectionFactory {
  return (context, transport, remoteAddress) => {
    const owners = new Owners(transport);
    const decoration = decorate(context, owners);
    owners.decoration = decoration;
    const told = {
      ...context,
      replaced: () => owners.tell((before, after) => context.replaced(before, after)),
      closed: () => owners.tell((_before, after) => context.closed(after)),
    };
    return owners.own(factory(told, decoration.transport, remoteAddress));
  };
}

/** A transport that does what another one does. */
export class DecoratedTransport implements Transport {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  write(octets: Uint8Array): number {
    return this.transport.write(octets);
  }

  writeMore(octets: Uint8Array): number {
    return this.transport.writeMore(octets);
  }

  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    return this.transport.sendFile(file, position, octets);
  }

  queued(): number | undefined {
    return this.transport.queued();
  }

  segmentOctets(): number | undefined {
    return this.transport.segmentOctets?.();
  }

  pause(): void {
    this.transport.pause();
  }

  resume(): void {
    this.transport.resume();
  }

  shutdown(): void {
    this.transport.shutdown();
  }

  close(): void {
    this.transport.close();
  }

  terminate(): void {
    this.transport.terminate();
  }

  handTo(owner: unknown): void {
    this.transport.handTo(owner);
  }
}

/** The socket's transport, and what the listener knows of a connection: now, and before. */
class Owners extends DecoratedTransport {
  decoration: Decoration | undefined;
  #before: ProtocolConnection | undefined;
  #now: ProtocolConnection | undefined;

  /** The receiver for `connection`, which has the socket from now on. */
  own(connection: ProtocolConnection): ProtocolConnection {
    const receiver = this.decoration?.receiver(connection) ?? connection;
    this.#before = this.#now;
    this.#now = receiver;
    return receiver;
  }

  /** A tunnel takes the place of the connection. Only a successor is ever handed a socket. */
  override handTo(owner: unknown): void {
    this.transport.handTo(this.own(owner as ProtocolConnection));
  }

  tell(tell: (before: ProtocolConnection, now: ProtocolConnection) => void): void {
    const now = this.#now;
    if (now !== undefined) tell(this.#before ?? now, now);
  }
}

/** A receiver that passes everything on to a connection. */
export class DecoratedConnection implements ProtocolConnection {
  readonly #connection: ProtocolConnection;

  constructor(connection: ProtocolConnection) {
    this.#connection = connection;
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
    this.#connection.receive(octets);
  }

  drained(): void {
    this.#connection.drained();
  }

  peerEnded(): void {
    this.#connection.peerEnded();
  }

  closed(): void {
    this.#connection.closed();
  }

  expire(nowMs: number): void {
    this.#connection.expire(nowMs);
  }

  stop(isPatient: boolean): void {
    this.#connection.stop(isPatient);
  }

  abort(): void {
    this.#connection.abort();
  }

  turnAway(reason: RefusalReason): void {
    this.#connection.turnAway(reason);
  }
}
