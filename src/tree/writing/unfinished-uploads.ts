/**
 * How many resumable uploads of a tree wait for their rest, of each client address and in all:
 * those that the last sweep has found on the disk, and what this process has begun and ended since.
 * What other processes do is seen by the next sweep.
 */

/** The count. */
export class UnfinishedUploads {
  #total = 0;
  #ofAddress = new Map<string, number>();
  /** The addresses of those that were begun since a sweep began. */
  #begun: string[] = [];

  get total(): number {
    return this.#total;
  }

  /** Those of the client at `address`. */
  of(address: string): number {
    return this.#ofAddress.get(address) ?? 0;
  }

  begin(address: string): void {
    this.#begun.push(address);
    this.#count(address, 1);
  }

  /** One has ended. One that another process has begun may not be counted here. */
  end(address: string): void {
    if (this.of(address) > 0) this.#count(address, -1);
  }

  #count(address: string, more: number): void {
    const count = this.of(address) + more;
    if (count === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, count);
    this.#total += more;
  }

  /** A sweep begins. */
  sweepBegins(): void {
    this.#begun = [];
  }

  /** A sweep has found one of each of `addresses`. */
  sweepEnds(addresses: readonly string[]): void {
    this.#total = 0;
    this.#ofAddress = new Map();
    // Of those that were begun meanwhile it isn't known whether they were found.
    for (const address of [...addresses, ...this.#begun]) this.#count(address, 1);
    this.#begun = [];
  }
}
