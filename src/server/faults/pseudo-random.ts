/**
 * Pseudorandom numbers that are the same for the same seed, on every machine: a counter whose
 * values are mixed (the "splitmix" of Steele, Lea and Flood, in 32 bits). Good enough to choose
 * requests and octets by, and nothing else.
 */

/** A sequence of numbers. */
export class PseudoRandom {
  #state: number;

  /** `seed` is any 32 bits. */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** The next 32 bits, as a whole number. */
  bits(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** The next number from 0 on, below 1. */
  next(): number {
    return this.bits() / 2 ** 32;
  }
}
