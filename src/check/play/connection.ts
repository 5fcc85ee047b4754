/**
 * One TCP connection to the server under test, as the player sees it: bytes that came and are not
 * yet accounted for, and how the peer has left, if it has.
 *
 * Sending never blocks the play: what the socket does not take waits in `#unsent` and goes out on
 * drain, since a server may well answer and stop reading before it has everything. Waiting is for
 * "something changed" with a deadline, and every timer is cleared with its wait. The socket is half
 * open on purpose: a peer's FIN is something to observe, not to answer by itself.
 */

import type { Socket } from "bun";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { concatBytes } from "../../http/bytes.ts";
import type { ConnectionEnd } from "../script/script.ts";

/** Where the server listens: a host name or address without brackets, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks TLS; whatever certificate it shows is taken. */
  readonly secure?: true;
}

/** What the peer has done with its side: nothing yet, FIN, or RST. */
export type PeerState = "open" | ConnectionEnd;

const connectTimeMs = 5000;
/** At a deadline the event loop gets so long to read what has come before it. */
const lastLookMs = 1;

export class Connection {
  readonly #received: Uint8Array[] = [];
  #unsent: Uint8Array[] = [];
  #peer: PeerState = "open";
  #socket: Socket<Connection> | undefined;
  #wake: (() => void) | undefined;
  #shutdown: "no" | "wanted" | "done" = "no";

  /** Connects. Fails with the reason in words: the system's code, or the time that has passed. */
  static async open(endpoint: Endpoint): Promise<Result<Connection, string>> {
    const connection = new Connection();
    const connecting = Bun.connect<Connection>({
      hostname: endpoint.host,
      port: endpoint.port,
      allowHalfOpen: true,
      ...(endpoint.secure === true ? { tls: { rejectUnauthorized: false } } : {}),
      data: connection,
      socket: handlers,
    });
    let timer: Timer | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), connectTimeMs);
    });
    try {
      const socket = await Promise.race([connecting, late]);
      if (socket !== "late") {
        connection.#socket = socket;
        return success(connection);
      }
      connecting.then((lateSocket) => lateSocket.terminate(), ignore);
      return failure(`no connection within ${connectTimeMs} ms`);
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      return failure(code ?? message ?? "no connection");
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the peer has done with its side of the connection. */
  get peer(): PeerState {
    return this.#peer;
  }

  /** How many received bytes no expectation has taken yet. */
  get pendingBytes(): number {
    let count = 0;
    for (const part of this.#received) count += part.length;
    return count;
  }

  /** Whether all that was sent has gone to the system. */
  get sent(): boolean {
    return this.#unsent.length === 0;
  }

  /** Takes all bytes that came. */
  take(): Uint8Array {
    return concatBytes(this.#received.splice(0));
  }

  /** Gives back bytes from the front of what was taken. */
  giveBack(octets: Uint8Array): void {
    if (octets.length > 0) this.#received.unshift(octets);
  }

  /** Sends `octets`, now or once the socket takes them; nothing if the connection is gone. */
  send(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#unsent.push(octets);
    this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    while (this.#unsent.length > 0) {
      const [first = new Uint8Array(0)] = this.#unsent;
      const count = socket.write(first);
      if (count < 0) {
        this.#unsent = [];
        return;
      }
      if (count < first.length) {
        this.#unsent[0] = first.subarray(count);
        return;
      }
      this.#unsent.shift();
    }
    if (this.#shutdown !== "wanted") return;
    this.#shutdown = "done";
    socket.shutdown();
  }

  /** Sends FIN once all is sent, and goes on reading. */
  halfClose(): void {
    if (this.#shutdown === "no") this.#shutdown = "wanted";
    this.flush();
  }

  /** Closes both ways, politely. */
  close(): void {
    this.#socket?.end();
  }

  /** Resets the connection, which also leaves no port waiting behind. */
  abort(): void {
    this.#socket?.terminate();
  }

  /**
   * Waits until bytes come, the peer leaves or what waits was sent, and until `deadline`
   * (milliseconds of `performance.now`) at the latest. What has come before that is seen, however
   * late this process is.
   */
  async changed(deadline: number): Promise<"changed" | "late"> {
    const timeMs = deadline - performance.now();
    if (timeMs <= 0) return "late";
    let timer: Timer | undefined;
    const outcome = await new Promise<"changed" | "late">((resolve) => {
      this.#wake = () => resolve("changed");
      timer = setTimeout(() => {
        timer = setTimeout(() => resolve("late"), lastLookMs);
      }, timeMs);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    return outcome;
  }

  /** The socket's callbacks. */
  received(octets: Uint8Array): void {
    this.#received.push(octets);
    this.#wake?.();
  }

  drained(): void {
    this.flush();
    this.#wake?.();
  }

  left(end: ConnectionEnd): void {
    if (this.#peer === "open") this.#peer = end;
    this.#unsent = [];
    this.#wake?.();
  }
}

function ignore(): void {
  // A connection that failed after its time: nobody waits for it any more.
}

/** After FIN both ways the socket closes without an error; whatever has one was reset. */
const handlers = {
  data: (socket: Socket<Connection>, octets: Uint8Array) => socket.data.received(octets),
  drain: (socket: Socket<Connection>) => socket.data.drained(),
  end: (socket: Socket<Connection>) => socket.data.left("closed"),
  close: (socket: Socket<Connection>, error?: Error) => {
    socket.data.left(error === undefined ? "closed" : "reset");
  },
};
