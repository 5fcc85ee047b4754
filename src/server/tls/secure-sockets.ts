/**
 * TLS: how the sockets of a server that has a certificate differ. Loaded by such a server alone.
 *
 * What Bun's TLS sockets do, measured (1.4.5), and what follows here:
 *
 * - Without a `handshake` handler a socket is reported only when its handshake is over, so a client
 *   that never speaks would be held for ever, unseen. With one, `open` comes at accept, and the
 *   handshake has a deadline.
 * - `write` takes octets a quarter of a mebibyte at a time, encrypts them, and keeps what the
 *   kernel has no room for. So a socket may still hold octets when all of them were taken.
 * - `shutdown` sends close_notify and FIN once these octets are gone, and leaves the other
 *   direction open (RFC 8446 §6.1). After it `write` answers 0 while some are left, and then -1.
 * - `close` and `end` also wait for these octets, without a limit, and nothing ends a socket that
 *   waits; `end` also waits for the client's close_notify. `close` sends none itself. So a socket
 *   is shut (RFC 9112 §9.8), emptied, and then closed.
 * - `terminate` resets without a close_notify, so the client sees that the message was cut off.
 * - `setKeyCert` puts a socket under another context. That presents the certificate, and decides in
 *   ALPN, too: it agrees on nothing unless a server's socket that agrees on protocols was opened
 *   under it.
 */

import type { Socket } from "bun";

import type { Certificate } from "./certificate.ts";
import { readCertificate } from "./certificate.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { TlsOptions } from "../serve-options.ts";
import { ReadProgress } from "../connection/read-progress.ts";
import { SocketTransport } from "../connection/transport.ts";
import { systemCalls } from "../../system/system-choice.ts";

/** A socket with a method that Bun's type lacks. */
type SecureSocket = Socket<unknown> & {
  /** As that of node:tls; like it, only before the handshake. */
  setKeyCert(context: unknown): void;
};

/**
 * The cipher suites of TLS 1.2: ephemeral keys and authenticated encryption, as RFC 9325 §4.2
 * recommends. Bun's own list also has CBC, and RSA key transport, whose octets can be read by all
 * who get the certificate's key later (RFC 9325 §4.1). All suites of TLS 1.3 are as good, and it
 * has no list of them.
 */
const ciphers = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"]
  .flatMap((suite) => [`ECDHE-ECDSA-${suite}`, `ECDHE-RSA-${suite}`])
  .join(":");

/** The protocol that ALPN agrees on, with its length before it (RFC 7301 §3.1). */
const protocols = "\x08http/1.1";

/** BoringSSL's reasons for a first record that is the beginning of a request in cleartext. */
const cleartextReason = /:HTTP(?:S_PROXY)?_REQUEST$/;

/**
 * How a handshake ends. "agreed": both sides have keys. "cleartext": the client has sent an HTTP
 * request without TLS. It got no alert and would see an empty answer, so it is answered in
 * cleartext. "failed": Bun has sent the alert. In the last two cases Bun closes the socket.
 */
type HandshakeEnd = "agreed" | "cleartext" | "failed";

/**
 * The owner of a socket before it has a connection, or after. Octets that arrive are ignored, and
 * the socket is reset when the deadline has passed.
 */
abstract class SocketHolder implements ProtocolConnection {
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

  abstract stop(): void;

  abstract expire(nowMs: number): void;
}

/** The owner of a socket from accept to the end of its handshake. */
class Handshake extends SocketHolder {
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

  /** Octets that go to the kernel past the socket would not be encrypted. */
  override writeMore(octets: Uint8Array): number {
    return this.write(octets);
  }

  /**
   * Acknowledges the client's Finished. In TLS 1.3 it is the last of the handshake (RFC 8446 §2),
   * so the server has nothing to send with the acknowledgement, which would come 40 ms later. Until
   * then a client whose socket joins small packets (RFC 9293 §3.7.4) keeps its request back.
   */
  acknowledge(): void {
    systemCalls().acknowledge(this.fd);
  }

