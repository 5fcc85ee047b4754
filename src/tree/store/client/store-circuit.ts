/**
 * Keeps requests from a store that fails. After so many failures in a row the circuit is open:
 * nothing is asked, and what would be asked fails at once. When it has been open for its time one
 * request is let through to see whether the store is back, and again after each such time; the
 * first that succeeds closes the circuit.
 *
 * A failure is no connection, no answer in time, a broken answer, or a 5xx. Every other answer is a
 * success, since a store that refuses is there.
 */

/** What bounds a circuit. */
interface CircuitLimits {
  readonly storeFailuresMax: number;
  readonly storeOpenTimeMs: number;
}

/** The circuit of one store. */
export class StoreCircuit {
  readonly #limits: CircuitLimits;
  #failures = 0;
  /** On the monotonic clock. */
  #openUntilMs = 0;

  constructor(limits: CircuitLimits) {
    this.#limits = limits;
  }

  /** Whether the store has failed too often, and has not answered since. */
  get isOpen(): boolean {
    return this.#failures >= this.#limits.storeFailuresMax;
  }

  /** How long the circuit stays open, in milliseconds; 0 when a request may be sent. */
  heldMs(nowMs: number): number {
    if (this.#failures < this.#limits.storeFailuresMax) return 0;
    return Math.max(0, this.#openUntilMs - nowMs);
  }

  /** The same for a request that is sent if it may: it counts as the one that is let through. */
  waitMs(nowMs: number): number {
    const { storeFailuresMax, storeOpenTimeMs } = this.#limits;
    const waitMs = this.heldMs(nowMs);
    const isTry = waitMs === 0 && this.#failures >= storeFailuresMax;
    if (isTry) this.#openUntilMs = nowMs + storeOpenTimeMs;
    return waitMs;
  }

  /** Counts an answer. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** Counts a failure at `nowMs`. */
  failed(nowMs: number): void {
    this.#failures++;
    if (this.#failures >= this.#limits.storeFailuresMax) {
      this.#openUntilMs = nowMs + this.#limits.storeOpenTimeMs;
    }
  }
}
