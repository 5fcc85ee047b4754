/**
 * Standard output and standard error. What a stream doesn't take at once is kept and written when
 * it does; when it can't be written at all it is dropped: who has read the line that it wanted may
 * close the pipe, `postern | head -1` goes on serving.
 *
 * These are Bun's own sinks. `process.stdout` and `process.stderr` are node:stream's, whose loading
 * takes longer (11 ms) than all else that a process does before it listens.
 */

import type { BunFile, FileSink } from "bun";

/**
 * A stream to write lines to, one write at a time: with a second one while a first one waits for
 * the reader, Bun 1.4.5 now and then calls both written before they are, and what is left of them
 * is lost with the process (8 of 40 times that two workers ended with megabytes of log to write).
 */
export class StandardStream {
  readonly #file: BunFile;
  #sink: FileSink | undefined;
  /** The last write that has not been out at once; undefined when none is under way. */
  #last: Promise<void> | undefined;

  constructor(file: BunFile) {
    this.#file = file;
  }

  /**
   * Writes `text` after all that was written before, at once if nothing waits and the stream takes
   * it. Resolves when it is out, or when there is nobody to read it any more; never rejects.
   */
  write(text: Uint8Array | string): Promise<void> {
    const written = this.#last === undefined ? this.#put(text) : this.#putAfter(this.#last, text);
    if (written === undefined) return Promise.resolve();
    this.#last = written;
    void this.#settle(written);
    return written;
  }

  /** Writes; undefined when it is out already. */
  #put(text: Uint8Array | string): Promise<void> | undefined {
    try {
      this.#sink ??= this.#file.writer();
      const steps = [this.#sink.write(text), this.#sink.flush()];
      return steps.some((step) => step instanceof Promise) ? this.#await(steps) : undefined;
    } catch {
      // Nobody reads it any more, or there is no room for it.
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
