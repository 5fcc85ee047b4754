/**
 * The connection's view of a socket, and the only code that writes to one.
 *
 * The methods of `Bun.listen`'s sockets do less than their names say. `write` takes what fits and
 * answers how much that was; `end(data)` drops what did not fit; `end()` is a full close, which
 * resets a client that is still sending; only `shutdown()` closes the server's side alone. So a
 * response is written to its last octet, then the server's side is shut, and the socket is closed
 * when the client has shut its side as well (RFC 9112 §9.6).
 */

import type { Socket } from "bun";

import type { FileSource } from "../../http/message/response.ts";
import { systemCalls } from "../../system/system-choice.ts";
import type { SystemCalls } from "../../system/system-calls.ts";

/** A stream of octets to one client. */
export interface Transport {
  /**
   * Writes what fits now: how many octets were taken, 0 when full, -1 when the stream is closed.
   */
  write(octets: Uint8Array): number;
  /** The same, when more octets follow at once, so that no packet is sent for these alone. */
  writeMore(octets: Uint8Array): number;
  /**
   * Has the kernel send up to `octets` octets of `file` from `position` on: how many were taken, 0
   * when the file has none there, -1 when the stream is full or closed, which the next `write`
   * tells apart; undefined when the kernel can't do it here, and the file has to be read.
   */
  sendFile(file: FileSource, position: number, octets: number): number | undefined;
  /** Octets written that the client has not acknowledged yet; undefined where that is unknown. */
  queued(): number | undefined;
  /** The most octets that one segment takes to the client; absent or undefined where unknown. */
  segmentOctets?(): number | undefined;
  /** Stops reading from the socket; the client's octets wait in the kernel. */
  pause(): void;
  /** Goes on reading from the socket. */
  resume(): void;
  /** Sends FIN; reading goes on. */
  shutdown(): void;
  /** Closes both ways; what was written is still delivered. */
  close(): void;
  /** Resets the stream: the client sees that the message was not whole. */
  terminate(): void;
  /** Has `owner` told of the socket's events from now on, in place of the connection before. */
  handTo(owner: unknown): void;
}

/** The transport over a socket of Bun's. */
export class SocketTransport<Data> implements Transport {
  readonly #socket: Socket<Data>;
  readonly #calls: SystemCalls;

  constructor(socket: Socket<Data>, calls: SystemCalls = systemCalls()) {
    this.#socket = socket;
    this.#calls = calls;
  }

  /** The socket's descriptor, which Bun's type lacks; -1 once the socket is closed. */
  protected get fd(): number {
    return (this.#socket as Socket<Data> & { readonly fd: number }).fd;
  }

  write(octets: Uint8Array): number {
    return this.#socket.write(octets);
  }

  writeMore(octets: Uint8Array): number {
    const taken = this.#calls.sendMore(this.fd, octets);
    if (taken === octets.length) return taken;
    // Only `write` tells that the socket is closed, and makes it report when it has drained.
    const rest = this.write(octets.subarray(taken));
    return rest < 0 ? rest : taken + rest;
  }

  sendFile(file: FileSource, position: number, octets: number): number | undefined {
    const descriptor = (file.handle ?? -1) as unknown as number;
    return this.#calls.sendFile(this.fd, descriptor, position, octets);
  }

  queued(): number | undefined {
    return this.#calls.queued(this.fd);
  }

  segmentOctets(): number | undefined {
    return this.#calls.segmentOctets(this.fd);
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

  handTo(owner: unknown): void {
    this.#socket.data = owner as Data;
  }
}
