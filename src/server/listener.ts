/**
 * The sockets that a server listens on: the only caller of `Bun.listen`. The listener accepts
 * clients within the limits, has a connection made for each, and passes the socket's events on to
 * it. It doesn't know which version of HTTP a connection speaks.
 */

import type {
  Socket,
  SocketHandler,
  TCPSocketListener,
  TCPSocketListenOptions,
  UnixSocketListener,
} from "bun";

import type { Limits } from "../base/limits.ts";
import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type {
  ConnectionContext,
  ConnectionFactory,
  ProtocolConnection,
  ServerContext,
} from "./connection/protocol-connection.ts";
import type { Introduction, ProxiedClients } from "./proxied/proxied-clients.ts";
import type { RefusalReason } from "../site/observer.ts";
import { addressesOf } from "./serve-options.ts";
import { affordableConnections } from "../system/descriptor-budget.ts";
import { systemCalls } from "../system/system-choice.ts";
import type { Collector } from "../schedule/collector.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import { WriteBatcher } from "../schedule/write-batcher.ts";
import { WritePatience } from "./connection/write-patience.ts";
import type { ListenFailure } from "./listening/listen-failure.ts";
import type { CleartextService } from "./tls/cleartext.ts";
import type { Heard, SecureSockets } from "./tls/secure-sockets.ts";
import type { ConnectionFaults } from "./faults/accepted/accepted-faults.ts";
import type { HeldSocket } from "./tls/socket-holder.ts";
import { ResponseDate } from "./response-date.ts";
import type { Transport } from "./connection/transport.ts";
import { SocketTransport } from "./connection/transport.ts";

/**
 * The receiver of a socket's events: its connection, or under TLS what stands in for one before the
 * handshake is over and while the socket closes. Undefined until the socket has been accepted.
 */
type SocketOwner = ProtocolConnection | undefined;

/** The address of every client of a Unix socket, which has none; nginx calls it so, too. */
const unixAddress = "unix:";

/** The port that an https URL names by naming none (RFC 9110 §4.2.2). */
const httpsPort = 443;

/** The address of a socket's client; undefined when the client has reset the connection. */
function addressOf({ remoteAddress, localPort }: Socket<SocketOwner>): string | undefined {
  // A socket that isn't a Unix one keeps its own port when it has no peer any more.
  return remoteAddress ?? (localPort === undefined ? unixAddress : undefined);
}

/**
 * Calls `listen` for each address that `host` stands for, with the same port; 0 is any free one.
 */
function listenOnAll<Data>(
  host: string,
  port: number,
  listen: (address: string, port: number) => TCPSocketListener<Data>,
): Result<readonly TCPSocketListener<Data>[], ListenFailure> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return failure({ kind: "failed", message: `not a port: ${port}` });
  }
  // A port that was free on the first address may be taken on the second.
  for (let attempts = port === 0 ? 16 : 1; ; attempts--) {
    const sockets: TCPSocketListener<Data>[] = [];
    let bound = port;
    try {
      for (const address of addressesOf(host)) {
        const socket = listen(address, bound);
        sockets.push(socket);
        bound = socket.port;
      }
      return success(sockets);
    } catch (error) {
      const { listenFailure } =
        require("./listening/listen-failure.ts") as typeof import("./listening/listen-failure.ts");
      const problem = listenFailure(error, host, bound);
      // A machine without IPv6 has a localhost on 127.0.0.1 alone.
      if (problem.kind === "no-such-host" && sockets.length > 0) return success(sockets);
      for (const socket of sockets) socket.stop(true);
      if (problem.kind !== "port-taken" || attempts === 1) return failure(problem);
    }
  }
}

/** A listening socket, with its descriptor, which Bun's type lacks. */
export type ListeningSocket = TCPSocketListener & { readonly fd: number };

/**
 * Listens on `host` and `port` as a server would, to find out whether one could, or to copy the
 * descriptors. With `reusePort` other sockets that ask for it may share the port. A client that is
 * accepted meanwhile is reset, so the sockets are to be stopped in this turn of the event loop.
 */
