/**
 * The port that a client under test connects to, on loopback: its connections in the order in which
 * they came, and a signal that is given whenever something happens on one of them.
 */

import { checkLimits } from "../limits.ts";
import { Connection, connectionHandlers } from "../play/connection.ts";
import type { ExchangeLog } from "../play/exchange/exchange.ts";

/** A connection of the client. It has a name from its first use in the script on. */
export interface ClientConnection {
  readonly connection: Connection;
  name: string | undefined;
  /** Whether the last statement about it covered all that came. */
  quiet: boolean;
}

const host = "127.0.0.1";

export class ClientPort {
  readonly connections: ClientConnection[] = [];
  readonly #log: ExchangeLog;
  readonly #listener: Bun.TCPSocketListener<Connection>;
  #wake: (() => void) | undefined;

  /** Listens on a free port. Whatever passes is recorded in `log`. */
  constructor(log: ExchangeLog) {
    this.#log = log;
    this.#listener = Bun.listen<Connection>({
      hostname: host,
      port: 0,
      allowHalfOpen: true,
      socket: {
        ...connectionHandlers,
        open: (socket) => {
          const came: ClientConnection = {
            connection: Connection.accepted(
              socket,
              this.#tap(() => nameOf(came, this.connections)),
            ),
            name: undefined,
            quiet: true,
          };
          if (this.connections.length >= checkLimits.clientConnectionsMax)
            return came.connection.abort();
          this.connections.push(came);
          this.notify();
        },
      },
    });
  }

  /** The address as a client writes it in Host. */
  get host(): string {
    return `${host}:${this.#listener.port}`;
  }

  /** The same port under another name, which is another origin. */
  get otherHost(): string {
    return `localhost:${this.#listener.port}`;
  }

  /** Wakes what waits: something has happened. */
  notify(): void {
    this.#wake?.();
  }

  /** Asks `look` now and whenever something has happened, until it has an answer or time is up. */
  async until<Found>(deadline: number, look: () => Found | undefined): Promise<Found | "late"> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const timeMs = deadline - performance.now();
      if (timeMs <= 0) return "late";
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, timeMs);
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  /** Resets all connections and frees the port. */
  stop(): void {
    for (const { connection } of this.connections) connection.abort();
    this.#listener.stop(true);
  }

  #tap(name: () => string) {
    return {
      sent: (octets: Uint8Array) => this.#log.bytes(name(), "server", octets),
      received: (octets: Uint8Array) => {
        this.#log.bytes(name(), "client", octets);
        this.notify();
      },
      left: (end: "closed" | "reset") => {
        this.#log.event(name(), leftText(end));
        this.notify();
      },
    };
  }
}

/** How a client ended its side, in words. */
export function leftText(end: "closed" | "reset"): string {
  return end === "closed" ? "the client closed the connection" : "the client reset the connection";
}

/** The name of a connection in a report: its own, or its place in the order. */
function nameOf(one: ClientConnection, all: readonly ClientConnection[]): string {
  const at = all.indexOf(one);
  return one.name ?? (at === 0 ? "main" : `connection ${at + 1}`);
}
