/**
 * The connection's view of a socket, and the only code that writes to one.
 *
 * What `Bun.listen`'s sockets do is narrower than their names: `write` takes what fits and says how
 * much; `end(data)` drops what did not fit; `end()` is a full close, which resets a client that is
 * still sending; only `shutdown()` closes our side alone. So a response is written to its last
 * octet first, then shut down, then closed when the client has closed, too.
 */

import type { Socket } from "bun";
import { writeSync } from "node:fs";

import type { FileSource } from "../../http/response.ts";
import { systemCalls } from "../../system/system-choice.ts";
import type { SystemCalls } from "../../system/system-calls.ts";

/** A stream of octets to one client. */
export interface Transport {
  /**
   * Writes what fits now: how many octets were taken, 0 when full, -1 when the stream is closed.
   */
  write(octets: Uint8Array): number;
  /** The same, where more follows at once. */
  writeMore(octets: Uint8Array): number;
  /**
   * Lets the kernel carry up to `octets` of `file` from `position` on: how many were taken, 0 when
   * the file has none there, -1 when the stream is full or closed, which the next write tells;
   * undefined when it can't be done here, and the file has to be read.
   */
  sendFile(file: FileSource, position: number, octets: number): number | undefined;
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
  readonly #calls: SystemCalls;

  constructor(socket: Socket<Data>, calls: SystemCalls = systemCalls()) {
    this.#socket = socket;
    this.#calls = calls;
  }

  /** Sockets have it, and their type doesn't say so; it is -1 once they are closed. */
  protected get fd(): number {
    return (this.#socket as Socket<Data> & { readonly fd: number }).fd;
  }

  write(octets: Uint8Array): number {
    return this.#socket.write(octets);
  }

  writeMore(octets: Uint8Array): number {
    const taken = this.#calls.sendMore(this.fd, octets);
    if (taken === octets.length) return taken;
    // Only a write tells that the stream is closed, or makes it tell when it has drained.
    const rest = this.write(octets.subarray(taken));
    return rest < 0 ? rest : taken + rest;
  }

  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    const descriptor = (file.handle ?? -1) as unknown as number;
    return this.#calls.sendFile(this.fd, descriptor, position, octets);
  }

  queued(): number | undefined {
    // The kernel takes megabytes at once, and says that there is room again only when a third of
    // them is gone: to a reader of 100 kB per second nothing seems to move for half a minute. So it
    // is asked what it still holds, before a client is given up for not reading.
    return this.#calls.queued(this.fd);
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

/**
 * Writes past a TLS socket whose handshake has failed, in cleartext: what is written to the socket
 * itself would be encrypted. Bun closes such a socket, so it isn't shut here.
 */
export class CleartextTransport<Data> extends SocketTransport<Data> {
  override write(octets: Uint8Array): number {
    try {
      return writeSync(this.fd, octets);
    } catch (error) {
      // The kernel has no room (EAGAIN), or the client has gone.
      return error instanceof Error && "code" in error && error.code === "EAGAIN" ? 0 : -1;
    }
  }

  override writeMore(octets: Uint8Array): number {
    return this.write(octets);
  }

  override sendFile(): undefined {
    return undefined;
  }

  override shutdown(): void {
    // The socket is closed by Bun when the handshake's callback has returned.
  }
}
