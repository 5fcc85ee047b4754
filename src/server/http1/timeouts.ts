/**
 * How long a connection may stay as it is: the deadline that goes with what it waits for.
 *
 * Timers are absolute: a client that sends or takes an octet now and then doesn't move them,
 * beyond what the least rate earns it. Without that, a reader of a hundred octets per second holds
 * a connection for ever.
 */

import type { Limits } from "../../base/limits.ts";
import type { ConnectionState } from "../../http1/connection-state.ts";
import { ReadProgress } from "../connection/read-progress.ts";

/** What a connection waits for. */
export interface Waiting {
  readonly state: ConnectionState;
  /** While a response is sent: for the client to read, or for a handler's stream to go on. */
  readonly waitsFor: "client" | "producer";
  /** Octets queued for the client, as far as is known. */
  readonly unsent: number;
  /** Octets of the body read so far, when it is the body that is waited for. */
  readonly bodyOctets: number | undefined;
}

/** The deadlines of one connection. */
export class Timeouts {
  readonly #limits: Limits;
  /** When the connection came into its state. */
  #sinceMs: number;
  /** When the head of the present request was whole. */
  #askedMs: number;
  /** When octets were last taken by the client, and how many were left then. */
  #progressMs: number;
  #unsent = 0;
  #takenOctets = 0;
  #sendingSinceMs: number;
  readonly #reading: ReadProgress;

  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits;
    this.#reading = new ReadProgress(limits);
    this.#sinceMs = nowMs;
    this.#askedMs = nowMs;
    this.#progressMs = nowMs;
    this.#sendingSinceMs = nowMs;
  }

  /** The connection has come into `state`. */
  begin(state: ConnectionState, nowMs: number): void {
    this.#sinceMs = nowMs;
    if (state === "handling") this.#askedMs = nowMs;
    if (state !== "answering" && state !== "refusing") return;
    this.#sendingSinceMs = nowMs;
    this.#progressMs = nowMs;
    this.#takenOctets = 0;
    this.#unsent = 0;
    this.#reading.restart();
  }

  /** A handler has been given octets to work on: its own time begins anew. */
  fed(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /** When to give up, on the monotonic clock; Infinity for never. */
  deadline(waiting: Waiting, nowMs: number): number {
    const limits = this.#limits;
    switch (waiting.state) {
      case "idle":
        if (waiting.unsent > 0) return this.#sendingDeadline(waiting.unsent, nowMs);
        return this.#sinceMs + limits.idleTimeMs;
      case "head":
        return this.#sinceMs + limits.headerTimeMs;
      case "handling":
        if (waiting.bodyOctets !== undefined) return this.#bodyDeadline(waiting.bodyOctets);
        return this.#sinceMs + limits.handlerTimeMs;
      case "settling":
        if (waiting.bodyOctets !== undefined) return this.#bodyDeadline(waiting.bodyOctets);
        return this.#sendingDeadline(waiting.unsent, nowMs);
      case "answering":
      case "refusing":
        if (waiting.waitsFor === "producer") return Infinity;
        return this.#sendingDeadline(waiting.unsent, nowMs);
      case "lingering":
        return this.#sinceMs + limits.lingerTimeMs;
      case "closed":
        return Infinity;
    }
  }

  /**
   * When to check whether the client reads at all, given the `deadline` of sending. The first check
   * comes early, so that the check at the deadline has one to compare with.
   */
  checkAt(deadline: number): number {
    return this.#reading.hasBegun ? deadline : deadline - this.#limits.writeTimeMs * 0.9;
  }

  /**
   * Whether the client may have more time, now that the kernel holds `queued` octets for it
   * (undefined where that is unknown). The first check always passes and starts the timer, since
   * the client may have read until then; a later one passes when it has read, and not too slowly.
   */
  stillReads(queued: number | undefined, nowMs: number): boolean {
    switch (this.#reading.check(queued, nowMs)) {
      case "first":
        if (queued !== undefined) this.#progressMs = nowMs;
        return true;
      case "stalled":
        return false;
      case "reads":
        this.#progressMs = nowMs;
        this.#sendingSinceMs = nowMs;
        this.#takenOctets = 0;
        return true;
    }
  }

  #bodyDeadline(octets: number): number {
    const { bodyTimeMs, bodyBytesPerSecondMin } = this.#limits;
    return this.#askedMs + bodyTimeMs + (octets * 1000) / Math.max(1, bodyBytesPerSecondMin);
  }

  #sendingDeadline(unsent: number, nowMs: number): number {
    if (unsent !== this.#unsent) {
      if (unsent < this.#unsent) this.#takenOctets += this.#unsent - unsent;
      this.#unsent = unsent;
      this.#progressMs = nowMs;
      this.#reading.restart();
    }
    const { writeTimeMs, writeBytesPerSecondMin } = this.#limits;
    const earnedMs = (this.#takenOctets * 1000) / Math.max(1, writeBytesPerSecondMin);
    return Math.min(this.#progressMs, this.#sendingSinceMs + earnedMs) + writeTimeMs;
  }
}
