/**
 * The access log in a file. Lines are appended in whole (O_APPEND) by one write at a time, which a
 * thread makes, so that a slow disk holds no request up. Lines that come meanwhile are queued; the
 * caller bounds the queue (`LogOutput`).
 *
 * The path is opened again when `reopen` is called, as `logrotate` with `create` wants it. A file
 * that is emptied in place (`copytruncate`) is written from its new end on. With a rotation, the
 * file that would grow past its size is renamed first (`log-rotation.ts`).
 *
 * Lines that can't be written are dropped, and `lost` is told how many. A line of which a part is
 * written is completed as soon as there is room again, so that no line is torn.
 */

import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";

import type { Milliseconds } from "../../base/units.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { ReaderProgress } from "../../system/standard-streams.ts";
import type { LogStream } from "../log.ts";
import type { LogRotation } from "./log-rotation.ts";
import { fileAt, renameChain } from "./log-rotation.ts";

/** Written at a time while more is queued. */
const pieceBytes = 64 * 1024;

/** Only its owner writes the file, and only its group reads it. */
const fileMode = 0o640;

const lineFeed = 0x0a;
const nothing = new Uint8Array(0);

/** What a log tells of its file. */
interface LogFileReport {
  /** So many lines can't be written, for the reason that `why` gives. */
  lost(lines: number, why: string): void;
  /** `line` is what has failed, without its line break. */
  failed(line: string): void;
}

/** What has become of a log's file. */
interface LogFileCounts {
  /** Whole lines that were written. */
  lines: number;
  bytes: number;
  rotations: number;
  /** How often an operation has failed. */
  readonly failures: { write: number; rotate: number; open: number };
}

/** An open file. */
interface OpenFile {
  readonly logFile: FileHandle;
  readonly inode: number;
  /** Its octets, as far as is known: others may empty it. */
  bytes: number;
}

/** Error numbers for which there are better words than the system's. */
const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on its disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "it, or its folder, may not be written to",
  ENOENT: "there is no such folder",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons[code] ?? code;
}

function countLines(octets: Uint8Array): number {
  let lines = 0;
  for (let at = octets.indexOf(lineFeed); at !== -1; at = octets.indexOf(lineFeed, at + 1)) lines++;
  return lines;
}

/** How long the first of `lines` is, its line break included. */
function lineLength(lines: Uint8Array): number {
  return lines.indexOf(lineFeed) + 1;
}

/** Closes `logFile`. A disk on a network may refuse only then what it has taken before. */
async function release(logFile: FileHandle): Promise<void> {
  try {
    await logFile.close();
  } catch {
    // Nothing can be done about it any more.
  }
}

async function openAt(path: string): Promise<Result<OpenFile, string>> {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants;
  try {
    // Without O_NONBLOCK the opening of a FIFO waits for its reader.
    const logFile = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, fileMode);
    const stat = await logFile.stat();
    if (stat.isFile()) return success({ logFile, inode: stat.ino, bytes: stat.size });
    await logFile.close();
    return failure("it is no file");
  } catch (error) {
    const code = codeOf(error);
    // ENXIO: a FIFO without a reader, or a socket.
    if (code === "ENXIO") return failure("it is no file");
    return failure(code === "EISDIR" ? "it is a folder" : reasonOf(error));
  }
}

/** A log's file. */
export class LogFile implements LogStream {
  readonly #path: string;
  readonly #rotation: LogRotation | undefined;
  readonly #report: LogFileReport;
  readonly #progress = new ReaderProgress();
  #file: OpenFile;
  /** Whole lines that wait behind the present write. */
  #waiting: Uint8Array[] = [];
  #queued = 0;
  /** The rest of a line of which the file has the beginning. */
  #owed: Uint8Array = nothing;
  /** Undefined where nothing is counted. */
  #counts: LogFileCounts | undefined;
  #isReopening = false;
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();

  private constructor(
    path: string,
    file: OpenFile,
    rotation: LogRotation | undefined,
    report: LogFileReport,
  ) {
    this.#path = path;
    this.#file = file;
    this.#rotation = rotation;
    this.#report = report;
  }

  /** Opens, or makes, the file at `path`. Fails with the reason, for a message that names it. */
  static async open(
    path: string,
    rotation: LogRotation | undefined,
    report: LogFileReport,
  ): Promise<Result<LogFile, string>> {
    const opened = await openAt(path);
    return opened.ok ? success(new LogFile(path, opened.value, rotation, report)) : opened;
  }

  get queued(): number {
    return this.#queued;
  }

