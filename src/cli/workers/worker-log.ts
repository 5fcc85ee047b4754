/**
 * One access log from many workers. Each writes its lines into a pipe of its own, and the
 * supervisor puts them together: a write to a pipe is whole only up to PIPE_BUF (pipe(7)), which a
 * line with a long request in it exceeds, so workers that shared one would tear each other's lines.
 *
 * A line costs both sides a system call unless it goes with others; so a worker gathers what comes
 * within some milliseconds, and the cost no longer depends on how many requests there are.
 */

import type { Milliseconds } from "../../base/units.ts";

const lineFeed = 0x0a;
const nothing = new Uint8Array(0);

/** A worker's end: lines that are gathered and then written together. */
export class LineGatherer {
  readonly #write: (lines: string) => Promise<void>;
  readonly #within: Milliseconds;
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `write` writes one after the other. */
  constructor(write: (lines: string) => Promise<void>, within: Milliseconds) {
    this.#write = write;
    this.#within = within;
  }

  /** Takes whole lines, each with its line break. */
  add(lines: string): void {
    this.#lines += lines;
    this.#timer ??= setTimeout(() => void this.flush(), this.#within);
  }

  /** Writes what there is; resolves when that, and all before it, is written. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = "";
    return this.#write(lines);
  }
}

/**
 * The supervisor's end: copies whole lines from `pipe` to `write`, as many at a time as have come,
 * and reads on when they are written. What a worker that was killed left of a line is dropped.
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
