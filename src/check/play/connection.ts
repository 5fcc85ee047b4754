/**
 * One TCP connection to the server under test, or from a client under test, as the player uses it:
 * the received bytes that no expectation has taken yet, and whether the peer has ended its side.
 *
 * Sending never blocks the player. Bytes that the socket does not take wait in `#unsent` and go out
 * on drain, because a server may answer and stop reading before it has received everything. The
 * player waits for any change, up to a deadline; every timer is cleared when its wait ends. The
 * socket allows half-open connections: the server's FIN is observed and not answered with one.
 */

import type { Socket } from "bun";

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { concatBytes } from "../../http/octets/bytes.ts";
import type { ConnectionEnd } from "../script/script.ts";
import { checkLimits } from "../limits.ts";

const { connectTimeMs, lastReadMs } = checkLimits;

/** Where the server listens. `host` is a name or an address without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks TLS. Its certificate is not verified. */
  readonly secure?: true;
}

/** How the server has ended its side: not yet ("open"), by FIN ("closed") or by RST ("reset"). */
type PeerState = "open" | ConnectionEnd;

/** Is told of the bytes of a connection in both directions, and of the server's end of it. */
export interface ConnectionTap {
  sent(octets: Uint8Array): void;
  received(octets: Uint8Array): void;
  left(end: ConnectionEnd): void;
}

export class Connection {
  readonly #received: Uint8Array[] = [];
  #unsent: Uint8Array[] = [];
  #peer: PeerState = "open";
  #socket: Socket<Connection> | undefined;
  #wake: (() => void) | undefined;
  /** The deadline behind which what lay in the socket was read. */
  #passed: number | undefined;
  readonly #tap: ConnectionTap | undefined;
  #shutdown: "no" | "wanted" | "done" = "no";

  private constructor(tap: ConnectionTap | undefined) {
    this.#tap = tap;
  }

  /** Connects. Fails with the system's error code, or with the time after which it gave up. */
  static async open(endpoint: Endpoint, tap?: ConnectionTap): Promise<Result<Connection, string>> {
    const connection = new Connection(tap);
    const connecting = Bun.connect<Connection>({
      hostname: endpoint.host,
      port: endpoint.port,
      allowHalfOpen: true,
      ...(endpoint.secure === true ? { tls: { rejectUnauthorized: false } } : {}),
      data: connection,
      socket: connectionHandlers,
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

  /** A connection that was accepted: the peer is a client. Its socket has `connectionHandlers`. */
  static accepted(socket: Socket<Connection>, tap?: ConnectionTap): Connection {
    const connection = new Connection(tap);
    connection.#socket = socket;
    socket.data = connection;
    return connection;
  }

  /** How the peer has ended its side of the connection. */
  get peer(): PeerState {
    return this.#peer;
  }

  /** The number of received bytes that no expectation has taken yet. */
  get pendingBytes(): number {
    let count = 0;
    for (const part of this.#received) count += part.length;
    return count;
  }

  /** Whether the system has taken all bytes to send. */
  get sent(): boolean {
    return this.#unsent.length === 0;
  }

  /** Takes all received bytes. */
  take(): Uint8Array {
    return concatBytes(this.#received.splice(0));
  }

  /** Puts bytes that were taken back to the front of the received bytes. */
  giveBack(octets: Uint8Array): void {
    if (octets.length > 0) this.#received.unshift(octets);
  }

  /**
   * Sends `octets`, now or when the socket takes them. Does nothing if the connection has ended.
   */
  send(octets: Uint8Array): void {
    if (octets.length === 0) return;
    this.#tap?.sent(octets);
    this.#unsent.push(octets);
    this.flush();
  }

  /** Writes the bytes that wait to be sent. */
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

  /** Closes both directions with a FIN. */
  close(): void {
    this.#socket?.end();
  }

  /** Resets the connection, so that no port stays in TIME_WAIT. */
  abort(): void {
    this.#socket?.terminate();
  }

  /**
   * Waits until bytes arrive, the server ends its side or waiting bytes were sent, and until
   * `deadline` (milliseconds of `performance.now`) at the latest. A change before the deadline is
   * reported even if this process runs late: what lies in the socket then is read, once for each
   * deadline.
   */
  async changed(deadline: number): Promise<"changed" | "late"> {
    const timeMs = Math.max(0, deadline - performance.now());
    if (timeMs === 0 && this.#passed === deadline) return "late";
    if (timeMs === 0) this.#passed = deadline;
    let timer: Timer | undefined;
    const outcome = await new Promise<"changed" | "late">((resolve) => {
      this.#wake = () => resolve("changed");
      timer = setTimeout(() => {
        timer = setTimeout(() => resolve("late"), lastReadMs);
      }, timeMs);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    return outcome;
  }

  /** Waits until the system has taken all bytes, the server has ended its side, or time is up. */
  async allSent(timeMs: number): Promise<void> {
    const deadline = performance.now() + timeMs;
    while (!this.sent && this.#peer === "open") {
      if ((await this.changed(deadline)) === "late") return;
    }
  }

  /** Called by the socket's handlers, as are the next two. */
  received(octets: Uint8Array): void {
    this.#tap?.received(octets);
    this.#received.push(octets);
    this.#wake?.();
  }

  drained(): void {
    this.flush();
    this.#wake?.();
  }

  left(end: ConnectionEnd): void {
    if (this.#peer === "open") {
      this.#peer = end;
      this.#tap?.left(end);
    }
    this.#unsent = [];
    this.#wake?.();
  }
}

function ignore(): void {
  // The connection failed after the deadline; its error is of no use.
}

/** After a FIN in both directions `close` has no error; with an error the connection was reset. */
export const connectionHandlers = {
  data: (socket: Socket<Connection>, octets: Uint8Array) => socket.data.received(octets),
  drain: (socket: Socket<Connection>) => socket.data.drained(),
  end: (socket: Socket<Connection>) => socket.data.left("closed"),
  close: (socket: Socket<Connection>, error?: Error) => {
    socket.data.left(error === undefined ? "closed" : "reset");
  },
};