  get queuedLines(): number {
    return [this.#owed, ...this.#waiting].reduce((sum, octets) => sum + countLines(octets), 0);
  }

  write(lines: Uint8Array | string): Promise<void> {
    const octets = typeof lines === "string" ? Buffer.from(lines) : lines;
    if (octets.length > 0) {
      this.#waiting.push(octets);
      this.#queued += octets.length;
      if (!this.#isDraining) this.#drained = this.#drain();
    }
    return this.#drained;
  }

  waitFor(done: Promise<unknown>, stallMs: Milliseconds): Promise<void> {
    return this.#progress.waitFor(done, stallMs, () => this.#isDraining);
  }

  /** Counts from now on what becomes of the file. */
  count(): LogFileCounts {
    const failures = { write: 0, rotate: 0, open: 0 };
    return (this.#counts ??= { lines: 0, bytes: 0, rotations: 0, failures });
  }

  /**
   * Opens the path again, for the lines that aren't being written yet. Where that fails, they go on
   * into the file that is open.
   */
  reopen(): void {
    this.#isReopening = true;
    if (!this.#isDraining) this.#drained = this.#drain();
  }

  /** Closes the file, when all is written that was to be. */
  async close(): Promise<void> {
    await this.#drained;
    await release(this.#file.logFile);
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (;;) {
      if (this.#isReopening) await this.#openAsAsked();
      const [first] = this.#waiting;
      if (first === undefined) break;
      await this.#writeFirst(first);
    }
    this.#isDraining = false;
  }

  async #openAsAsked(): Promise<void> {
    this.#isReopening = false;
    const problem = await this.#openAgain();
    if (problem === undefined) return;
    if (this.#counts !== undefined) this.#counts.failures.open++;
    const instead = "so the log goes on in the file that was open";
    this.#report.failed(`${this.#path} can't be opened again, ${instead}: ${problem}`);
  }

  /** Opens the path again. Answers with what is wrong where that fails. */
  async #openAgain(): Promise<string | undefined> {
    const opened = await openAt(this.#path);
    if (!opened.ok) return opened.error;
    // The rest of a line is of no use in another file.
    if (this.#owed.length > 0) this.#lost(this.#owed, "another file was begun within a line");
    this.#owed = nothing;
    const { logFile: before } = this.#file;
    this.#file = opened.value;
    await release(before);
    return undefined;
  }

  /** Writes from the front of the queue, of which `first` is the first part. */
  async #writeFirst(first: Uint8Array): Promise<void> {
    const all = first.length < pieceBytes ? this.#joined() : first;
    const problem = await this.#makeRoom(all);
    const isDropped = problem !== undefined;
    const lines = isDropped ? all : all.subarray(0, this.#fitting(all) || lineLength(all));
    this.#progress.note();
    if (isDropped && this.#counts !== undefined) this.#counts.failures.rotate++;
    if (isDropped) this.#lost(lines, problem);
    else await this.#append(lines);
    this.#queued -= lines.length;
    if (lines.length === all.length) this.#waiting.shift();
    else this.#waiting[0] = all.subarray(lines.length);
  }

  /** Takes some of the queue as one part. */
  #joined(): Uint8Array {
    let count = 0;
    let size = 0;
    for (const { length } of this.#waiting) {
      if (count > 0 && size + length > pieceBytes) break;
      count++;
      size += length;
    }
    const [only = nothing] = this.#waiting;
    if (count === 1) return only;
    const joined = Buffer.concat(this.#waiting.slice(0, count));
    this.#waiting.splice(0, count, joined);
    return joined;
  }

  /** How much of `lines` the file has room for, in whole lines. */
  #fitting(lines: Uint8Array): number {
    const room = (this.#rotation?.bytes ?? Infinity) - this.#file.bytes - this.#owed.length;
    if (lines.length <= room) return lines.length;
    return room < 1 ? 0 : lines.lastIndexOf(lineFeed, room - 1) + 1;
  }

  /**
   * Begins another file where the present one has no room for the first of `lines`; a line that is
   * longer than a file may be has one of its own. Answers with what is wrong where that fails: then
   * the lines are dropped, since the files have a bound.
   */
  async #makeRoom(lines: Uint8Array): Promise<string | undefined> {
    if (this.#rotation === undefined || this.#fitting(lines) > 0) return undefined;
    try {
      // Others may have emptied the file.
      this.#file.bytes = (await this.#file.logFile.stat()).size;
      if (this.#file.bytes === 0 || this.#fitting(lines) > 0) return undefined;
      // Where another program has moved the file away, its path is free or has a new one.
      const there = await fileAt(this.#path);
      if (there === this.#file.inode) {
        await renameChain(this.#path, this.#rotation.files);
        if (this.#counts !== undefined) this.#counts.rotations++;
      }
    } catch (error) {
      return `it can't be rotated, ${reasonOf(error)}`;
    }
    const problem = await this.#openAgain();
    return problem === undefined ? undefined : `it can't be rotated, ${problem}`;
  }

  async #append(lines: Uint8Array): Promise<void> {
    if (this.#owed.length > 0) await this.#checkOwed();
    const octets = this.#owed.length === 0 ? lines : Buffer.concat([this.#owed, lines]);
    let at = 0;
    try {
      while (at < octets.length) {
        const { bytesWritten } = await this.#file.logFile.write(octets, at, octets.length - at);
        at += bytesWritten;
        this.#file.bytes += bytesWritten;
      }
      this.#owed = nothing;
    } catch (error) {
      if (this.#counts !== undefined) this.#counts.failures.write++;
      this.#keep(octets, at);
      this.#lost(octets.subarray(at + this.#owed.length), reasonOf(error));
    }
    if (this.#counts === undefined) return;
    this.#counts.bytes += at;
    this.#counts.lines += countLines(octets.subarray(0, at));
  }

  /** Drops what is owed of a line when its beginning isn't at the end of the file any more. */
  async #checkOwed(): Promise<void> {
    try {
      const { size } = await this.#file.logFile.stat();
      if (size === this.#file.bytes) return;
      this.#file.bytes = size;
    } catch {
      // The write will say what is wrong.
      return;
    }
    this.#lost(this.#owed, "the file was changed within a line");
    this.#owed = nothing;
  }

  /** `octets` can't be written from `at` on: what is missing of a line that is begun is owed. */
  #keep(octets: Uint8Array, at: number): void {
    const isBegun = at === 0 ? this.#owed.length > 0 : octets[at - 1] !== lineFeed;
    this.#owed = isBegun ? octets.slice(at, octets.indexOf(lineFeed, at) + 1) : nothing;
  }

  #lost(lines: Uint8Array, why: string): void {
    this.#report.lost(countLines(lines), `${this.#path}: ${why}`);
  }
}