export function listenWithoutServing(
  host: string,
  port: number,
  reusePort = false,
): Result<readonly ListeningSocket[], ListenFailure> {
  const sockets = listenOnAll(host, port, (hostname, bound) =>
    Bun.listen<unknown>({
      hostname,
      port: bound,
      ...(reusePort ? { reusePort } : { exclusive: true }),
      data: undefined,
      socket: { open: (socket) => socket.terminate(), data: () => undefined },
    }),
  );
  return sockets as Result<readonly ListeningSocket[], ListenFailure>;
}

/** Makes the owners of sockets with a fault. Their code is loaded by the first of them. */
function faultyOwners(): typeof import("./faults/accepted/faulty-owners.ts") {
  return require("./faults/accepted/faulty-owners.ts");
}

/** What collects garbage. Its code is loaded when there may be some. */
const openCollector = (...how: [Limits, () => boolean, Scheduler]): Collector => {
  const { Collector: Opened, ownMemory } =
    require("../schedule/collector.ts") as typeof import("../schedule/collector.ts");
  return new Opened(...how, ownMemory);
};

/** TLS for a listener's sockets. */
interface ListenerTls {
  readonly sockets: SecureSockets;
  /** What answers requests that come in cleartext to `port`, where TLS is spoken. */
  cleartext(port: number): CleartextService;
}

/** The listening sockets of one server, and the connections that they have accepted. */
export class Listener {
  #connectionsMax = 0;
  /** Beyond this many, a connection is reset and not answered. */
  #turnedAwayMax = 0;
  /** The context of connections that are accepted from now on. */
  #context: ConnectionContext;
  readonly #factory: ConnectionFactory;
  readonly #sockets: (TCPSocketListener<SocketOwner> | UnixSocketListener<SocketOwner>)[] = [];
  readonly #connections = new Set<ProtocolConnection>();
  readonly #perAddress = new Map<string, number>();
  /** Undefined for a server without TLS. */
  readonly #secure: SecureSockets | undefined;
  readonly #cleartext: ListenerTls["cleartext"] | undefined;
  /** Undefined until a connection has been closed. */
  #collector: Collector | undefined;
  #emptied: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  /** Whether connections have one more request after the listener has closed. */
  #isPatient = false;

  constructor(server: ServerContext, factory: ConnectionFactory, tls?: ListenerTls) {
    this.#factory = factory;
    this.#secure = tls?.sockets;
    this.#cleartext = tls === undefined ? undefined : (port) => tls.cleartext(port);
    this.#context = {
      ...server,
      date: new ResponseDate(server.clock),
      batcher: new WriteBatcher(server.scheduler),
      patience: new WritePatience(() => this.#connections.size / this.#connectionsMax),
      closed: (connection) => this.#forget(connection),
      replaced: (before, after) => {
        this.#connections.delete(before);
        this.#connections.add(after);
      },
    };
    this.limit(server.limits, server.proxied);
  }

