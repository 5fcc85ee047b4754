/**
 * One access log from several workers. Each worker writes its lines into a pipe of its own, and the
 * supervisor copies them into one. A write to a pipe is atomic up to PIPE_BUF octets (pipe(7)). A
 * line with a long request target exceeds that, so workers with a shared pipe would interleave
 * parts of lines.
 *
 * A write costs each side a system call, so a worker collects the lines of some milliseconds and
 * writes them together. The number of calls then doesn't grow with the number of requests.
 */

import type { Milliseconds } from "../../base/units.ts";

const lineFeed = 0x0a;
const nothing = new Uint8Array(0);

/** The worker's end: collects lines and writes them together. */
export class LineGatherer {
  readonly #write: (lines: string) => Promise<void>;
  readonly #within: Milliseconds;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `write` has to keep the order of its calls; `within` is the longest that a line waits. */
  constructor(write: (lines: string) => Promise<void>, within: Milliseconds) {
    this.#write = write;
    this.#within = within;
  }

  /** Adds whole lines, each with its line break. */
  add(lines: string): void {
    this.#lines += lines;
    this.#timer ??= setTimeout(() => void this.flush(), this.#within);
  }

  /** Writes the collected lines; resolves when they and all before them are written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = "";
    return this.#write(lines);
  }
}

/**
 * The supervisor's end: copies whole lines from `pipe` to `write`, as many at a time as have
 * arrived, and reads on when they are written. The beginning of a line that a killed worker left
 * is dropped.
 */
export async function copyLines(
  pipe: AsyncIterable<Uint8Array>,
  write: (lines: Uint8Array) => Promise<void>,
): Promise<void> {
  let begun: Uint8Array = nothing;
  for await (const octets of pipe) {
    const end = octets.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      begun = Buffer.concat([begun, octets]);
      continue;
    }
    const lines = octets.subarray(0, end);
    await write(begun.length === 0 ? lines : Buffer.concat([begun, lines]));
    begun = octets.slice(end);
  }
}
