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
 */

import type { Clock } from "../../../schedule/clock.ts";

/** What bounds a circuit. */
interface CircuitLimits {
  readonly storeFailuresMax: number;
  readonly storeOpenTimeMs: number;
}

/** The circuit of one store. */
export class StoreCircuit {
  readonly #limits: CircuitLimits;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #probe: () => Promise<boolean>;
  /** In a row. */
  #failures = 0;
  #isOpen = false;
  /** On the monotonic clock. */
  #openUntilMs = 0;
  #isProbing = false;
  /** Before this time on the monotonic clock no further probe is sent. */
  #nextProbeMs = -Infinity;

  /** `probe` tells whether the store gives what is known to be there. It never rejects. */
  constructor(
    limits: CircuitLimits,
    clock: Pick<Clock, "monotonicMs">,
    probe: () => Promise<boolean>,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#probe = probe;
  }

  /** Whether as many requests as it takes have failed in a row, so that none is repeated. */
  get isInDoubt(): boolean {
    return this.#failures >= this.#limits.storeFailuresMax;
  }

  /** Whether the store fails as a whole, by the last probe, and has not answered since. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How long the circuit stays open, in milliseconds; 0 when a request may be sent. */
  heldMs(): number {
    return this.#isOpen ? Math.max(0, this.#openUntilMs - this.#clock.monotonicMs()) : 0;
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

  /** Counts an answer. */
  succeeded(): void {
    this.#failures = 0;
    this.#isOpen = false;
  }

  /** Counts a failure. */
  failed(): void {
    this.#failures++;
    if (this.#isOpen) this.#open();
    else if (this.isInDoubt) void this.#look();
  }

  #open(): void {
    this.#isOpen = true;
    this.#openUntilMs = this.#clock.monotonicMs() + this.#limits.storeOpenTimeMs;
  }

  /** Sees whether the store fails as a whole: once at a time, and not again within the time. */
  async #look(): Promise<void> {
    if (this.#isProbing || this.#clock.monotonicMs() < this.#nextProbeMs) return;
    this.#isProbing = true;
    const isThere = await this.#probe();
    this.#isProbing = false;
    this.#nextProbeMs = this.#clock.monotonicMs() + this.#limits.storeOpenTimeMs;
    if (isThere) this.succeeded();
    // A request may have succeeded meanwhile.
    else if (this.isInDoubt) this.#open();
  }
}
