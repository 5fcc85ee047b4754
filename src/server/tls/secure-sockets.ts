/**
 * TLS: how the sockets of a server that has a certificate differ. Loaded by such a server alone.
 *
 * The listening socket is a plain one, and each socket that it accepts is put under TLS by
 * `upgradeTLS`. A socket that is accepted under TLS costs less, 1.5 KB and a tenth of the CPU time
 * of a small request, but it doesn't tell what a client has sent in cleartext: a request there
 * could not be redirected.
 *
 * What Bun's TLS sockets do, measured (1.4.5), and what follows here:
 *
 * - `upgradeTLS` makes two sockets of one. The plain one is told of the octets as they come, before
 *   TLS reads them, and writes in cleartext. Its handlers are those of the listening socket, and
 *   can't be taken from it.
 * - A first record that is none fails the handshake at its fifth octet. TLS then sends an alert,
 *   unless the plain socket has been shut, and closes the socket.
 * - A handshake may never end, so it has a deadline.
 * - What was read from the plain socket before, behind a header of the PROXY protocol, TLS reads
 *   first when it is given as `initialData`, which the plain socket is not told of. It does so
 *   before `upgradeTLS` returns, and a handshake that fails at it has then closed both sockets.
 * - `write` takes octets a quarter of a mebibyte at a time, encrypts them, and keeps what the
 *   kernel has no room for. So a socket may still hold octets when all of them were taken.
 * - `shutdown` sends close_notify and FIN once these octets are gone, and leaves the other
 *   direction open (RFC 8446 §6.1). After it `write` answers 0 while some are left, and then -1.
 * - `close` and `end` also wait for these octets, without a limit, and nothing ends a socket that
 *   waits; `end` also waits for the client's close_notify. `close` sends none itself. So a socket
 *   is shut (RFC 9112 §9.8), emptied, and then closed.
 * - `terminate` resets without a close_notify, so the client sees that the message was cut off.
 * - A context is made once for a certificate, and shared. Made anew for each socket it would cost
 *   as much as a handshake.
 * - `setKeyCert` puts a socket under another context. That presents the certificate, and decides in
 *   ALPN, too: it agrees on nothing unless a server's socket that agrees on protocols was opened
 *   under it.
 */

import type { Socket, SocketHandler } from "bun";

import type { SecureContext } from "node:tls";

import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Certificate, KeyPair } from "./certificate.ts";
import type { CertificateFlaw } from "./local/faulty-certificate.ts";
import { namesHost, recordBytes, recordHeaderBytes } from "./client-hello.ts";
import type { ConnectionContext, ProtocolConnection } from "../connection/protocol-connection.ts";
import type { Introduction } from "../proxied/proxied-clients.ts";
import { ReadProgress } from "../connection/read-progress.ts";
import { SocketHolder } from "./socket-holder.ts";
import { SocketTransport } from "../connection/transport.ts";
import { systemCalls } from "../../system/system-choice.ts";

/** Who is told of a socket's events. */
type Owner = ProtocolConnection | undefined;

/** A socket with a method that Bun's type lacks. */
type SecureSocket = Socket<Owner> & {
  /** As that of node:tls; like it, only before the handshake. */
  setKeyCert(context: unknown): void;
};

/** The options of `upgradeTLS` for a server's socket, which Bun's types lack. */
interface ServerOptions extends Bun.TLSOptions {
  readonly isServer: true;
  /** The context that `createSecureContext` has made. */
  readonly secureContext: unknown;
}

/** What `upgradeTLS` takes for a server's socket; Bun's types lack some of it. */
interface Upgrade extends Bun.TLSUpgradeOptions<Owner> {
  readonly isServer: true;
  /** What has been read from the socket already, and TLS is to read first. */
  readonly initialData?: Uint8Array | undefined;
}

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

/** As many octets of a request as a record's header has in cleartext: a method (RFC 9112 §3). */
const cleartextStart = /^[A-Z]{3,}(?: |$)/;

/** What a client's first octets are: a request in cleartext, or a whole record. */
export interface Heard {
  readonly kind: "cleartext" | "record";
  readonly octets: Uint8Array;
  readonly handshake: Handshake;
  /** The socket under TLS; the plain one if it was heard before. */
  readonly secure: SecureSocket;
}

/** The owner of a socket from accept to the end of its handshake. */
class Handshake extends SocketHolder {
  /** What its client is shown. */
  readonly presented: Presented;
  /** Whose handshake it is. */
  readonly introduction: Introduction;
  /** The first octets, until it is known what they are. */
  #heard: Buffer | undefined = Buffer.alloc(0);
  /** The octets that came last behind these, until the handshake is over. */
  #latest: Uint8Array | undefined;
  /** Whether its end is known already: it is over, has failed, or was given up by the server. */
  #hasEnded = false;

