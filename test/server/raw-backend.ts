/**
 * A backend that sends exactly the octets it is given, and keeps exactly what comes: what a proxy in
 * front of it has sent, connection by connection.
 */

import { concatBytes, latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";

type Socket = Bun.Socket<BackendPeer>;

const deadlineMs = 60_000;

/** One connection that the proxy has made. */
export class BackendPeer {
  readonly #socket: Socket;
  readonly #backend: RawBackend;
  readonly #pieces: Uint8Array[] = [];
  #unsent: Uint8Array = new Uint8Array(0);
  /** Whether the proxy has ended its side, or the connection is over. */
  hasEnded = false;
  isClosed = false;
  received = 0;

  constructor(socket: Socket, backend: RawBackend) {
    this.#socket = socket;
    this.#backend = backend;
  }

  /** All that came, as Latin-1 text. */
  get text(): string {
    return latin1Text(concatBytes(this.#pieces));
  }

  /** The requests that came, by their lines. */
  get requestLines(): string[] {
    return [...this.text.matchAll(/^[A-Z]+ (\S+) HTTP\/1\.1\r$/gm)].map(
      ([, target]) => target ?? "",
    );
  }

  take(octets: Uint8Array): void {
    this.#pieces.push(octets);
    this.received += octets.length;
  }

  send(octets: string | Uint8Array): void {
    const more = typeof octets === "string" ? latin1Bytes(octets) : octets;
    this.#unsent = concatBytes([this.#unsent, more]);
    this.flush();
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    const taken = this.#socket.write(this.#unsent);
    if (taken > 0) this.#unsent = this.#unsent.subarray(taken);
  }

  /** Octets that the proxy has not taken. */
  get unsent(): number {
    return this.#unsent.length;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends this side; reading goes on. */
  shut(): void {
    this.#socket.shutdown();
  }

  reset(): void {
    this.#socket.terminate();
  }

  /** Waits until `holds`. */
  until(holds: (peer: this) => boolean): Promise<void> {
    return this.#backend.until(() => holds(this));
  }

  /** Waits until `text` has come. */
  has(text: string): Promise<void> {
    return this.until(() => this.text.includes(text));
  }
}

/** What is done when octets have come on a connection. */
type Behaviour = (peer: BackendPeer) => void;

export class RawBackend implements Disposable {
  readonly peers: BackendPeer[] = [];
  readonly #listener: Bun.TCPSocketListener<BackendPeer>;
  readonly #waiting = new Set<() => void>();

  /** `behave` is called when octets have come. */
  constructor(behave: Behaviour = () => undefined, tls?: Bun.TLSOptions, hostname = "127.0.0.1") {
    this.#listener = Bun.listen<BackendPeer>({
      hostname,
      port: 0,
      allowHalfOpen: true,
      ...(tls === undefined ? {} : { tls }),
      socket: {
        open: (socket) => {
          socket.data = new BackendPeer(socket, this);
          this.peers.push(socket.data);
          this.#wake();
        },
        data: (socket, octets) => {
          socket.data.take(octets);
          behave(socket.data);
          this.#wake();
        },
        drain: (socket) => socket.data.flush(),
        end: (socket) => {
          socket.data.hasEnded = true;
          this.#wake();
        },
        close: (socket) => {
          if (socket.data === undefined) return;
          socket.data.hasEnded = true;
          socket.data.isClosed = true;
          this.#wake();
        },
        error: () => undefined,
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All requests, by their targets. */
  get requestLines(): string[] {
    return this.peers.flatMap((peer) => peer.requestLines);
  }

  /** The connection of that number, when it is there. */
  async peer(at = 0): Promise<BackendPeer> {
    await this.until(() => this.peers.length > at);
    return this.peers[at] as BackendPeer;
  }

  /** Waits until `holds`; rejects after a deadline that only fails what is broken. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
    };
    this.#waiting.add(look);
    const timer = setTimeout(() => {
      const texts = this.peers.map(({ text }) => text.slice(-300));
      reject(new Error(`nothing more came after ${JSON.stringify(texts)}`));
    }, deadlineMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }
}

/** A backend that answers each request without content with `response`. */
export function answering(response: string): RawBackend {
  return new RawBackend((peer) => {
    if (peer.text.endsWith("\r\n\r\n")) peer.send(response);
  });
}
