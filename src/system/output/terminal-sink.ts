/**
 * Writes to a terminal without ever waiting for it. A terminal that is stopped by Ctrl-S takes
 * nothing until Ctrl-Q, and Bun 1.4.5 waits in its write for so long, with the whole event loop.
 *
 * The terminal is opened again, so that only this program's own description of it is non-blocking:
 * O_NONBLOCK on the inherited one would hold for the shell, too (fcntl(2), F_SETFL). Only /proc of
 * Linux opens exactly the terminal that a descriptor leads to.
 */

import { constants, openSync, writeSync } from "node:fs";

import { milliseconds } from "../../base/units.ts";

/** How long a full terminal is left alone before the next write: at first, and at most. */
const restMs = milliseconds(1);
const longestRestMs = milliseconds(20);

function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

/** A terminal's sink. One write at a time. */
export class TerminalSink {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** The sink of the terminal that is open as `descriptor`; undefined where it can't be had. */
  static open(descriptor: number): TerminalSink | undefined {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    try {
      const path = `/proc/self/fd/${descriptor}`;
      return new TerminalSink(openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY));
    } catch {
      // Another user's terminal, or a system without /proc.
      return undefined;
    }
  }

  /**
   * Writes `text`; the count of octets, at once or when the terminal has taken them all. Throws, or
   * rejects, when the terminal is gone.
   */
  write(text: Uint8Array | string): number | Promise<number> {
    const octets = typeof text === "string" ? Buffer.from(text) : text;
    const written = this.#writeSome(octets);
    return written === octets.length ? written : this.#writeRest(octets, written);
  }

  /** Nothing is held back. */
  flush(): number {
    return 0;
  }

  async #writeRest(octets: Uint8Array, from: number): Promise<number> {
    let wait = restMs;
    for (let at = from; at < octets.length;) {
      await Bun.sleep(wait);
      const written = this.#writeSome(octets.subarray(at));
      at += written;
      wait = written > 0 ? restMs : milliseconds(Math.min(wait * 2, longestRestMs));
    }
    return octets.length;
  }

  /** Writes as much as the terminal takes now. */
  #writeSome(octets: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, octets);
    } catch (error) {
      if (isFull(error)) return 0;
      throw error;
    }
  }
}
