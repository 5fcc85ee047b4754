/**
 * How long a connection may stay as it is: the deadline that goes with what it waits for.
 *
 * Deadlines are absolute. Octets that a client sends or takes earn it time at the least rate of the
 * limits, and move no deadline otherwise: a client that reads a hundred octets per second would
 * hold its connection for ever.
 */

import type { Limits } from "../../base/limits.ts";
import type { ConnectionState } from "../../http1/connection-state.ts";
import { ReadProgress } from "../connection/read-progress.ts";
import type { Transport } from "../connection/transport.ts";
import type { WritePatience } from "../connection/write-patience.ts";

/** What a connection waits for. */
export interface Waiting {
  readonly state: ConnectionState;
  /** While a response is sent: the client, which has to read, or the producer of a stream. */
  readonly waitsFor: "client" | "producer";
  /** Octets queued for the client, as far as is known. */
  readonly unsent: number;
  /** Octets of the body read so far, when the connection waits for more of it. */
  readonly bodyOctets: number | undefined;
}

/** Whether a connection in `state`, with `unsent` octets to send, waits for the client to read. */
function sendsIn(state: ConnectionState, unsent: number): boolean {
  return unsent > 0 && state !== "head" && state !== "handling";
}

/**
 * What becomes of a connection whose deadline has passed in `state`, while `pending` octets wait
 * for the client, and a handler for the body if `awaitsBody`: it is reset, closed, ended after its
 * response, or answered with a refusal.
 */
export function whenLate(
  state: ConnectionState,
  pending: number,
  awaitsBody: boolean,
): "terminate" | "close" | "last" | "request-timeout" | "overloaded" {
  switch (state) {
    case "idle":
      // RFC 9110 §15.5.9: 408 is for a request that was begun.
      return pending > 0 ? "terminate" : "close";
    case "head":
      return "request-timeout";
    case "handling":
      return awaitsBody ? "request-timeout" : "overloaded";
    case "settling":
      // The client reads nothing, so the rest of the response would never be sent.
      return pending > 0 ? "terminate" : "last";
    case "lingering":
      // What the kernel still holds for the client is delivered after a close, not after a reset.
      return "close";
    default:
      return "terminate";
  }
}

/**
 * The share of `writeTimeMs` between two looks at a client that pauses. What the first of them
 * finds, later ones are compared with; each applies the patience that there is by then.
 */
const lookShare = 0.1;

/** What deadlines follow from. */
interface Patience {
  readonly limits: Limits;
  readonly patience: WritePatience;
}

/** The deadlines of one connection. */
export class Timeouts {
  readonly #limits: Limits;
  readonly #patience: WritePatience;
  /** When the connection entered its state. */
  #sinceMs: number;
  /** When the client last took octets of the response. */
  #progressMs: number;
  /** Octets that were left to send then. */
  #unsent = 0;
  /** Octets that the client has taken since `#sendingSinceMs`. */
  #takenOctets = 0;
  /** Since when the least rate is demanded. */
  #sendingSinceMs: number;
  /** Whether the producer was waited for last, whose time isn't the client's. */
  #wasProduced = false;
  /** Octets that the last look found held for a client that doesn't read. */
  #heldOctets = 0;
  /** How long the octets that the kernel saw acknowledged take at the least rate, or a jump. */
  #earnedMs = 0;
  readonly #reading: ReadProgress;
  /** Octets of the body that were read when it last made progress. */
  #bodyOctets = 0;
  #bodyProgressMs = 0;
  /** When the body has to be whole, were there no further octet. */
  #bodyDueMs = 0;
  #isBodyAwaited = false;
  /** Since when the body is not waited for: the handler's own time. */
  #bodyUnawaitedSinceMs = 0;

  constructor({ limits, patience }: Patience, nowMs: number) {
    this.#limits = limits;
    this.#patience = patience;
    this.#reading = new ReadProgress(limits);
    this.#sinceMs = nowMs;
    this.#progressMs = nowMs;
    this.#sendingSinceMs = nowMs;
  }

  /** The connection has entered `state`. */
  begin(state: ConnectionState, nowMs: number): void {
    this.#sinceMs = nowMs;
    if (state === "handling") this.#beginBody(nowMs);
    if (state === "settling") this.#awaitBody(nowMs);
    if (state === "answering" || state === "refusing") this.#restartSending(nowMs);
  }