  constructor(
    socket: Socket<unknown>,
    { address, isUnnamed = false }: Introduction,
    context: ConnectionContext,
    shown: Presented,
  ) {
    super(socket, address, context);
    this.introduction = { address, isUnnamed };
    this.presented = shown;
    const { headerTimeMs } = context.limits;
    context.timers.set(this, context.clock.monotonicMs() + headerTimeMs);
  }

  /** Puts TLS over the plain socket, which TLS reads on from `octets`. */
  upgrade(options: ServerOptions, handlers: SocketHandler<Owner>, octets?: Uint8Array): void {
    const upgrade: Upgrade = {
      data: this,
      tls: options,
      socket: handlers,
      isServer: true,
      initialData: octets,
    };
    const [plain, secure] = (this.socket as Socket<Owner>).upgradeTLS<Owner>(upgrade);
    plain.data = this;
    this.socket = secure;
  }

  stop(isPatient: boolean): void {
    if (isPatient) return;
    this.#hasEnded = true;
    this.abort();
  }

  expire(): void {
    this.fail("not over in time");
    this.abort();
  }

  override closed(): void {
    this.fail("reset");
    super.closed();
  }

  /** The handshake has come to its end, and the socket is a connection's from now on. */
  over(): void {
    this.context.timers.remove(this);
    this.#heard = undefined;
    this.#latest = undefined;
    this.#hasEnded = true;
  }

