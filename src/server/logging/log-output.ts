/**
 * Where the lines of the access log go: standard output, or a file. What waits there has a bound.
 * Lines beyond it, and those that can't be written, are dropped, counted and reported, so that
 * neither a reader that has stopped nor a full disk holds a request up or fills the memory.
 */

import type { Limits } from "../../base/limits.ts";
import type { Milliseconds } from "../../base/units.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { standardError, standardOutput } from "../../system/standard-streams.ts";

/** What takes whole lines: a standard stream, or a file. */
export interface LogStream {
  /** Octets that it has not taken yet. */
  readonly queued: number;
  /** Lines among them. */
  readonly queuedLines: number;
  /**
   * Writes whole lines behind all earlier ones. Resolves when nothing is queued. Never rejects;
   * what can't be written is dropped.
   */
  write(lines: Uint8Array | string): Promise<void>;
  /**
   * Resolves when `done` does, or when the stream takes nothing for `stallMs`; at once when it has
   * taken nothing since an earlier wait that ended so.
   */
  waitFor(done: Promise<unknown>, stallMs: Milliseconds): Promise<void>;
}

/** The limits of a log's output. */
export type LogLimits = Pick<
  Limits,
  "logQueueBytesMax" | "logDropsTimeMs" | "logDropsIntervalMs" | "logStallTimeMs"
>;

/** Why lines are dropped when too many wait. */
const tooSlow = "its reader is too slow";

function toStandardError(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** The access log's way to a stream. */
export class LogOutput {
  readonly #limits: LogLimits;
  readonly #alarm: Alarm;
  readonly #stream: LogStream;
  readonly #say: (line: string) => void;
  #dropped = 0;
  #why = tooSlow;
  /** Whether the alarm is set: for the first report, or for the next one. */
  #isReporting = false;

  /** `say` is told, in a line without its line break, how many lines were dropped. */
  constructor(
    limits: LogLimits,
    alarm: Alarm,
    stream: LogStream = standardOutput,
    say: (line: string) => void = toStandardError,
  ) {
    this.#limits = limits;
    this.#alarm = alarm;
    this.#stream = stream;
    this.#say = say;
  }

  /**
   * Writes whole lines, or drops them when they don't fit into the queue. Resolves when nothing is
   * queued, or at once for lines that are dropped.
   */
  readonly write = (lines: string): Promise<void> => {
    const { queued } = this.#stream;
    if (queued === 0 || queued + Buffer.byteLength(lines) <= this.#limits.logQueueBytesMax) {
      return this.#stream.write(lines);
    }
    this.lost(lines.split("\n").length - 1, tooSlow);
    return Promise.resolve();
  };

  /** So many lines can't be written, for the reason that `why` gives. */
  lost(lines: number, why: string): void {
    if (lines === 0) return;
    this.#dropped += lines;
    this.#why = why;
    if (!this.#isReporting) this.#alarm.set(this.#limits.logDropsTimeMs, this.#report);
    this.#isReporting = true;
  }

  /**
   * Resolves when nothing is queued, or when the stream takes nothing for a while. What is left is
   * dropped and reported: the process ends now.
   */
  async end(): Promise<void> {
    const written = this.#stream.write("");
    await this.#stream.waitFor(written, this.#limits.logStallTimeMs);
    this.#alarm.clear();
    this.#isReporting = false;
    const { queuedLines } = this.#stream;
    if (queuedLines > 0) this.#why = tooSlow;
    this.#dropped += queuedLines;
    this.#tell();
  }

  /** Tells of the lines that were dropped; further ones are told of together, later. */
  readonly #report = (): void => {
    this.#isReporting = this.#dropped > 0;
    if (this.#isReporting) this.#alarm.set(this.#limits.logDropsIntervalMs, this.#report);
    this.#tell();
  };

  #tell(): void {
    if (this.#dropped === 0) return;
    const were =
      this.#dropped === 1 ? "line of the access log was" : "lines of the access log were";
    this.#say(`${this.#dropped} ${were} dropped: ${this.#why}`);
    this.#dropped = 0;
  }
}