  /** Sets what holds for connections to come; open connections keep theirs. */
  limit(limits: Limits, proxied: ProxiedClients | undefined): void {
    this.#context = { ...this.#context, limits, proxied };
    this.#connectionsMax = affordableConnections(limits.connectionsMax);
    this.#turnedAwayMax = this.#connectionsMax + Math.ceil(this.#connectionsMax / 16);
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * Listens on `host` and `port`, 0 for any free one. Answers with the port. With `reusePort` other
   * processes of the same user may do so as well, if all ask for it (socket(7), SO_REUSEPORT).
   */
  open(host: string, port: number, reusePort = false): Result<number, ListenFailure> {
    const opened = listenOnAll(host, port, (address, bound) =>
      this.#listen(address, bound, reusePort),
    );
    if (!opened.ok) return opened;
    this.#sockets.push(...opened.value);
    return success(opened.value[0]?.port ?? port);
  }

  /**
   * Listens on a Unix socket at the path `unix`, whose file is removed when the socket is closed;
   * or accepts on a socket that listens already, whose descriptor `fd` is the listener's from then
   * on. Throws the system's error; `openSocket` in `unix-socket.ts` says what it means.
   */
  openAt(at: { readonly unix: string } | { readonly fd: number }): void {
    // Bun's type of `listen` has no `fd`.
    const given = { ...at, ...this.#options() } as unknown as TCPSocketListenOptions<SocketOwner>;
    this.#sockets.push(Bun.listen(given));
  }

  /** Closes the sockets that it listens on. Connections stay. */
  closeSockets(): void {
    for (const socket of this.#sockets.splice(0)) socket.stop(false);
  }

  /** The descriptors of the sockets that it listens on. */
  get descriptors(): readonly number[] {
    const found: number[] = [];
    for (const socket of this.#sockets) found.push((socket as { readonly fd?: number }).fd ?? -1);
    return found;
  }

  #listen(hostname: string, port: number, reusePort: boolean): TCPSocketListener<SocketOwner> {
    return Bun.listen<SocketOwner>({
      hostname,
      port,
      // Bun's type of `listen` has no `reusePort`.
      ...(reusePort ? { reusePort } : { exclusive: true }),
      ...this.#options(),
    });
  }

  /** What all listening sockets have in common. */
  #options(): Omit<TCPSocketListenOptions<SocketOwner>, "hostname" | "port"> {
    const secure = this.#secure;
    return {
      allowHalfOpen: true,
      data: undefined,
      socket: secure === undefined ? this.#events() : this.#eventsBelow(secure),
    };
  }

  /** The handlers of the sockets that connections have; of TLS sockets, `secure` are theirs. */
  #events(secure?: SecureSockets): SocketHandler<SocketOwner> {
    return {
      ...(secure === undefined
        ? {
            open: (socket) =>
              this.#accept(socket, (introduction) =>
                this.#connect(socket, new SocketTransport(socket), introduction),
              ),
          }
        : this.#handshakes(secure)),
      data: (socket, octets) => socket.data?.receive(octets),
      drain: (socket) => socket.data?.drained(),
      end: (socket) => socket.data?.peerEnded(),
      close: (socket) => this.#closed(socket),
      error: (socket, error) => {
        if (secure?.isClientsFault(error) !== true) this.#context.failed(error);
        socket.data?.abort();
      },
    };
  }

  /** The handlers of the plain sockets that TLS is put over. */
  #eventsBelow(secure: SecureSockets): SocketHandler<SocketOwner> {
    const handlers = this.#events(secure);
    return {
      open: (socket) =>
        this.#accept(socket, (introduction, faults) =>
          this.#beginSecurely(socket, secure, handlers, introduction, faults),
        ),
      data: (socket, octets) => {
        const cleartext = secure.hear(socket.data, octets);
        if (cleartext !== undefined) this.#answerCleartext(socket, cleartext);
      },
      // Of a socket that a fault has kept from TLS.
      end: (socket) => {
        if (!secure.isUnder(socket.data)) socket.data?.peerEnded();
      },
      close: (socket) => {
        if (!secure.isUnder(socket.data)) this.#closed(socket);
      },
      error: (_socket, error) => {
        if (!secure.isClientsFault(error)) this.#context.failed(error);
      },
    };
  }

  /**
   * A client has connected: what holds for cleartext and TLS. Answers with its address; undefined
   * for one that has reset its connection before it was accepted, whose socket is closed at once.
   */
  #admit(socket: Socket<SocketOwner>): string | undefined {
    const address = addressOf(socket);
    if (address === undefined) {
      socket.terminate();
      return undefined;
    }
    // Before the first connection is closed there is little that could be garbage.
    this.#collector?.note();
    const { roomyConnectionsMax, unsentBytesMax } = this.#context.limits;
    if (this.#connections.size >= roomyConnectionsMax) {
      // Bun's type lacks the descriptor.
      const { fd } = socket as Socket<SocketOwner> & { readonly fd: number };
      systemCalls().boundUnsent(fd, unsentBytesMax);
    }
    this.#context.observers.connected.tell(address);
    return address;
  }

  /** A client has connected. Calls `begin` when it is known who it is, with what befalls it. */
  #accept(
    socket: Socket<SocketOwner>,
    begin: (introduction: Introduction, faults: ConnectionFaults | undefined) => void,
  ): void {
    const address = this.#admit(socket);
    if (address === undefined) return;
    const faults = this.#context.nextFaults?.();
    const introduce = (): void => {
      if (this.#context.proxied?.hasHeaders !== true) return begin({ address }, faults);
      const { headerAwaited } =
        require("./proxied/awaited-header.ts") as typeof import("./proxied/awaited-header.ts");
      const goOn = (introduction: Introduction): void => begin(introduction, faults);
      this.#hold(socket, headerAwaited(socket, address, this.#context, goOn));
    };
    if (faults === undefined) introduce();
    else this.#meet(faults, socket, address, introduce);
  }

  /** Puts TLS over the socket of a client, or breaks its handshake as `faults` say. */
  #beginSecurely(
    socket: Socket<SocketOwner>,
    secure: SecureSockets,
    handlers: SocketHandler<SocketOwner>,
    introduction: Introduction,
    faults: ConnectionFaults | undefined,
  ): void {
    if (faults?.handshake !== undefined) {
      const { handshakeBroken } = faultyOwners();
      const { address, octets } = introduction;
      const held = handshakeBroken(faults.handshake, socket, address, this.#context, secure);
      this.#hold(socket, held);
      if (octets !== undefined) held.owner.receive(octets);
      return;
    }
    const own = (handshake: ProtocolConnection): void => void this.#own(socket, handshake);
    const heard = secure.begin(socket, introduction, this.#context, handlers, own, faults?.flaw);
    if (heard !== undefined) this.#answerCleartext(socket, heard);
    else if (this.#connections.size > this.#turnedAwayMax && socket.data !== undefined) {
      this.#reset(socket.data);
    }
  }

  /** Has a new client wait, or sends it away, as its faults say; else calls `begin`. */
  #meet(
    { waitMs, close }: ConnectionFaults,
    socket: Socket<SocketOwner>,
    address: string,
    begin: () => void,
  ): void {
    const { acceptedLate, sentAway } = faultyOwners();
    const context = this.#context;
    const goOn =
      close === undefined
        ? begin
        : () => this.#hold(socket, sentAway(close, socket, address, context));
    if (waitMs === undefined) goOn();
    else this.#hold(socket, acceptedLate(waitMs, socket, address, context, goOn));
  }

  #hold(socket: Socket<SocketOwner>, { owner, begin }: HeldSocket): void {
    this.#own(socket, owner);
    if (this.#connections.size > this.#turnedAwayMax) this.#reset(owner);
    else begin();
  }

  #closed({ data: connection }: Socket<SocketOwner>): void {
    if (connection === undefined) return;
    connection.closed();
    this.#context.observers.disconnected.tell(connection.remoteAddress);
    this.#watchMemory();
  }

  /** Has the memory be looked at from now on, while there are connections. */
  #watchMemory(): void {
    const { limits, scheduler } = this.#context;
    this.#collector ??= openCollector(limits, () => this.#connections.size > 0, scheduler);
    this.#collector.note();
  }

  /** The handler for the ends of handshakes. */
  #handshakes(secure: SecureSockets): Pick<SocketHandler<SocketOwner>, "handshake"> {
    return {
      handshake: (socket, agreed, error) => {
        const handshake = socket.data;
        if (handshake === undefined) return;
        const introduction = secure.conclude(handshake, agreed, error);
        if (introduction === undefined) return;
        this.#forget(handshake);
        const { address } = introduction;
        const closesLater = (closing: ProtocolConnection): void => void this.#own(socket, closing);
        const transport = secure.transport(socket, address, this.#context, closesLater);
        this.#connect(socket, transport, introduction);
      },
    };
  }

  /**
   * Answers what a client of a TLS port has sent in cleartext on the socket `plain`: its request
   * leads to https, if its head has come. The socket is closed at the end of this turn.
   */
  #answerCleartext(plain: Socket<SocketOwner>, { handshake, secure: socket, octets }: Heard): void {
    const { introduction } = handshake;
    this.#forget(handshake);
    const transport = new SocketTransport(plain);
    const { headIn } = require("./tls/cleartext.ts") as typeof import("./tls/cleartext.ts");
    const head = headIn(octets);
    const service =
      head === undefined ? undefined : this.#cleartext?.(socket.localPort ?? httpsPort);
    if (head === undefined || service === undefined) {
      const connection = this.#make(transport, introduction);
      this.#own(socket, connection);
      return this.#turnAway(connection, "cleartext");
    }
    const { factory, answer, refuse } = service;
    const context = { ...this.#contextOf(introduction), answer, refuse };
    const connection = factory(context, transport, introduction.address);
    this.#own(socket, connection);
    connection.receive(head);
  }

  /** The context of a client: what one that isn't named says of others counts for nothing. */
  #contextOf({ isUnnamed }: Introduction): ConnectionContext {
    return isUnnamed === true ? { ...this.#context, proxied: undefined } : this.#context;
  }

  #make(transport: Transport, introduction: Introduction): ProtocolConnection {
    return this.#factory(this.#contextOf(introduction), transport, introduction.address);
  }

  #connect(socket: Socket<SocketOwner>, transport: Transport, introduction: Introduction): void {
    const { address, octets } = introduction;
    const connection = this.#make(transport, introduction);
    const ofAddress = this.#own(socket, connection);
    const { connectionsPerAddressMax } = this.#context.limits;
    if (this.#closing !== undefined) connection.stop(this.#isPatient);
    if (this.#connections.size > this.#turnedAwayMax) return this.#reset(connection);
    if (
      this.#connections.size > this.#connectionsMax ||
      (ofAddress > connectionsPerAddressMax && !this.#isOfMany(address))
    ) {
      this.#turnAway(connection, "overloaded");
    }
    if (octets !== undefined) connection.receive(octets);
  }

  /** Whether many clients have `address`: those of a Unix socket, and of a trusted proxy. */
  #isOfMany(address: string): boolean {
    return address === unixAddress || this.#context.proxied?.trusts(address) === true;
  }

  /** Has a connection answer that it is refused. */
  #turnAway(connection: ProtocolConnection, reason: RefusalReason): void {
    this.#context.observers.refused.tell(connection.remoteAddress, reason);
    connection.turnAway(reason);
  }

  /** Resets a connection, since there are so many that not all of them can be answered. */
  #reset(connection: ProtocolConnection): void {
    const { refused, dropped } = this.#context.observers;
    refused.tell(connection.remoteAddress, "overloaded");
    dropped.tell(connection.remoteAddress, "far too many connections");
    connection.abort();
  }

  /** Makes `owner` the receiver of the socket's events. Answers how many have its address. */
  #own(socket: Socket<SocketOwner>, owner: ProtocolConnection): number {
    socket.data = owner;
    this.#connections.add(owner);
    const ofAddress = (this.#perAddress.get(owner.remoteAddress) ?? 0) + 1;
    this.#perAddress.set(owner.remoteAddress, ofAddress);
    return ofAddress;
  }

  #forget(connection: ProtocolConnection): void {
    this.#connections.delete(connection);
    const left = (this.#perAddress.get(connection.remoteAddress) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(connection.remoteAddress);
    else this.#perAddress.set(connection.remoteAddress, left);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  /**
   * Accepts no more connections and lets the open ones finish, with `isPatient` after one more
   * request. Resolves when none is left. A second call may end the patience.
   */
  close(isPatient = false): Promise<void> {
    this.#isPatient = isPatient && (this.#closing === undefined || this.#isPatient);
    for (const connection of this.#connections) connection.stop(this.#isPatient);
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.closeSockets();
    // The last connection may be followed by a socket that isn't empty yet (`tls/`).
    while (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#emptied = resolve;
      });
    }
  }

  /** Resets every connection. */
  abort(): void {
    for (const connection of this.#connections) connection.abort();
  }
}
