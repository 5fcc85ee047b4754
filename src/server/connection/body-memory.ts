/**
 * How much memory the bodies of all requests take that a handler reads whole. Each body is bounded
 * by itself; without a bound on their sum, a thousand clients that stop short of the last octet
 * would hold a thousand times that.
 *
 * Not counted are the pieces in which octets arrive, which the buffers of the connections bound.
 */

import type { ByteCount } from "../../base/units.ts";
import { kibibytes } from "../../base/units.ts";

/**
 * A buffer of up to this size isn't counted. So small forms are still answered while large bodies
 * take all there is.
 */
const uncountedBytesMax = kibibytes(16);

/** The memory of the bodies of one server. */
export class BodyMemory {
  #octets = 0;

  /** What the bodies hold together. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Takes memory for a buffer of `octets` octets instead of one of `before`. False when all bodies
   * together would hold more than `octetsMax`; a body that is alone may be larger than that.
   */
  take(octets: number, before: number, octetsMax: ByteCount): boolean {
    const more = counted(octets) - counted(before);
    if (more <= 0) return true;
    const others = this.#octets - counted(before);
    if (others > 0 && this.#octets + more > octetsMax) return false;
    this.#octets += more;
    return true;
  }

  /** Gives back what was taken for a buffer of `octets` octets. */
  release(octets: number): void {
    this.#octets -= counted(octets);
  }
}

function counted(octets: number): number {
  return octets <= uncountedBytesMax ? 0 : octets;
}