  /** From now on the client is waited for. */
  #restartSending(nowMs: number): void {
    this.#sendingSinceMs = nowMs;
    this.#progressMs = nowMs;
    this.#takenOctets = 0;
    this.#unsent = 0;
    this.#earnedMs = 0;
    this.#reading.restart();
  }

  /** What is held for a client that doesn't read is `octets` now. */
  hold(octets: number): void {
    if (octets === this.#heldOctets) return;
    this.#patience.hold(octets - this.#heldOctets);
    this.#heldOctets = octets;
  }

  /** A handler was given octets of the body: its own time begins anew. */
  fed(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /**
   * When the connection has to be looked at next, on the monotonic clock; Infinity for never. That
   * is its deadline, or before it a look at a client that doesn't read: the first, so that the
   * check at the deadline has one to compare with, or one that may find the deadline moved forward.
   */
  next(waiting: Waiting, nowMs: number): number {
    const deadline = this.deadline(waiting, nowMs);
    const isChecked = deadline !== Infinity && sendsIn(waiting.state, waiting.unsent);
    if (!isChecked) return deadline;
    if (this.#reading.hasBegun) {
      return Math.min(deadline, nowMs + this.#limits.writeTimeMs * lookShare);
    }
    return deadline - this.#patience.timeMs(this.#limits) * (1 - lookShare);
  }

  /** When to give up waiting, on the monotonic clock; Infinity for never. */
  deadline(waiting: Waiting, nowMs: number): number {
    const limits = this.#limits;
    switch (waiting.state) {
      case "idle":
        if (waiting.unsent > 0) return this.#sendingDeadline(waiting.unsent, nowMs);
        return this.#sinceMs + limits.idleTimeMs;
      case "head":
        return this.#sinceMs + limits.headerTimeMs;
      case "handling":
        if (waiting.bodyOctets !== undefined) return this.#bodyDeadline(waiting.bodyOctets, nowMs);
        this.#leaveBody(nowMs);
        return this.#sinceMs + limits.handlerTimeMs;
      case "settling":
        if (waiting.bodyOctets !== undefined) return this.#bodyDeadline(waiting.bodyOctets, nowMs);
        return this.#sendingDeadline(waiting.unsent, nowMs);
      case "answering":
      case "refusing":
        if (waiting.waitsFor === "producer") return this.#producerDeadline(waiting, nowMs);
        return this.#sendingDeadline(waiting.unsent, nowMs);
      case "lingering":
        return this.#sinceMs + limits.lingerTimeMs;
      case "closed":
        return Infinity;
    }
  }

  /**
   * Whether a client that has to read may have more time, which depends on what `transport` still
   * holds for it; `pendingOctets` wait in front of the transport. The first check always passes and
   * starts the timer, since the client may have read until then. At the deadline the client passes
   * when it has read since the check before, and not too slowly; there is none before the deadline.
   */
  stillReads(
    waiting: Waiting,
    pendingOctets: number,
    transport: Pick<Transport, "queued" | "segmentOctets">,
    nowMs: number,
  ): boolean {
    if (!sendsIn(waiting.state, waiting.unsent)) return false;
    const queued = transport.queued();
    this.hold(pendingOctets + (queued ?? 0));
    if (this.#reading.hasBegun && nowMs < this.deadline(waiting, nowMs)) return true;
    const segmentOctets = transport.segmentOctets?.() ?? 0;
    switch (this.#reading.check(queued, nowMs, segmentOctets)) {
      case "first":
        if (queued === undefined) return true;
        this.#progressMs = nowMs;
        this.#earnedMs = this.#reading.jumpMs(segmentOctets);
        return true;
      case "stalled":
        return false;
      case "reads":
        this.#progressMs = nowMs;
        this.#sendingSinceMs = nowMs;
        this.#takenOctets = 0;
        this.#earnedMs = this.#reading.earnedMs;
        return true;
    }
  }

  /** A producer may take its time, unless it waits for the client's body. */
  #producerDeadline({ bodyOctets }: Waiting, nowMs: number): number {
    this.#wasProduced = true;
    if (bodyOctets !== undefined) return this.#bodyDeadline(bodyOctets, nowMs);
    this.#leaveBody(nowMs);
    return Infinity;
  }

  /** A request has been read, of whose body nothing was read. */
  #beginBody(nowMs: number): void {
    this.#bodyOctets = 0;
    this.#bodyDueMs = nowMs + this.#limits.bodyTimeMs;
    this.#isBodyAwaited = false;
    this.#bodyUnawaitedSinceMs = nowMs;
  }

  /** The body is waited for from now on. */
  #awaitBody(nowMs: number): void {
    this.#isBodyAwaited = true;
    this.#bodyProgressMs = nowMs;
  }

  /** The body is not waited for now. */
  #leaveBody(nowMs: number): void {
    if (!this.#isBodyAwaited) return;
    this.#isBodyAwaited = false;
    this.#bodyUnawaitedSinceMs = nowMs;
  }

  /**
   * When to give up waiting for the body, of which `octets` were read. Octets earn time ahead up to
   * `bodyEarnedTimeMs`: without that bound, most of a body sent at full speed would earn hours.
   */
  #bodyDeadline(octets: number, nowMs: number): number {
    const { bodyStallTimeMs, bodyEarnedTimeMs, bodyBytesPerSecondMin } = this.#limits;
    if (!this.#isBodyAwaited) {
      // The time of the handler is not the client's.
      this.#bodyDueMs += nowMs - this.#bodyUnawaitedSinceMs;
      this.#awaitBody(nowMs);
    }
    if (octets !== this.#bodyOctets) {
      const earnedMs = ((octets - this.#bodyOctets) * 1000) / Math.max(1, bodyBytesPerSecondMin);
      const dueMs = Math.min(this.#bodyDueMs + earnedMs, nowMs + bodyEarnedTimeMs);
      this.#bodyDueMs = Math.max(this.#bodyDueMs, dueMs);
      this.#bodyOctets = octets;
      this.#bodyProgressMs = nowMs;
    }
    return Math.min(this.#bodyDueMs, this.#bodyProgressMs + bodyStallTimeMs);
  }

  #sendingDeadline(unsent: number, nowMs: number): number {
    if (this.#wasProduced) {
      this.#wasProduced = false;
      this.#restartSending(nowMs);
    }
    if (unsent !== this.#unsent) {
      if (unsent < this.#unsent) this.#takenOctets += this.#unsent - unsent;
      this.#unsent = unsent;
      this.#progressMs = nowMs;
      this.#earnedMs = 0;
      this.#reading.restart();
    }
    const { writeBytesPerSecondMin } = this.#limits;
    const earnedMs = (this.#takenOctets * 1000) / Math.max(1, writeBytesPerSecondMin);
    const startMs = Math.min(this.#progressMs, this.#sendingSinceMs + earnedMs);
    const patienceMs = this.#patience.timeMs(this.#limits);
    const jumpMs = Math.min(this.#earnedMs - patienceMs, this.#patience.earnedMsMax(this.#limits));
    return startMs + patienceMs + Math.max(0, jumpMs);
  }
}
