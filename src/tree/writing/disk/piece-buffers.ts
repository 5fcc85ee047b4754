/**
 * The buffers in which uploads gather small pieces before they are written. A few are shared by all
 * uploads, so that a thousand clients who send octet by octet don't hold a buffer each. An upload
 * that gets none writes its pieces as they come, which costs a call for each.
 */

/** The octets that are gathered before they are written. */
export const gatheredBytes = 256 * 1024;

/** How many there are: 16 MiB. */
const buffersMax = 64;

/** The buffers of one tree. */
export class PieceBuffers {
  readonly #free: Uint8Array[] = [];
  #lent = 0;

  /** A buffer of `gatheredBytes`, to be given back; undefined when all are in use. */
  take(): Uint8Array | undefined {
    if (this.#lent === buffersMax) return undefined;
    this.#lent++;
    return this.#free.pop() ?? new Uint8Array(gatheredBytes);
  }

  /**
   * Gives `buffer` back. One that the system may still be reading, because it did not take it in
   * time, is not lent again.
   */
  give(buffer: Uint8Array, isInUse = false): void {
    this.#lent--;
    if (!isInUse) this.#free.push(buffer);
  }
}
