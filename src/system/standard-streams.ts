/**
 * Standard output and standard error. Text that a stream doesn't take at once is queued. Text that
 * can't be written any more is dropped, so the server goes on when the reader closes the pipe after
 * the line that it wanted: `postern | head -1`.
 *
 * The queue is as long as its writers make it: a writer that goes on without waiting, such as the
 * access log, asks for `queued` first. Standard error, whose writers don't, has a bound of its own.
 *
 * A terminal may be stopped by its user (Ctrl-S), and is written to as `output/terminal-sink.ts`
 * says. The others are sinks of Bun. `process.stdout` and `process.stderr` belong to node:stream,
 * which takes longer to load (11 ms) than everything else that a process does before it listens.
 */

import type { BunFile } from "bun";

import type { ByteCount, Milliseconds } from "../base/units.ts";
import { mebibytes } from "../base/units.ts";
import { lookInto } from "./file-system.ts";
import { systemCalls } from "./system-choice.ts";

/** Written at a time when text is queued; short, so that a slow reader is seen to take some. */
const pieceBytes = 16 * 1024;

/** What standard error queues: errors of routes, say. What doesn't fit is dropped. */
const errorQueueBytesMax = mebibytes(1);

const lineFeed = 0x0a;

/** S_IFMT and S_IFCHR (sys/stat.h). */
const fileTypeMask = 0o170000;
const characterDevice = 0o020000;

/** What takes the octets; a promise where it has no room for all of them. */
interface Sink {
  write(text: Uint8Array | string): number | Promise<number>;
  flush(): number | Promise<number>;
}

/** A part of the queue. Short texts share one, so the queue takes little more than its octets. */
interface Piece {
  readonly octets: Uint8Array;
  used: number;
}

/** A line that stays below all lines that a terminal is given. */
interface Footer {
  /** `text`, with what removes the line before it, and what writes it again behind it. */
  below(text: Uint8Array | string): Uint8Array | string;
}

/** Whether the reader of an output still takes something, for those who wait for its end. */
export class ReaderProgress {
  /** Writes that were begun: one more when the reader has taken the one before. */
  #taken = 0;
  /** What `#taken` was when a wait found that the reader takes nothing. */
  #stalledAt = -1;

  /** The next write is about to begin. */
  note(): void {
    this.#taken++;
  }

