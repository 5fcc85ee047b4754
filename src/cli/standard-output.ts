/**
 * Standard output, one write at a time. With a second write while a first one waits for the reader
 * Bun 1.4.5 calls both written too early, and what is left of them is lost with the process.
 */

let last: Promise<void> = Promise.resolve();

/**
 * Writes to standard output, after all that was written before; resolves when it is out, or when
 * there is nobody to read it any more.
 */
export function writeToStandardOutput(text: Uint8Array | string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const before = last;
  last = promise;
  void before.then(() => process.stdout.write(text, () => resolve()));
  return promise;
}
