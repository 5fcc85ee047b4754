/**
 * Whether a client reads. The kernel takes megabytes at once, and reports free room only when a
 * third of them is gone: a client that reads 100 kB per second seems to take nothing for half a
 * minute. So before a client is given up for not reading, the kernel is asked how many octets it
 * still holds, and that is compared with what it held at the check before.
 *
 * The client's kernel, too, takes octets in jumps. Once its buffer is full, it reports room when a
 * segment fits, with its bookkeeping, or a sixteenth of the buffer is free: 66 to 132 kB over
 * loopback, whose segments have 47 to 64 kB, and 8 kB over a network. A client that reads 3 kB per
 * second takes 22 to 44 s for the former. So the first check grants the time that such a jump takes
 * at the least rate, and octets that were acknowledged earn time until the next one.
 */

/**
 * What a check found. "first": there is no earlier check to compare with. "reads": since the check
 * before, the client has read at the least rate or faster. "stalled": it has read less, or the
 * kernel can't tell.
 */
type ReadCheck = "first" | "reads" | "stalled";

/** The least rate at which a client has to read. */
interface ReadRate {
  readonly writeBytesPerSecondMin: number;
}

/** How many segments a jump has, at most: room for one, with the client's kernel's bookkeeping. */
const roomPerSegment = 3;

/** How far the client of one connection has read, from check to check. */
export class ReadProgress {
  readonly #rate: ReadRate;
  /** When the kernel was last asked; undefined before the first check. */
  #checkedMs: number | undefined;
  /** The octets that the kernel held then; undefined when it couldn't tell. */
  #queued: number | undefined;
  #earnedMs = 0;

  constructor(rate: ReadRate) {
    this.#rate = rate;
  }

  /** Whether the next check has one before it to compare with. */
  get hasBegun(): boolean {
    return this.#checkedMs !== undefined;
  }

  /** How long a jump takes that frees room for a segment of `octets`, at the least rate. */
  jumpMs(octets: number): number {
    return (octets * roomPerSegment * 1000) / Math.max(1, this.#rate.writeBytesPerSecondMin);
  }

  /** How long the octets read between the last two checks take at the least rate. */
  get earnedMs(): number {
    return this.#earnedMs;
  }

  /**
   * The kernel holds `queued` octets for the client; undefined where that is unknown. The client
   * may have read nearly a jump more, which frees room for a segment of `segmentOctets`.
   */
  check(queued: number | undefined, nowMs: number, segmentOctets = 0): ReadCheck {
    const before = this.#queued;
    const sinceMs = this.#checkedMs;
    this.#queued = queued;
    this.#checkedMs = nowMs;
    if (sinceMs === undefined) return "first";
    if (queued === undefined || before === undefined) return "stalled";
    const { writeBytesPerSecondMin } = this.#rate;
    const dueOctets = (writeBytesPerSecondMin * (nowMs - sinceMs)) / 1000;
    this.#earnedMs = ((before - queued) * 1000) / Math.max(1, writeBytesPerSecondMin);
    const unreported = segmentOctets * roomPerSegment;
    return before - queued < Math.max(1, dueOctets - unreported) ? "stalled" : "reads";
  }

  /** The next check is a first one: what the kernel held is no longer comparable. */
  restart(): void {
    this.#checkedMs = undefined;
  }
}
