/**
 * TLS: what is different about the sockets of a server that has a certificate. Loaded by such a
 * server alone.
 *
 * What Bun's TLS sockets do, measured (1.4.5), and what is made of it here:
 *
 * - Without a `handshake` handler a socket is told of only when its handshake has come to an end:
 *   whoever never speaks would be held for ever, unseen. With one, `open` comes at accept, and the
 *   handshake gets a deadline.
 * - `write` takes octets a quarter of a mebibyte at a time, encrypts them, and keeps what the
 *   kernel has no room for. So a socket to which all was written may still hold some of it.
 * - `shutdown` sends close_notify and FIN once that is gone, and leaves the other way open
 *   (RFC 8446 §6.1). After it `write` answers 0 as long as something is left, and -1 then.
 * - `close` and `end` wait for that, too, for ever, and nothing ends a socket any more that waits;
 *   `end` waits for the client's close_notify besides. `close` sends none of its own. So a socket
 *   is shut (RFC 9112 §9.8), emptied, and then closed.
 * - `terminate` resets without a close_notify: to the client the message is cut off.
 * - `setKeyCert` puts a socket under another context, which shows the certificate and has its say
 *   in ALPN, too: none, unless a server's socket that agrees on protocols was opened under it.
 */

import type { Socket } from "bun";

import type { Certificate } from "./certificate.ts";
import { readCertificate } from "./certificate.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { TlsOptions } from "../serve-options.ts";
import { ReadProgress } from "../connection/read-progress.ts";
import { SocketTransport } from "../connection/transport.ts";

/** Sockets have these, and their type doesn't say so. */
type SecureSocket = Socket<unknown> & {
  /** -1 once it is closed. */
  readonly fd: number;
  /** As that of node:tls, and like it only before the handshake. */
  setKeyCert(context: unknown): void;
};

/** The protocol that ALPN agrees on, with its length before it (RFC 7301 §3.1). */
const protocols = "\x08http/1.1";

/** BoringSSL's words for a first record that is the beginning of a request in cleartext. */
const cleartextReason = /:HTTP(?:S_PROXY)?_REQUEST$/;

/**
 * How a handshake ends. "agreed": both sides have keys. "cleartext": the client has sent an HTTP
 * request without TLS; it has got no alert and would see an empty answer, so it is to be told in
 * cleartext. "failed": Bun has sent the alert. In the last two Bun closes the socket.
 */
export type HandshakeEnd = "agreed" | "cleartext" | "failed";

/**
 * A socket that is no connection yet, or no more: nothing that comes by it counts, and when its
 * time is over it is reset.
 */
abstract class Bystander implements ProtocolConnection {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  protected readonly context: ConnectionContext;
  protected readonly socket: SecureSocket;

  constructor(socket: Socket<unknown>, remoteAddress: string, context: ConnectionContext) {
    this.socket = socket as SecureSocket;
    this.remoteAddress = remoteAddress;
    this.context = context;
  }

  receive(): void {
    // It is not for anyone.
  }

  drained(): void {
    // Nothing waits to be written.
  }

  peerEnded(): void {
    // The socket's end is waited for, not the client's.
  }

  closed(): void {
    this.context.timers.remove(this);
    this.context.closed(this);
  }

  abort(): void {
    this.socket.terminate();
  }

  turnAway(): void {
    // Without keys there are no words that the client would understand.
    this.abort();
  }

  abstract stop(): void;

  abstract expire(nowMs: number): void;
}

/** A client that has connected and with which no keys are agreed on yet. */
export class Handshake extends Bystander {
  constructor(socket: Socket<unknown>, remoteAddress: string, context: ConnectionContext) {
    super(socket, remoteAddress, context);
    const { headerTimeMs } = context.limits;
    context.timers.set(this, context.clock.monotonicMs() + headerTimeMs);
  }

  stop(): void {
    this.abort();
  }

  expire(): void {
    this.abort();
  }

  /** The handshake has come to its end, and the socket is a connection's from now on. */
  over(): void {
    this.context.timers.remove(this);
  }
}

/** An octet that is never written. */
const probe = new Uint8Array(1);

/** The transport over a TLS socket. */
class SecureTransport extends SocketTransport<unknown> {
  readonly #socket: Socket<unknown>;
  readonly #closesLater: (transport: SecureTransport) => void;

  /** `closesLater` is called when the socket can't be closed yet, for what is still in it. */
  constructor(socket: Socket<unknown>, closesLater: (transport: SecureTransport) => void) {
    super(socket);
    this.#socket = socket;
    this.#closesLater = closesLater;
  }

  /** What goes to the kernel past the socket would go in the clear. */
  override writeMore(octets: Uint8Array): number {
    return this.write(octets);
  }