  /**
   * Resolves when `done` does, or when the reader takes nothing for `stallMs` though `isWaiting`
   * says that something is left; at once when it has taken nothing since an earlier wait that ended
   * so.
   */
  async waitFor(
    done: Promise<unknown>,
    stallMs: Milliseconds,
    isWaiting: () => boolean,
  ): Promise<void> {
    let isDone = false;
    const end = (async () => {
      await done;
      isDone = true;
    })();
    for (;;) {
      const taken = this.#taken;
      if (isWaiting() && this.#stalledAt === taken) return;
      await Promise.race([end, Bun.sleep(stallMs)]);
      if (isDone) return;
      if (isWaiting() && this.#taken === taken) this.#stalledAt = taken;
    }
  }
}

/**
 * Whether `descriptor` is a terminal. Only a character device is asked, since node:tty, which asks
 * where libc can't be had, takes 19 ms to load.
 */
function isTerminal(descriptor: number): boolean {
  const stat = lookInto(descriptor);
  if (!stat.ok || (stat.value.mode & fileTypeMask) !== characterDevice) return false;
  return systemCalls().isTerminal(descriptor);
}

/**
 * A stream for lines of text, with one write at a time. When a second write begins while a first
 * one waits for the reader, Bun 1.4.5 sometimes reports both as written before they are, and the
 * rest is lost when the process ends (8 of 40 times that two workers ended with megabytes of log to
 * write).
 */
export class StandardStream {
  readonly #file: () => BunFile;
  readonly #descriptor: number;
  readonly #queueBytesMax: ByteCount | undefined;
  #isTerminal: boolean | undefined;
  #sink: Sink | undefined;
  /** What is queued behind the write that waits for the reader. */
  #pieces: Piece[] = [];
  #queued = 0;
  readonly #progress = new ReaderProgress();
  #isDraining = false;
  #isBroken = false;
  /** Resolves when nothing is queued any more. */
  #drained: Promise<void> = Promise.resolve();
  /**
   * What stands below the last line of the terminal, so that lines have to be written above it;
   * undefined, nothing does.
   */
  footer: Footer | undefined;
  /**
   * Is told of text that was dropped, wholly or from some octet on, and of the system's code for
   * why; not of what a reader that is gone doesn't get.
   */
  lost: ((text: Uint8Array | string, code: string) => void) | undefined;

  /**
   * `file` is asked for by the first write. `descriptor` is its descriptor; without it the stream
   * is no terminal. Text that would make a queue longer than `queueBytesMax` is dropped.
   */
  constructor(file: () => BunFile, descriptor = -1, queueBytesMax?: ByteCount) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.#queueBytesMax = queueBytesMax;
  }

  /** Whether it is a terminal, found out once. */
  get isTerminal(): boolean {
    return (this.#isTerminal ??= isTerminal(this.#descriptor));
  }

  /** Whether text was dropped because the stream's reader is gone (EPIPE). */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Octets that the stream has not taken yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Lines that are queued behind the write that waits for the reader. */
  get queuedLines(): number {
    let lines = 0;
    for (const { octets, used } of this.#pieces) {
      for (let at = 0; at < used; at++) if (octets[at] === lineFeed) lines++;
    }
    return lines;
  }

  /**
   * Writes `text` behind all earlier writes, at once if none is waiting and the stream takes it.
   * Resolves when nothing is queued: all text is written, or dropped because it can't be. Never
   * rejects.
   */
  write(text: Uint8Array | string): Promise<void> {
    return this.#writeOn(this.footer?.below(text) ?? text);
  }

  #writeOn(text: Uint8Array | string): Promise<void> {
    if (this.#isDraining) {
      this.#queue(text);
    } else if (text.length > pieceBytes) {
      this.#queue(text);
      this.#drained = this.#drain();
    } else {
      const waiting = this.#put(text);
      if (waiting !== undefined) this.#drained = this.#drain(waiting, Buffer.byteLength(text));
    }
    return this.#drained;
  }

  /**
   * Resolves when `done` does, or when the reader takes nothing for `stallMs`; at once when it has
   * taken nothing since an earlier wait that ended so.
   */
  waitFor(done: Promise<unknown>, stallMs: Milliseconds): Promise<void> {
    return this.#progress.waitFor(done, stallMs, () => this.#isDraining);
  }

  #openSink(): Sink {
    if (!this.isTerminal) return this.#file().writer();
    const { TerminalSink } =
      require("./output/terminal-sink.ts") as typeof import("./output/terminal-sink.ts");
    return TerminalSink.open(this.#descriptor) ?? this.#file().writer();
  }

  #queue(text: Uint8Array | string): void {
    let octets = typeof text === "string" ? Buffer.from(text) : text;
    const fits = this.#queued + octets.length <= (this.#queueBytesMax ?? Infinity);
    if (this.#queued > 0 && !fits) return;
    this.#queued += octets.length;
    while (octets.length > 0) {
      let last = this.#pieces.at(-1);
      if (last === undefined || last.used === pieceBytes) {
        last = { octets: new Uint8Array(pieceBytes), used: 0 };
        this.#pieces.push(last);
      }
      const some = octets.subarray(0, pieceBytes - last.used);
      last.octets.set(some, last.used);
      last.used += some.length;
      octets = octets.subarray(some.length);
    }
  }

  /** Writes what is queued, piece by piece, after `octets` that are `waiting` already. */
  async #drain(waiting?: Promise<void>, octets = 0): Promise<void> {
    this.#isDraining = true;
    this.#queued += octets;
    if (waiting !== undefined) await waiting;
    this.#queued -= octets;
    for (let next = this.#pieces.shift(); next !== undefined; next = this.#pieces.shift()) {
      this.#progress.note();
      const written = this.#put(next.octets.subarray(0, next.used));
      // Without a wait all is written before the process ends, where the stream takes all.
      if (written !== undefined) await written;
      this.#queued -= next.used;
    }
    this.#isDraining = false;
  }

  /** Writes; undefined when `text` is written or dropped already. */
  #put(text: Uint8Array | string): Promise<void> | undefined {
    try {
      this.#sink ??= this.#openSink();
      const written = this.#sink.write(text);
      const flushed = this.#sink.flush();
      const isWritten = !(written instanceof Promise) && !(flushed instanceof Promise);
      return isWritten ? undefined : this.#await([written, flushed], text);
    } catch (error) {
      this.#fail(error, text);
      return undefined;
    }
  }

  async #await(
    steps: readonly (number | Promise<number>)[],
    text: Uint8Array | string,
  ): Promise<void> {
    try {
      await Promise.all(steps.map((step) => Promise.resolve(step)));
    } catch (error) {
      this.#fail(error, text);
    }
  }

  /** `text` can't be written: the reader has closed the pipe, or the disk is full. */
  #fail(error: unknown, text: Uint8Array | string): void {
    const code = error instanceof Error && "code" in error ? error.code : error;
    if (code === "EPIPE") this.#isBroken = true;
    else this.lost?.(text, String(code));
  }
}

export const standardOutput = new StandardStream(() => Bun.stdout, 1);
export const standardError = new StandardStream(() => Bun.stderr, 2, errorQueueBytesMax);