  /** Only octets that were read into memory can be encrypted. */
  override sendFile(): undefined {
    return undefined;
  }

  override close(): void {
    this.#socket.shutdown();
    if (!this.closeEmpty()) this.#closesLater(this);
  }

  /** Closes the socket, which has been shut, if it holds no octets any more. */
  closeEmpty(): boolean {
    if (this.write(probe) !== -1) return false;
    this.#socket.close();
    return true;
  }
}

/** The owner of a socket that is closing and holds octets that the kernel had no room for. */
class Closing extends SocketHolder {
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
    const { timers, limits, patience } = this.context;
    if (this.#reading.check(this.#transport.queued(), nowMs) === "stalled") this.abort();
    else timers.set(this, nowMs + patience.timeMs(limits));
  }

  override drained(): void {
    this.#transport.closeEmpty();
  }

  stop(): void {
    // The socket is closing already, and its octets are still to be sent.
  }

  /** The client has more time when it has read since the check before, and not too slowly. */
  expire(nowMs: number): void {
    this.#check(nowMs);
  }
}

/**
 * The TLS context of `certificate`, for sockets that were opened under another one. A context comes
 * to agree on `protocols` when a server's socket that agrees on them is opened under it. So one is
 * opened, over a stream that leads nowhere; it is open when this turn ends, before octets of a
 * client are read.
 */
function contextOf(certificate: Certificate, scheduler: Scheduler): unknown {
  const { createSecureContext, TLSSocket } = require("node:tls") as typeof import("node:tls");
  const { PassThrough } = require("node:stream") as typeof import("node:stream");
  const secureContext = createSecureContext({ ...certificate, ciphers });
  const agreement = { isServer: true, secureContext, ALPNProtocols: Buffer.from(protocols) };
  const socket = new TLSSocket(new PassThrough(), agreement);
  // An error without a listener would end the process.
  socket.on("error", () => undefined);
  scheduler.defer(() => socket.destroy());
  return secureContext.context;
}

/** TLS for the sockets of one listener. */
export class SecureSockets {
  /** The options for `Bun.listen`, which doesn't speak TLS 1.0 and 1.1 (RFC 8996). */
  readonly options: Bun.TLSOptions & { readonly ciphers: string };
  /** The context of the certificate that has replaced the first one, if one has. */
  #renewed: unknown;
  readonly #scheduler: Scheduler;

  /** Throws a `ServeError` when there is no such certificate, or its key is one that `isServed`. */
  constructor(tls: TlsOptions, isServed: (file: string) => boolean, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.options = { ...readCertificate(tls, isServed), ciphers, ALPNProtocols: protocols };
  }

  /** Presents the certificate of `tls` from now on; throws as the constructor does. */
  renew(tls: TlsOptions, isServed: (file: string) => boolean): void {
    this.#renewed = contextOf(readCertificate(tls, isServed), this.#scheduler);
  }

  /** The owner of a socket that has just been accepted. */
  begin(socket: Socket<unknown>, address: string, context: ConnectionContext): Handshake {
    return new Handshake(socket, address, context);
  }

  /** Has a socket whose handshake begins present the latest certificate. */
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

  /** Whether the client has caused an error on its socket: a bad record, a fatal alert. */
  isClientsFault(error: Error): boolean {
    return "code" in error && error.code === "EPROTO";
  }

  /**
   * The transport of a connection. `closesLater` is called with the socket's next owner when the
   * connection is over and the socket can't be closed yet, because it still holds octets.
   */
  transport(
    socket: Socket<unknown>,
    address: string,
    context: ConnectionContext,
    closesLater: (closing: Closing) => void,
  ): SocketTransport<unknown> {
    const secure = new SecureTransport(socket, (transport) => {
      closesLater(new Closing(socket, address, context, transport));
    });
    secure.acknowledge();
    return secure;
  }
}
