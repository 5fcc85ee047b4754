/**
 * Octets that are counted and hashed as they arrive, and of which the beginning is kept.
 */

/** A run of octets: a body, a part, a value. */
export class OctetHash {
  octets = 0;
  readonly #hasher = new Bun.CryptoHasher("sha256");
  readonly #keptMax: number;
  #kept = new Uint8Array(0);
  #keptOctets = 0;

  /** At most the first `keptMax` octets are kept. */
  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  push(octets: Uint8Array): void {
    this.octets += octets.length;
    this.#hasher.update(octets);
    const most = Math.min(octets.length, this.#keptMax - this.#keptOctets);
    if (most <= 0) return;
    if (this.#keptOctets + most > this.#kept.length) this.#grow(this.#keptOctets + most);
    this.#kept.set(octets.subarray(0, most), this.#keptOctets);
    this.#keptOctets += most;
  }

  #grow(octets: number): void {
    const grown = new Uint8Array(Math.min(Math.max(64, 2 * octets), this.#keptMax));
    grown.set(this.#kept.subarray(0, this.#keptOctets));
    this.#kept = grown;
  }

  /** The octets that were kept. */
  get beginning(): Uint8Array {
    return this.#kept.subarray(0, this.#keptOctets);
  }

  /** SHA-256 in hexadecimal digits. Nothing may be pushed afterwards. */
  digest(): string {
    return this.#hasher.digest("hex");
  }
}