  /** The handshake has failed, as `words` say. A client that has sent nothing isn't told of. */
  fail(words: string): void {
    if (this.#hasEnded || this.#heard?.length === 0) return;
    this.#hasEnded = true;
    const { failureText } =
      require("./handshake-failure.ts") as typeof import("./handshake-failure.ts");
    const hasAsked = this.#heard === undefined;
    const why = failureText({
      words,
      latest: this.#latest,
      hasAsked,
      isOwn: this.presented.isOwn,
    });
    this.#latest = undefined;
    this.context.observers.dropped.tell(this.remoteAddress, `TLS handshake: ${why}`);
  }

  /**
   * The client has sent `octets`, which TLS is about to read. Answers with all that has come, once
   * it is a request in cleartext, at which TLS is about to fail, or a whole record.
   */
  hear(octets: Uint8Array): Heard | undefined {
    if (this.#heard === undefined) {
      if (!this.#hasEnded) this.#latest = octets;
      return undefined;
    }
    const heard = Buffer.concat([this.#heard, octets]);
    const isCleartext = cleartextStart.test(heard.toString("latin1", 0, recordHeaderBytes));
    const wanted = isCleartext ? recordHeaderBytes : (recordBytes(heard) ?? recordHeaderBytes);
    this.#heard = heard.length < wanted ? heard : undefined;
    if (heard.length < wanted) return undefined;
    const secure = this.socket as SecureSocket;
    return { kind: isCleartext ? "cleartext" : "record", octets: heard, handshake: this, secure };
  }
}

/** Why a handshake has failed, in OpenSSL's words, which have nothing in them of the client's. */
function failureReason(error: Error | null | undefined): string {
  const [, reason] = /:([A-Z][A-Z0-9_]+)$/.exec(error?.message ?? "") ?? [];
  return reason?.toLowerCase().replaceAll("_", " ") ?? "cut off";
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

/** The context of sockets that present `pair`. It has no TLS 1.1 (RFC 8996). */
function contextOf({ cert, key }: KeyPair): SecureContext {
  const { createSecureContext } = require("node:tls") as typeof import("node:tls");
  return createSecureContext({ cert, key, ciphers });
}

/**
 * The context of `pair` for `setKeyCert`. It comes to agree on `protocols` when a server's socket
 * that agrees on them is opened under it. So one is opened, over a stream that leads nowhere; it is
 * open when this turn ends, before octets of a client are read.
 */
function replacementOf(pair: KeyPair, scheduler: Scheduler): unknown {
  const { TLSSocket } = require("node:tls") as typeof import("node:tls");
  const { PassThrough } = require("node:stream") as typeof import("node:stream");
  const secureContext = contextOf(pair);
  const agreement = { isServer: true, secureContext, ALPNProtocols: Buffer.from(protocols) };
  const socket = new TLSSocket(new PassThrough(), agreement);
  // An error without a listener would end the process.
  socket.on("error", () => undefined);
  scheduler.defer(() => socket.destroy());
  return secureContext.context;
}

/** What a certificate is presented by. */
interface Presented {
  readonly options: ServerOptions;
  /** The context for clients that name a host, if they are shown another certificate. */
  readonly byName: unknown;
  /** The context as `node:tls` takes it. */
  readonly nodeContext: SecureContext;
  /** Whether its authority is one that postern made. */
  readonly isOwn: boolean;
}

function presented(certificate: Certificate, scheduler: Scheduler): Presented {
  const nodeContext = contextOf(certificate);
  const { context } = nodeContext as { context?: unknown };
  const options = { isServer: true, secureContext: context, ALPNProtocols: protocols } as const;
  const { byName } = certificate;
  const replacement = byName === undefined ? undefined : replacementOf(byName, scheduler);
  return { options, byName: replacement, nodeContext, isOwn: certificate.ca !== undefined };
}

/** TLS for the sockets of one listener. */
export class SecureSockets {
  #presented: Presented;
  readonly #scheduler: Scheduler;
  /** What clients are shown in place of the certificate, to see whether they refuse it. */
  #flawed: ReadonlyMap<CertificateFlaw, Presented> | undefined;

  constructor(certificate: Certificate, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#presented = presented(certificate, scheduler);
  }

  /** Presents `certificate` to clients that connect from now on. */
  renew(certificate: Certificate): void {
    this.#presented = presented(certificate, this.#scheduler);
  }

  /** Has these certificates at hand for `begin`, and no others. */
  keepFlawed(certificates: ReadonlyMap<CertificateFlaw, Certificate>): void {
    const kept = Array.from(certificates, ([flaw, certificate]) => {
      const isOwn = false;
      return [flaw, { ...presented(certificate, this.#scheduler), isOwn }] as const;
    });
    this.#flawed = new Map(kept);
  }

  /** The context of the present certificate, as `node:tls` takes it. */
  nodeContext(): SecureContext {
    return this.#presented.nodeContext;
  }

  /**
   * Puts TLS over a socket whose client is known, and whose events `handlers` are told from now on.
   * `own` is called before, with the owner of the socket under TLS, which is the data of the plain
   * socket for good. With `flaw` the client is shown the certificate that has it. Answers with what
   * is to be answered in cleartext, where that has come already: the socket is not under TLS then.
   */
  begin(
    socket: Socket<Owner>,
    introduction: Introduction,
    context: ConnectionContext,
    handlers: SocketHandler<Owner>,
    own: (handshake: Handshake) => void,
    flaw?: CertificateFlaw,
  ): Heard | undefined {
    const flawed = flaw === undefined ? undefined : this.#flawed?.get(flaw);
    const shown = flawed ?? this.#presented;
    const handshake = new Handshake(socket, introduction, context, shown);
    own(handshake);
    const { octets } = introduction;
    const heard = octets === undefined ? undefined : handshake.hear(octets);
    if (heard?.kind === "cleartext") {
      handshake.over();
      return heard;
    }
    const { options, byName } = shown;
    const isByName = heard !== undefined && byName !== undefined && namesHost(heard.octets);
    // TLS may fail at `octets` and close the socket before this returns.
    handshake.upgrade(isByName ? { ...options, secureContext: byName } : options, handlers, octets);
    return undefined;
  }

  /**
   * Whose connection the socket of `owner` is from now on, now that its handshake is over;
   * undefined for one that failed with `error`: Bun has sent the alert, and closes the socket.
   */
  conclude(
    owner: ProtocolConnection,
    agreed: boolean,
    error: Error | null,
  ): Introduction | undefined {
    if (!(owner instanceof Handshake)) return undefined;
    if (!agreed) {
      owner.fail(failureReason(error));
      return undefined;
    }
    owner.over();
    return owner.introduction;
  }

  /**
   * The client has sent `octets` on a plain socket of `owner`, which TLS is about to read. Answers
   * with what is to be answered in cleartext; its handshake is over. A socket that isn't under TLS
   * has another owner, which receives them.
   */
  hear(owner: Owner, octets: Uint8Array): Heard | undefined {
    if (!(owner instanceof Handshake)) {
      owner?.receive(octets);
      return undefined;
    }
    const heard = owner.hear(octets);
    if (heard === undefined) return undefined;
    if (heard.kind === "cleartext") {
      heard.handshake.over();
      return heard;
    }
    const { byName } = heard.handshake.presented;
    if (byName !== undefined && namesHost(heard.octets)) heard.secure.setKeyCert(byName);
    return undefined;
  }

  /** Whether a plain socket of `owner` is under TLS, so that another socket has its events. */
  isUnder(owner: Owner): boolean {
    return owner instanceof Handshake;
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
