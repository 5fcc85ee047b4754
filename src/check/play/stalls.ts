/**
 * How long this process was held up: a beat that is due every few milliseconds comes late when the
 * machine runs others, or when something here has kept the event loop to itself.
 */

const beatMs = 5;

/** The stalls from the making of this on. */
export class Stalls implements Disposable {
  readonly #beats: ReturnType<typeof setInterval>;
  #lastMs = performance.now();
  #lostMs = 0;

  constructor() {
    this.#beats = setInterval(() => this.#beat(), beatMs);
  }

  /** For how long nothing went on, in milliseconds; the jitter of timers doesn't count. */
  lostMs(): number {
    this.#beat();
    return this.#lostMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beats);
  }

  #beat(): void {
    const now = performance.now();
    const lateMs = now - this.#lastMs - beatMs;
    this.#lastMs = now;
    if (lateMs > beatMs) this.#lostMs += lateMs;
  }
}
