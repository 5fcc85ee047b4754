/**
 * Standard output and standard error. Text that a stream doesn't take at once is queued. Text that
 * can't be written any more is dropped, so the server goes on when the reader closes the pipe after
 * the line that it wanted: `postern | head -1`.
 *
 * These are sinks of Bun. `process.stdout` and `process.stderr` belong to node:stream, which takes
 * longer to load (11 ms) than everything else that a process does before it listens.
 */

import type { BunFile, FileSink } from "bun";

/**
 * A stream for lines of text, with one write at a time. When a second write begins while a first
 * one waits for the reader, Bun 1.4.5 sometimes reports both as written before they are, and the
 * rest is lost when the process ends (8 of 40 times that two workers ended with megabytes of log to
 * write).
 */
class StandardStream {
  readonly #file: BunFile;
  #sink: FileSink | undefined;
  /** The latest write that is waiting; undefined when none is. */
  #last: Promise<void> | undefined;

  constructor(file: BunFile) {
    this.#file = file;
  }

  /**
   * Writes `text` behind all earlier writes, at once if none is waiting and the stream takes it.
   * Resolves when the text is written, or dropped because it can't be. Never rejects.
   */
  write(text: Uint8Array | string): Promise<void> {
    const written = this.#last === undefined ? this.#put(text) : this.#putAfter(this.#last, text);
    if (written === undefined) return Promise.resolve();
    this.#last = written;
    void this.#settle(written);
    return written;
  }

  /** Writes; undefined when `text` is written or dropped already. */
  #put(text: Uint8Array | string): Promise<void> | undefined {
    try {
      this.#sink ??= this.#file.writer();
      const steps = [this.#sink.write(text), this.#sink.flush()];
      return steps.some((step) => step instanceof Promise) ? this.#await(steps) : undefined;
    } catch {
      // The reader has closed the pipe, or the disk is full.
      return undefined;
    }
  }

  async #await(steps: readonly (number | Promise<number>)[]): Promise<void> {
    try {
      await Promise.all(steps.map((step) => Promise.resolve(step)));
    } catch {
      // As above.
    }
  }

  async #putAfter(before: Promise<void>, text: Uint8Array | string): Promise<void> {
    await before;
    await this.#put(text);
  }

  async #settle(written: Promise<void>): Promise<void> {
    await written;
    if (this.#last === written) this.#last = undefined;
  }
}

export const standardOutput = new StandardStream(Bun.stdout);
export const standardError = new StandardStream(Bun.stderr);
