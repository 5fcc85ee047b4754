/**
 * Standard output and standard error. What a stream doesn't take at once is kept and written when
 * it does; when it can't be written at all it is dropped: who has read the line that it wanted may
 * close the pipe, `postern | head -1` goes on serving.
 *
 * These are Bun's own sinks. `process.stdout` and `process.stderr` are node:stream's, whose loading
 * takes longer (11 ms) than all else that a process does before it listens.
 */

import type { BunFile, FileSink } from "bun";

/** A stream to write lines to. */
export class StandardStream {
  readonly #file: BunFile;
  #sink: FileSink | undefined;

  constructor(file: BunFile) {
    this.#file = file;
  }

  /**
   * Writes `text` after all that was written before, at once as far as the stream takes it.
   * Resolves when it is out, or when there is nobody to read it any more; never rejects.
   */
  async write(text: Uint8Array | string): Promise<void> {
    try {
      this.#sink ??= this.#file.writer();
      await Promise.all([this.#sink.write(text), this.#sink.flush()]);
    } catch {
      // Nobody reads it any more, or there is no room for it.
    }
  }
}

export const standardOutput = new StandardStream(Bun.stdout);
export const standardError = new StandardStream(Bun.stderr);