  /** Only what has been read can be encrypted. */
  override sendFile(): undefined {
    return undefined;
  }

  override close(): void {
    this.#socket.shutdown();
    if (!this.closeEmpty()) this.#closesLater(this);
  }

  /** Closes the socket, which has been shut, if nothing is left in it. */
  closeEmpty(): boolean {
    if (this.write(probe) !== -1) return false;
    this.#socket.close();
    return true;
  }
}

/** A socket that is closing, with octets in it that the kernel had no room for. */
class Closing extends Bystander {
  readonly #transport: SecureTransport;
  readonly #reading: ReadProgress;

  constructor(
    socket: Socket<unknown>,
    remoteAddress: string,
    context: ConnectionContext,
    transport: SecureTransport,
  ) {
    super(socket, remoteAddress, context);
    this.#transport = transport;
    this.#reading = new ReadProgress(context.limits);
    this.#check(context.clock.monotonicMs());
  }

  /** Sets the next deadline, unless the client has stopped reading. */
  #check(nowMs: number): void {
    const { timers, limits } = this.context;
    if (this.#reading.check(this.#transport.queued(), nowMs) === "stalled") this.abort();
    else timers.set(this, nowMs + limits.writeTimeMs);
  }

  override drained(): void {
    this.#transport.closeEmpty();
  }

  stop(): void {
    // It is about to end, and what is in it is to arrive.
  }

  /** The client has more time when it has read since the check before, and not too slowly. */
  expire(nowMs: number): void {
    this.#check(nowMs);
  }
}

/**
 * The context of `certificate`, for sockets that were opened under another one. What agrees on
 * `protocols` comes to it with a server's socket that is opened under it, so one is, over a stream
 * that leads nowhere: when this turn ends, and before a client's next octets are read.
 */
function contextOf(certificate: Certificate, scheduler: Scheduler): unknown {
  const { createSecureContext, TLSSocket } = require("node:tls") as typeof import("node:tls");
  const { PassThrough } = require("node:stream") as typeof import("node:stream");
  const secureContext = createSecureContext(certificate);
  const agreement = { isServer: true, secureContext, ALPNProtocols: Buffer.from(protocols) };
  const nobody = new TLSSocket(new PassThrough(), agreement);
  // An error without a listener would end the process.
  nobody.on("error", () => undefined);
  // It is open by then.
  scheduler.defer(() => nobody.destroy());
  return secureContext.context;
}

/** What of TLS a listener needs. */
export class SecureSockets {
  /** For `Bun.listen`. TLS 1.0 and 1.1 it doesn't speak (RFC 8996). */
  readonly options: Bun.TLSOptions;
  /** The certificate that has come instead of the first one. */
  #renewed: unknown;
  readonly #scheduler: Scheduler;

  /** Throws a `ServeError` when there is no such certificate, or its key is one that `isServed`. */
  constructor(tls: TlsOptions, isServed: (file: string) => boolean, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.options = { ...readCertificate(tls, isServed), ALPNProtocols: protocols };
  }

  /** Shows clients that connect from now on the certificate of `tls`; throws as the constructor. */
  renew(tls: TlsOptions, isServed: (file: string) => boolean): void {
    this.#renewed = contextOf(readCertificate(tls, isServed), this.#scheduler);
  }

  /** What a socket is that has just been accepted. */
  begin(socket: Socket<unknown>, address: string, context: ConnectionContext): Handshake {
    return new Handshake(socket, address, context);
  }

  /** Sees to it that a socket whose handshake begins presents the latest certificate. */
  present(socket: Socket<unknown>): void {
    if (this.#renewed !== undefined) (socket as SecureSocket).setKeyCert(this.#renewed);
  }

  /** What the handshake of `owner` has come to. */
  conclude(owner: ProtocolConnection, agreed: boolean, error: Error | null): HandshakeEnd {
    if (!(owner instanceof Handshake)) return "failed";
    const isCleartext = !agreed && cleartextReason.test(error?.message ?? "");
    if (!agreed && !isCleartext) return "failed";
    owner.over();
    return agreed ? "agreed" : "cleartext";
  }

  /** Whether an error on a socket is the client's: a bad record, a fatal alert. */
  isClientsFault(error: Error): boolean {
    return "code" in error && error.code === "EPROTO";
  }

  /**
   * The transport of a connection. `closesLater` is given what takes the connection's place when it
   * is over and its socket can't be closed yet.
   */
  transport(
    socket: Socket<unknown>,
    address: string,
    context: ConnectionContext,
    closesLater: (closing: Closing) => void,
  ): SocketTransport<unknown> {
    return new SecureTransport(socket, (transport) => {
      closesLater(new Closing(socket, address, context, transport));
    });
  }
}
