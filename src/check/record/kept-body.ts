/**
 * A body as far as it is kept: whole up to a limit, and of a longer one the length and the digest.
 */

import { concatBytes } from "../../http/octets/bytes.ts";

export class KeptBody {
  readonly #bytesMax: number;
  readonly #hold: (bytes: number) => boolean;
  readonly #parts: Uint8Array[] = [];
  readonly #hasher = new Bun.CryptoHasher("sha256");
  #digest: string | undefined;
  #isWhole = true;
  #lengthBytes = 0;
  #keptBytes = 0;

  /** `hold` takes memory for what is kept; false when there is none. */
  constructor(bytesMax: number, hold: (bytes: number) => boolean = () => true) {
    this.#bytesMax = bytesMax;
    this.#hold = hold;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /** The octets in memory. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** All of it; undefined if it was longer than what is kept. */
  get octets(): Uint8Array | undefined {
    return this.#isWhole ? concatBytes(this.#parts) : undefined;
  }

  /** SHA-256 of all of it. */
  get digest(): string {
    return (this.#digest ??= this.#hasher.digest("hex"));
  }

  /** Adds a copy of `octets`. Returns how many octets of memory are no longer held, if any. */
  add(octets: Uint8Array): number {
    this.#hasher.update(octets);
    this.#lengthBytes += octets.length;
    if (!this.#isWhole) return 0;
    if (this.#lengthBytes <= this.#bytesMax && this.#hold(octets.length)) {
      this.#parts.push(Uint8Array.from(octets));
      this.#keptBytes += octets.length;
      return 0;
    }
    const freed = this.#keptBytes;
    this.#isWhole = false;
    this.#parts.length = 0;
    this.#keptBytes = 0;
    return freed;
  }
}
