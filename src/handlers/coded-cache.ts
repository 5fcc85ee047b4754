/**
 * Coded forms that have been made, kept while there is room: each is made once, however many ask
 * for it meanwhile, and the ones that were asked for longest ago go first.
 *
 * A key holds the entity tag of what was coded, so that a form is found for exactly the octets that
 * it was made of; there is nothing to go stale.
 */

/** A bounded store of octets by key. */
export class CodedCache {
  readonly #bytesMax: number;
  /** In the order in which they were last asked for. */
  readonly #kept = new Map<string, Uint8Array>();
  readonly #making = new Map<string, Promise<Uint8Array>>();
  #bytes = 0;

  /** Keeps at most `bytesMax` octets of coded forms. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Octets kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What is kept under `key`. */
  get(key: string): Uint8Array | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, found);
    return found;
  }

  /** What is kept under `key`, or is being made, or what `make` makes; kept when `keep` says so. */
  async obtain(
    key: string,
    make: () => Promise<Uint8Array>,
    keep: () => boolean,
  ): Promise<Uint8Array> {
    const found = this.get(key);
    if (found !== undefined) return found;
    const begun = this.#making.get(key);
    if (begun !== undefined) return begun;
    const making = make();
    this.#making.set(key, making);
    try {
      const made = await making;
      if (keep()) this.#put(key, made);
      return made;
    } finally {
      this.#making.delete(key);
    }
  }

  #put(key: string, octets: Uint8Array): void {
    if (octets.length > this.#bytesMax) return;
    this.#kept.set(key, octets);
    this.#bytes += octets.length;
    for (const [oldest, dropped] of this.#kept) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#kept.delete(oldest);
      this.#bytes -= dropped.length;
    }
  }
}
