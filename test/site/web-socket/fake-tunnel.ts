/** A tunnel without a connection, which keeps what is written and says how it ended. */

import { resolveLimits } from "../../../src/base/limits.ts";
import type { Limits } from "../../../src/base/limits.ts";
import { concatBytes } from "../../../src/http/octets/bytes.ts";
import type { Tunnel, TunnelUser } from "../../../src/http/message/tunnel.ts";

export class FakeTunnel implements Tunnel {
  readonly limits: Limits;
  readonly writes: Uint8Array[] = [];
  /** What was called, but for `write` and `wakeAt`. */
  readonly calls: ("pause" | "resume" | "end" | "close" | "abort")[] = [];
  readonly failures: unknown[] = [];
  readonly messages: (string | Uint8Array)[] = [];
  pending = 0;
  isFull = false;
  nowMs = 1000;
  wakeMs = Infinity;
  held = 0;
  user: TunnelUser | undefined;

  constructor(changes: Partial<Record<keyof Limits, number>> = {}) {
    const limits = resolveLimits(changes);
    if (!limits.ok) throw new Error(limits.error.limit);
    this.limits = limits.value;
  }

  /** All that was written. */
  get octets(): Uint8Array {
    return concatBytes(this.writes);
  }

  /** How it ended, if it did. */
  get ending(): string | undefined {
    return this.calls.findLast((call) => call === "close" || call === "abort");
  }

  get isPaused(): boolean {
    return this.calls.findLast((call) => call === "pause" || call === "resume") === "pause";
  }

  /** The client sends `octets`, as far as it is read. */
  send(octets: Uint8Array): void {
    // Payloads are unmasked in place, so what a test has is not touched.
    if (this.ending === undefined) this.user?.received(octets.slice());
  }

  /** The time goes to `nowMs`, and what was due by then is told. */
  pass(nowMs: number): void {
    while (this.wakeMs <= nowMs && this.ending === undefined) {
      this.nowMs = Math.max(this.nowMs, this.wakeMs);
      this.wakeMs = Infinity;
      this.user?.expired();
    }
    this.nowMs = nowMs;
  }

  write(octets: Uint8Array): void {
    if (this.ending === undefined) this.writes.push(octets);
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  end(): void {
    this.calls.push("end");
  }

  close(): void {
    if (this.ending === undefined) this.calls.push("close");
  }

  abort(): void {
    if (this.ending !== undefined) return;
    this.calls.push("abort");
    this.user?.closed();
  }

  wakeAt(atMs: number): void {
    this.wakeMs = atMs;
  }

  hold(octets: number, before: number): boolean {
    this.held += octets - before;
    return true;
  }

  tookMessage(message: string | Uint8Array): void {
    this.messages.push(message);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }
}
