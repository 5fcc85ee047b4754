/**
 * Shows on a terminal how far uploads are: a line at the bottom, which is drawn again four times a
 * second and is gone when none is received. Lines of the log, and what goes to standard error, are
 * written above it: the line is removed, they are written, and it is written again, all in one
 * write. Nothing runs while nothing is uploaded.
 *
 * It shows what this process receives, or what the workers of a supervisor do: each is a source.
 *
 * The first drawing is a quarter of a second after an upload has begun, so short ones show nothing.
 * A terminal that wraps its lines anew when it becomes narrower may leave a part of the line; what
 * is drawn next fits.
 */

import type { Clock } from "../../schedule/clock.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { UploadListener } from "../../site/uploads/upload-progress.ts";
import type { StandardStream } from "../../system/standard-streams.ts";
import { standardError, standardOutput } from "../../system/standard-streams.ts";
import { columnsMax } from "../help/columns.ts";
import type { Environment, Paint } from "./paint.ts";
import { choosePaint, plainPaint } from "./paint.ts";
import type { UploadsSeen } from "./received-uploads.ts";
import { ReceivedUploads } from "./received-uploads.ts";
import { uploadLine } from "./upload-line.ts";

/** How often the line changes. */
const redrawMs = 250;

/** How long the rate is measured over. */
const rateSpanMs = 3000;

/** Back to the first column, and the line erased (ECMA-48 §8.3.41, EL). */
const erase = "\r\u001b[K";

const lineFeed = 0x0a;

/** The terminal, and the time. */
interface StatusSurroundings {
  readonly out: Pick<StandardStream, "write" | "footer" | "queued">;
  /** Standard error, if it is a terminal, which is then taken for the same one. */
  readonly error: Pick<StandardStream, "footer"> | undefined;
  /** The terminal's width, which may change. */
  readonly columns: () => number;
  readonly paint: Paint;
  readonly alarm: Alarm;
  readonly clock: Pick<Clock, "monotonicMs" | "epochMs">;
}

/** A process that receives files. */
export interface UploadSource {
  /** How far they are, as far as is known. Called each time that the line is drawn. */
  look(): UploadsSeen;
}

/** What had come at a moment. */
interface Sample {
  readonly atMs: number;
  readonly octets: number;
}

/** The line at the bottom of standard output, which is a terminal. */
export function terminalStatus(environment: Environment): UploadStatus {
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const status = new UploadStatus({
    out: standardOutput,
    error: standardError.isTerminal ? standardError : undefined,
    // A terminal that doesn't know its width says 0.
    columns: () => process.stdout.columns || columnsMax,
    paint: choosePaint(true, environment) ?? plainPaint,
    alarm: scheduler.alarm(),
    clock,
  });
  process.once("exit", () => status.clear());
  return status;
}

/** The line of one terminal. */
export class UploadStatus {
  readonly #surroundings: StatusSurroundings;
  /** What receives files now, and the octets that each had when it was looked at last. */
  readonly #sources = new Map<UploadSource, number>();
  readonly #own: ReceivedUploads;
  /** The octets of all uploads that have come while the line was shown. */
  #octets = 0;
  #samples: Sample[] = [];
  /** What the terminal shows; "" for nothing. */
  #shown = "";

  constructor(surroundings: StatusSurroundings) {
    this.#surroundings = surroundings;
    const { clock } = surroundings;
    this.#own = new ReceivedUploads(
      () => clock.epochMs(),
      (isReceiving) => {
        if (isReceiving) this.show(this.#own, this.#own.look().octets);
        else this.hide(this.#own);
      },
    );
  }

  /** Is told of each upload of this process; see `ServeOptions.onUpload`. */
  readonly began: UploadListener = (upload) => this.#own.began(upload);

  /** Shows what `source` receives, of which `octets` had come before. */
  show(source: UploadSource, octets: number): void {
    if (this.#sources.size === 0) this.#begin();
    if (!this.#sources.has(source)) this.#sources.set(source, octets);
  }

  /** Shows nothing of `source` any more. */
  hide(source: UploadSource): void {
    if (this.#sources.delete(source) && this.#sources.size === 0) this.clear();
  }

  #begin(): void {
    const { alarm, out, error, clock } = this.#surroundings;
    this.#octets = 0;
    this.#samples = [{ atMs: clock.monotonicMs(), octets: 0 }];
    for (const stream of [out, error]) if (stream !== undefined) stream.footer = this;
    alarm.set(redrawMs, this.#redraw);
  }

  /** Removes the line, and stops drawing it. */
  clear(): void {
    const { alarm, out, error } = this.#surroundings;
    alarm.clear();
    for (const stream of [out, error]) if (stream !== undefined) stream.footer = undefined;
    if (this.#shown !== "") void out.write(erase);
    this.#shown = "";
  }

  /** See `StandardStream.footer`. */
  below(text: Uint8Array | string): Uint8Array | string {
    if (this.#shown === "" || text.length === 0) return text;
    const isWaiting = this.#surroundings.out.queued > 0;
    const isLine = typeof text === "string" ? text.endsWith("\n") : text.at(-1) === lineFeed;
    // A terminal that is behind gets the line again when it has taken what waits.
    const behind = isLine && !isWaiting ? this.#shown : "";
    this.#shown = behind;
    return typeof text === "string"
      ? `${erase}${text}${behind}`
      : Buffer.concat([Buffer.from(erase), text, Buffer.from(behind)]);
  }

  readonly #redraw = (): void => {
    const { alarm, out, columns, paint } = this.#surroundings;
    alarm.set(redrawMs, this.#redraw);
    const seen = this.#look();
    const rate = this.#measure();
    if (out.queued > 0) return;
    const line = uploadLine(seen, rate, columns(), paint);
    if (line === this.#shown) return;
    const before = this.#shown === "" ? "" : erase;
    // What is drawn isn't to be written above itself.
    this.#shown = "";
    void out.write(before + line);
    this.#shown = line;
  };

  /** Looks at all sources: how many files they receive, and the newest of these. */
  #look(): Pick<UploadsSeen, "newest" | "count"> {
    let newest: UploadsSeen["newest"];
    let count = 0;
    for (const [source, before] of this.#sources) {
      const seen = source.look();
      this.#sources.set(source, seen.octets);
      this.#octets += Math.max(0, seen.octets - before);
      count += seen.count;
      if ((seen.newest?.beganMs ?? -Infinity) >= (newest?.beganMs ?? -Infinity)) {
        newest = seen.newest ?? newest;
      }
    }
    return { newest, count };
  }

  /** The rate of all uploads by what has come in the last seconds. */
  #measure(): number | undefined {
    const atMs = this.#surroundings.clock.monotonicMs();
    const samples = this.#samples.filter((sample) => atMs - sample.atMs <= rateSpanMs);
    const [first] = samples;
    this.#samples = [...samples, { atMs, octets: this.#octets }];
    if (first === undefined || first.atMs === atMs) return undefined;
    return Math.round(((this.#octets - first.octets) * 1000) / (atMs - first.atMs));
  }
}
