/**
 * Keeps requests from a store that fails. So many failures in a row put the store in doubt; whether
 * it fails as a whole is then seen by something that is known to be there (`store-probe.ts`). If
 * that can't be had either, the circuit is open: nothing is asked, and what would be asked fails at
 * once. When it has been open for its time one request is let through, and with it a probe, and
 * again after each such time; the first that succeeds closes the circuit.
 *
 * Failures alone don't open it, because it is visitors who choose what is asked for. A store that
 * has lost a part of itself may answer for all objects that are there, and fail for every name that
 * isn't: one who asks for such names would close a site that works.
 *
 * A failure is no connection, no answer in time, a broken answer, 429 or a 5xx. Every other answer
 * is a success, since a store that refuses is there.
 *
 * A store that is silent, taking connections and answering nothing, is seen before its requests
 * have failed: one that has waited for a while in which nothing was answered leads to a probe. If
 * that gets no answer either, the circuit opens, and all requests that wait are let go.
 */

import type { Clock } from "../../../schedule/clock.ts";
import type { ProbeOutcome } from "./store-probe.ts";

/** What bounds a circuit. */
interface CircuitLimits {
  readonly storeFailuresMax: number;
  readonly storeOpenTimeMs: number;
}

/** A request that was sent, and whose answer has not begun. */
interface Waiting {
  readonly sentMs: number;
  /** Ends it. */
  readonly letGo: () => void;
}

/** The circuit of one store. */
export class StoreCircuit {
  readonly #limits: CircuitLimits;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #probe: () => Promise<ProbeOutcome>;
  readonly #changed: (isOpen: boolean) => void;
  /** Those that are let go when the store turns out to be silent, the oldest first. */
  readonly #waiting = new Set<Waiting>();
  /** In a row. */
  #failures = 0;
  #successes = 0;
  /** When the last success was, on the monotonic clock. */
  #succeededMs = -Infinity;
  #isOpen = false;
  /** On the monotonic clock. */
  #openUntilMs = 0;
  #isProbing = false;
  /** Before this time on the monotonic clock no further probe is sent. */
  #nextProbeMs = -Infinity;

  /**
   * `probe` tells whether the store gives what is known to be there. It never rejects. `changed` is
   * told when the circuit has opened, and when it has closed.
   */
  constructor(
    limits: CircuitLimits,
    clock: Pick<Clock, "monotonicMs">,
    probe: () => Promise<ProbeOutcome>,
    changed: (isOpen: boolean) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#probe = probe;
    this.#changed = changed;
  }

  /**
   * Whether as many requests as it takes have failed in a row, or the circuit is open, so that none
   * is repeated.
   */
  get isInDoubt(): boolean {
    return this.#isOpen || this.#failures >= this.#limits.storeFailuresMax;
  }

  /** Whether the store fails as a whole, by the last probe, and has not answered since. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many requests have succeeded. */
  get successes(): number {
    return this.#successes;
  }

  /**
   * For how long a request has waited in which none has succeeded, in milliseconds; Infinity while
   * the circuit is open.
   */
  silentMs(): number {
    if (this.#isOpen) return Infinity;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return 0;
    return this.#clock.monotonicMs() - Math.max(oldest.sentMs, this.#succeededMs);
  }

  /**
   * How long the circuit stays open, in milliseconds; 0 when a request may be sent. While a probe
   * is under way none may.
   */
  heldMs(): number {
    if (!this.#isOpen) return 0;
    return Math.max(this.#isProbing ? 1 : 0, this.#openUntilMs - this.#clock.monotonicMs());
  }

  /** The same for a request that is sent if it may: it counts as the one that is let through. */
  waitMs(): number {
    if (!this.#isOpen) return 0;
    const waitMs = this.heldMs();
    if (waitMs === 0) {
      this.#open();
      void this.#look();
    }
    return waitMs;
  }

  /** A request is sent; `letGo` ends it. To be given to `ended` when it waits no more. */
  sent(letGo: () => void): Waiting {
    const waiting = { sentMs: this.#clock.monotonicMs(), letGo };
    this.#waiting.add(waiting);
    return waiting;
  }

  /** A request has an answer, or has failed. */
  ended(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /**
   * A request has waited for as long as a store may be silent, since `successes` was what it was.
   * The store is looked at, unless another request has succeeded meanwhile.
   */
  waits(successes: number): void {
    if (successes === this.#successes) void this.#look();
  }

  /** Counts an answer. */
  succeeded(): void {
    this.#failures = 0;
    this.#successes++;
    this.#succeededMs = this.#clock.monotonicMs();
    if (this.#isOpen) this.#set(false);
  }

  /** Counts a failure. */
  failed(): void {
    this.#failures++;
    if (this.#isOpen) this.#open();
    else if (this.isInDoubt) void this.#look();
  }

  #set(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#changed(isOpen);
  }

  #open(): void {
    if (!this.#isOpen) this.#set(true);
    this.#openUntilMs = this.#clock.monotonicMs() + this.#limits.storeOpenTimeMs;
  }

  /** Sees whether the store fails as a whole: once at a time, and not again within the time. */
  async #look(): Promise<void> {
    if (this.#isProbing || this.#clock.monotonicMs() < this.#nextProbeMs) return;
    this.#isProbing = true;
    const successes = this.#successes;
    const found = await this.#probe();
    this.#isProbing = false;
    this.#nextProbeMs = this.#clock.monotonicMs() + this.#limits.storeOpenTimeMs;
    if (found === "there") this.succeeded();
    // A request may have succeeded meanwhile.
    else if (this.#successes === successes) this.#open();
    else return;
    if (found === "silent") this.#letGo();
  }

  #letGo(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { letGo } of waiting) letGo();
  }
}
