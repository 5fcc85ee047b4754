/**
 * The transport of a throttled connection. To its connection it is a socket that is often full: it
 * takes what the line carries and no more, and reports when there is room again. So nothing waits
 * here, and a file is still read, or sent by the kernel, as fast as it leaves.
 *
 * The latency is that of a round trip: after octets of the client have come, the first ones to it
 * are held back. While the line carries an answer they are not; what the client sends on the way
 * costs it no time.
 */

import type { FileSource } from "../../http/message/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import { PacedLine } from "../../schedule/pace.ts";
import type { Transport } from "../connection/transport.ts";
import { DecoratedTransport } from "../decorated/decorated-factory.ts";
import type { LineSpeed } from "./line-speed.ts";
import type { Waiter, WakeUps } from "./wake-ups.ts";

/** A socket behind a slow line. */
export class PacedTransport extends DecoratedTransport implements Waiter {
  readonly #line: PacedLine;
  readonly #latencyMs: number;
  readonly #clock: Clock;
  readonly #wakeUps: WakeUps;
  /** Told when there is room again. */
  drained: (() => void) | undefined;
  /** When the client's last octets came, if nothing was sent since. */
  #heardMs: number | undefined;

  constructor(below: Transport, speed: LineSpeed, clock: Clock, wakeUps: WakeUps) {
    super(below);
    this.#line = new PacedLine(speed.bytesPerSecond);
    this.#latencyMs = speed.latencyMs;
    this.#clock = clock;
    this.#wakeUps = wakeUps;
  }

  get wakeMs(): number {
    return this.#line.freeMs;
  }

  wake(): void {
    this.drained?.();
  }

  /** Octets of the client have come. */
  heard(): void {
    if (!this.#line.isAwaited) this.#heardMs = this.#clock.monotonicMs();
  }

  /** The socket is closed. */
  over(): void {
    this.#wakeUps.remove(this);
  }

  /** Hands the line what it takes of `octets` by `send`, which answers as `write` does. */
  #send(octets: number, send: (from: number, to: number) => number): number {
    if (this.#heardMs !== undefined) {
      this.#line.holdUntil(this.#heardMs + this.#latencyMs);
      this.#heardMs = undefined;
    }
    let sent = 0;
    while (sent < octets) {
      const nowMs = this.#clock.monotonicMs();
      const room = this.#line.room(nowMs);
      if (room === 0) {
        this.#wakeUps.add(this);
        return sent;
      }
      const share = Math.min(room, octets - sent);
      const taken = send(sent, sent + share);
      if (taken < 0) return taken;
      sent += taken;
      this.#line.carry(taken, nowMs);
      if (taken < share) return sent;
    }
    return sent;
  }

  override write(octets: Uint8Array): number {
    return this.#send(octets.length, (from, to) => this.transport.write(octets.subarray(from, to)));
  }

  override writeMore(octets: Uint8Array): number {
    return this.write(octets);
  }

  override sendFile(file: FileSource, position: number, octets: number): number | undefined {
    let isRead = false;
    const sent = this.#send(octets, (from, to) => {
      const taken = this.transport.sendFile(file, position + from, to - from);
      isRead = taken === undefined;
      // What isn't sent now is for the next call to tell, if some octets are.
      return taken === undefined || (taken < 0 && from > 0) ? 0 : taken;
    });
    if (isRead && sent === 0) return undefined;
    // The `write` that follows has to wait, too.
    return sent === 0 && this.#line.isAwaited ? -1 : sent;
  }

  override close(): void {
    this.over();
    super.close();
  }

  override terminate(): void {
    this.over();
    super.terminate();
  }
}
