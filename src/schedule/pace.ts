/**
 * A rate, kept by writes of a share each: so many octets at once, and then the time that they take.
 */

/** A rate is kept by so many writes in a second, or by one for each octet where those are fewer. */
const writesPerSecond = 20;

/** How far a line that is busy may fall behind its rate and still catch up. */
const lagMsMax = 1000;

/** A line that is given nothing for longer stands idle. */
const pauseMsMin = 100;

/** How many octets are written at once at `bytesPerSecond`. */
export function shareOctets(bytesPerSecond: number): number {
  return Math.max(1, Math.floor(bytesPerSecond / writesPerSecond));
}

/** How long `octets` take at `bytesPerSecond`, in milliseconds. */
export function spanMs(octets: number, bytesPerSecond: number): number {
  return (octets * 1000) / bytesPerSecond;
}

/**
 * A line that carries `bytesPerSecond`, one octet after the other. Time that it stands idle is
 * lost; time by which octets are given to it late is made up for.
 */
export class PacedLine {
  readonly #bytesPerSecond: number;
  readonly #share: number;
  /** When it has carried all octets that it was given, on a monotonic clock. */
  #freeMs = 0;
  #isAwaited = false;
  /** Whether octets have waited for it, and there was no pause since. */
  #isBusy = false;
  /** When it was last asked for room. */
  #askedMs = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#share = shareOctets(bytesPerSecond);
  }

  /** Whether octets wait for it to be free. */
  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** When it takes octets again. */
  get freeMs(): number {
    return this.#freeMs;
  }

  /** It carries nothing before `atMs`. */
  holdUntil(atMs: number): void {
    this.#freeMs = Math.max(this.#freeMs, atMs);
  }

  /** How many octets it takes now; 0 when octets have to wait, until `freeMs`. */
  room(nowMs: number): number {
    if (!this.#isAwaited && nowMs - this.#askedMs > pauseMsMin) this.#isBusy = false;
    this.#askedMs = nowMs;
    this.#isAwaited = this.#freeMs > nowMs;
    this.#isBusy ||= this.#isAwaited;
    return this.#isAwaited ? 0 : this.#share;
  }

  /** It is given `octets`, for which it has just had room. */
  carry(octets: number, nowMs: number): void {
    const sinceMs = this.#isBusy ? Math.max(this.#freeMs, nowMs - lagMsMax) : nowMs;
    this.#freeMs = sinceMs + spanMs(octets, this.#bytesPerSecond);
  }
}
