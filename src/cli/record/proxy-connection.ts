/**
 * A client's connection to the proxy, and the one to the server behind it that is opened for it.
 * Octets go on as they come, in both directions, and so do the ends: a FIN as a FIN, a reset as a
 * reset. A side that doesn't take more has the other one wait.
 *
 * A wiretap is told of what the server got and what it sent. A client whose server can't be reached
 * gets 502, of which the wiretap isn't told.
 */

import type { Socket, SocketHandler } from "bun";

import type { TappedConnection, Wiretap } from "../../base/wiretap.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import type {
  ConnectionContext,
  ConnectionFactory,
  ProtocolConnection,
} from "../../server/connection/protocol-connection.ts";
import type { Transport } from "../../server/connection/transport.ts";
import { SocketTransport } from "../../server/connection/transport.ts";
import { HostRewriter } from "./host-rewriter.ts";

interface ProxyOptions {
  /** The server behind the proxy; its path doesn't count. */
  readonly server: URL;
  /** Whether requests get the server's name instead of the proxy's. */
  readonly rewritesHost: boolean;
  readonly wiretap: Wiretap;
  /** Is told in a line why the server can't be reached. */
  readonly unreachable: (line: string) => void;
}

/** A factory of connections that lead to `options.server`. */
export function proxyFactory(options: ProxyOptions): ConnectionFactory {
  return (context, transport, remoteAddress) =>
    new ProxyConnection(context, transport, remoteAddress, options);
}

type BackendSocket = Socket<ProxyConnection>;

/** Octets on their way to one side, and whether a FIN follows them. */
class Way {
  #pieces: Uint8Array[] = [];
  #end: "no" | "wanted" | "done" = "no";

  /** Whether the FIN has been sent. */
  get isEnded(): boolean {
    return this.#end === "done";
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  add(octets: Uint8Array): void {
    if (octets.length > 0) this.#pieces.push(Uint8Array.from(octets));
  }

  end(): void {
    if (this.#end === "no") this.#end = "wanted";
  }

  /**
   * Writes what `transport` takes, and tells `took` of it. Answers whether all was taken, or the
   * side is gone.
   */
  flush(transport: Transport, took?: (octets: Uint8Array) => void): "sent" | "full" | "gone" {
    while (this.#pieces.length > 0) {
      const octets = this.#pieces.length === 1 ? this.#pieces[0] : concatBytes(this.#pieces);
      if (octets === undefined) break;
      const taken = transport.write(octets);
      if (taken < 0) return "gone";
      if (taken > 0) took?.(octets.subarray(0, taken));
      this.#pieces = taken < octets.length ? [octets.subarray(taken)] : [];
      if (taken < octets.length) return "full";
    }
    if (this.#end === "wanted") {
      this.#end = "done";
      transport.shutdown();
    }
    return "sent";
  }
}

class ProxyConnection implements ProtocolConnection {
  deadlineMs = Infinity;
  slot = -1;
  readonly remoteAddress: string;
  readonly #context: ConnectionContext;
  readonly #client: Transport;
  readonly #options: ProxyOptions;
  readonly #tap: TappedConnection;
  readonly #rewriter: HostRewriter | undefined;
  readonly #toClient = new Way();
  readonly #toServer = new Way();
  /** Undefined until it is connected, and when it has failed. */
  #server: Transport | undefined;
  #isFailed = false;
  #isClosed = false;
  #hasClientEnded = false;

  constructor(
    context: ConnectionContext,
    client: Transport,
    remoteAddress: string,
    options: ProxyOptions,
  ) {
    this.#context = context;
    this.#client = client;
    this.remoteAddress = remoteAddress;
    this.#options = options;
    this.#tap = options.wiretap.connected();
    this.#rewriter = options.rewritesHost ? new HostRewriter(options.server) : undefined;
    this.#within(context.limits.proxyConnectTimeMs);
    void this.#connect();
  }

  #within(timeMs: number): void {
    this.#context.timers.set(this, this.#context.clock.monotonicMs() + timeMs);
  }

  #passed(): void {
    if (this.#server !== undefined) this.#within(this.#context.limits.proxyIdleTimeMs);
  }

  async #connect(): Promise<void> {
    const { hostname, port, protocol } = this.#options.server;
    const host = hostname.replace(/^\[|\]$/gu, "");
    const secure = protocol === "https:";
    try {
      await Bun.connect<ProxyConnection>({
        hostname: host,
        port: Number(port || (secure ? "443" : "80")),
        allowHalfOpen: true,
        data: this,
        socket: secure ? secureHandlers : handlers,
        ...(secure ? { tls: { serverName: host, rejectUnauthorized: true } } : {}),
      });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      this.failed(code === "" ? String(error) : code);
    }
  }

