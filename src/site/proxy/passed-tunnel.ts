/**
 * An upgrade that is passed on: after a 101 of the backend, octets go both ways between a client's
 * tunnel and the backend's connection, untouched. A side that reads slowly holds the other back;
 * each side's end is passed on by itself, and a side that breaks off breaks the other off.
 */

import type { Tunnel, TunnelUser } from "../../http/message/tunnel.ts";

/** The backend's connection, after its 101. */
export interface BackendEnd {
  /** Whether octets wait because the backend reads slowly; `backendDrained` is called then. */
  readonly isFull: boolean;
  /** Sends `octets`, which must not change any more. */
  send(octets: Uint8Array): void;
  /** Stops reading, and goes on. */
  pause(): void;
  resume(): void;
  /** Ends our side when all has been sent. When the backend's has ended too, it is closed. */
  end(): void;
  /** Resets the connection. */
  abort(): void;
}

/** The tunnel of one client to a backend. */
export class PassedTunnel implements TunnelUser {
  readonly #tunnel: Tunnel;
  readonly #backend: BackendEnd;
  #heardMs: number;
  #hasClientEnded = false;
  #hasBackendEnded = false;
  #isOver = false;

  constructor(tunnel: Tunnel, backend: BackendEnd) {
    this.#tunnel = tunnel;
    this.#backend = backend;
    this.#heardMs = tunnel.nowMs;
    tunnel.wakeAt(this.#heardMs + tunnel.limits.backendSilenceTimeMs);
  }

  received(octets: Uint8Array): void {
    this.#heardMs = this.#tunnel.nowMs;
    this.#backend.send(octets);
    if (this.#backend.isFull) this.#tunnel.pause();
  }

  hasDrained(): void {
    this.#backend.resume();
  }

  clientEnded(): void {
    this.#hasClientEnded = true;
    this.#backend.end();
  }

  closed(): void {
    this.#isOver = true;
    // When both have ended, what the backend has not read yet is still on its way.
    if (!this.#hasClientEnded || !this.#hasBackendEnded) this.#backend.abort();
  }

  expired(): void {
    const dueMs = this.#heardMs + this.#tunnel.limits.backendSilenceTimeMs;
    if (this.#tunnel.nowMs >= dueMs) this.#tunnel.abort();
    else this.#tunnel.wakeAt(dueMs);
  }

  stop(): void {
    this.#backend.end();
    this.#tunnel.close();
  }

  /** The backend has sent `octets`. */
  backendSent(octets: Uint8Array): void {
    if (this.#isOver) return;
    this.#heardMs = this.#tunnel.nowMs;
    this.#tunnel.write(octets);
    if (this.#tunnel.isFull) this.#backend.pause();
  }

  /** The backend has taken all that was sent to it. */
  backendDrained(): void {
    this.#tunnel.resume();
  }

  /** The backend has ended its side. */
  backendEnded(): void {
    this.#hasBackendEnded = true;
    this.#tunnel.end();
  }

  /** The backend's connection has broken off. */
  backendBroke(): void {
    if (!this.#isOver) this.#tunnel.abort();
  }
}
