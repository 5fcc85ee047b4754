/**
 * The connection's view of a socket, and the only code that writes to one.
 *
 * What `Bun.listen`'s sockets do is narrower than their names: `write` takes what fits and says how
 * much; `end(data)` drops what did not fit; `end()` is a full close, which resets a client that is
 * still sending; only `shutdown()` closes our side alone. So a response is written to its last
 * octet first, then shut down, then closed when the client has closed, too.
 */

import type { Socket } from "bun";

import { systemCalls } from "../files/system-calls.ts";

/** A stream of octets to one client. */
export interface Transport {
  /**
   * Writes what fits now: how many octets were taken, 0 when full, -1 when the stream is closed.
   */
  write(octets: Uint8Array): number;
  /** Octets written that the client has not yet taken; undefined where nobody can tell. */
  queued(): number | undefined;
  /** Stops reading; the client's octets wait in the kernel. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Sends FIN; reading goes on. */
  shutdown(): void;
  /** Closes both ways; what was written is still delivered. */
  close(): void;
  /** Resets the stream: the client sees that the message was not whole. */
  terminate(): void;
}

/** The transport over a socket of Bun's. */
export class SocketTransport<Data> implements Transport {
  readonly #socket: Socket<Data>;

  constructor(socket: Socket<Data>) {
    this.#socket = socket;
  }

  /** Sockets have it, and their type doesn't say so; it is -1 once they are closed. */
  get #fd(): number {
    return (this.#socket as Socket<Data> & { readonly fd: number }).fd;
  }

  write(octets: Uint8Array): number {
    return this.#socket.write(octets);
  }

  queued(): number | undefined {
    // The kernel takes megabytes at once, and says that there is room again only when a third of
    // them is gone: to a reader of 100 kB per second nothing seems to move for half a minute. So it
    // is asked what it still holds, before a client is given up for not reading.
    const fd = this.#fd;
    return fd < 0 ? undefined : systemCalls().queued(fd);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  shutdown(): void {
    this.#socket.shutdown();
  }

  close(): void {
    this.#socket.end();
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