  /** The server is connected; called by the handlers of its socket, as are the next five. */
  connected(socket: BackendSocket): void {
    if (this.#isClosed || this.#isFailed) return socket.terminate();
    this.#server = new SocketTransport(socket);
    this.#passed();
    this.#send();
  }

  /** There is no connection to the server, for the reason `why`. */
  failed(why: string): void {
    if (this.#isClosed || this.#isFailed || this.#server !== undefined) return;
    this.#isFailed = true;
    const line = `no connection to ${this.#options.server.origin}: ${why}`;
    this.#options.unreachable(line);
    const body = utf8Bytes(`${line}\n`);
    const fields = "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n";
    const head = `HTTP/1.1 502 Bad Gateway\r\n${fields}Content-Length: ${body.length}\r\n\r\n`;
    this.#toClient.add(utf8Bytes(head));
    this.#toClient.add(body);
    this.#toClient.end();
    this.#client.resume();
    this.#answer();
    this.#within(this.#context.limits.lingerTimeMs);
  }

  serverSent(octets: Uint8Array): void {
    if (this.#isClosed) return;
    this.#passed();
    this.#tap.sent(octets);
    this.#toClient.add(octets);
    this.#answer();
  }

  serverDrained(): void {
    if (this.#isClosed) return;
    this.#passed();
    this.#send();
  }

  serverEnded(): void {
    if (this.#isClosed) return;
    this.#tap.serverEnded("closed");
    this.#toClient.end();
    this.#answer();
  }

  /** The server's socket is closed, by a reset if `isReset`. */
  serverClosed(isReset: boolean): void {
    if (this.#isClosed) return;
    if (this.#server === undefined) return this.failed("the connection was closed");
    this.#tap.serverEnded(isReset ? "reset" : "closed");
    if (isReset) return this.#client.terminate();
    this.#toClient.end();
    this.#answer();
  }

  receive(octets: Uint8Array): void {
    if (this.#isFailed) return;
    this.#passed();
    this.#toServer.add(this.#rewriter?.push(octets) ?? octets);
    this.#send();
  }

  drained(): void {
    this.#passed();
    this.#answer();
  }

  peerEnded(): void {
    this.#hasClientEnded = true;
    if (this.#isFailed) return this.#client.close();
    if (this.#rewriter !== undefined) this.#toServer.add(this.#rewriter.end());
    this.#toServer.end();
    this.#send();
    this.#closeIfEnded();
  }

  closed(): void {
    this.#isClosed = true;
    this.#context.timers.remove(this);
    this.#tap.closed();
    // A client that goes without a FIN has reset the connection.
    if (this.#hasClientEnded) this.#server?.close();
    else this.#server?.terminate();
    this.#context.closed(this);
  }

  expire(): void {
    if (this.#server === undefined && !this.#isFailed) {
      return this.failed(`none within ${this.#context.limits.proxyConnectTimeMs} ms`);
    }
    this.abort();
  }

  stop(): void {
    this.abort();
  }

  abort(): void {
    this.#client.terminate();
  }

  turnAway(): void {
    this.abort();
  }

  /** Sends on what has come from the client. Until the server takes it, the client waits. */
  #send(): void {
    const server = this.#server;
    if (server === undefined) {
      if (!this.#toServer.isEmpty) this.#client.pause();
      return;
    }
    const wasEnded = this.#toServer.isEnded;
    const outcome = this.#toServer.flush(server, (octets) => this.#tap.received(octets));
    if (outcome === "full") this.#client.pause();
    else if (outcome === "sent" && !this.#hasClientEnded) this.#client.resume();
    if (!wasEnded && this.#toServer.isEnded) this.#tap.clientEnded();
    this.#closeIfEnded();
  }

  /** Sends on what has come from the server. Until the client takes it, the server waits. */
  #answer(): void {
    const outcome = this.#toClient.flush(this.#client);
    if (outcome === "full") this.#server?.pause();
    else if (outcome === "sent" && !this.#toClient.isEnded) this.#server?.resume();
    this.#closeIfEnded();
  }

  #closeIfEnded(): void {
    if (this.#hasClientEnded && this.#toClient.isEnded) this.#client.close();
  }
}

/** The handlers of a socket to a server without TLS. */
const handlers: SocketHandler<ProxyConnection> = {
  open: (socket) => socket.data.connected(socket),
  data: (socket, octets) => socket.data.serverSent(octets),
  drain: (socket) => socket.data.serverDrained(),
  end: (socket) => socket.data.serverEnded(),
  close: (socket, error) => socket.data.serverClosed(error !== undefined),
  error: () => undefined,
};

/** The same under TLS, where a connection is one when the certificate has been verified. */
const secureHandlers: SocketHandler<ProxyConnection> = {
  ...handlers,
  open: () => undefined,
  handshake: (socket, isVerified, error) => {
    if (isVerified) return socket.data.connected(socket);
    socket.data.failed(error instanceof Error && "code" in error ? String(error.code) : "TLS");
    socket.terminate();
  },
};
