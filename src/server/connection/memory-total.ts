/**
 * How much memory all connections of a server take for one purpose: the bodies of requests, both
 * those that a handler reads whole and what waits for a reader; or the output that waits for
 * clients. Each of these is bounded by itself; without a bound on their sum, a thousand clients
 * that stop short of the last octet, or that never read, would hold a thousand times that.
 */

import type { ByteCount } from "../../base/units.ts";
import { kibibytes } from "../../base/units.ts";

/**
 * A buffer of up to this size isn't counted. So small forms and small responses are still possible
 * while large ones take all there is.
 */
const uncountedBytesMax = kibibytes(16);

/** The memory that one server takes for one purpose. */
export class MemoryTotal {
  #octets = 0;

  /** What is counted now. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Takes memory for a buffer of `octets` octets instead of one of `before`. False when all
   * together would be more than `octetsMax`; a buffer that is alone may be larger than that.
   */
  take(octets: number, before: number, octetsMax: ByteCount): boolean {
    const more = counted(octets) - counted(before);
    if (more <= 0) return true;
    const others = this.#octets - counted(before);
    if (others > 0 && this.#octets + more > octetsMax) return false;
    this.#octets += more;
    return true;
  }

  /** Counts `octets` octets that wait, instead of `before`. They are there, so none is refused. */
  hold(octets: number, before: number): void {
    this.#octets += counted(octets) - counted(before);
  }

  /** Whether a body that holds `octets` octets, among others, has to wait with more. */
  isFull(octets: number, octetsMax: ByteCount): boolean {
    return counted(octets) > 0 && this.#octets > octetsMax;
  }

  /** Gives back what was taken for a buffer of `octets` octets. */
  release(octets: number): void {
    this.#octets -= counted(octets);
  }
}

function counted(octets: number): number {
  return octets <= uncountedBytesMax ? 0 : octets;
}
