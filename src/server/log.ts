/**
 * The access log: one line for each exchange that is over.
 *
 * Text from a client is escaped, so that a line stays one line and no control character reaches a
 * terminal. The lines of one turn of the event loop are written together. Lines that the log's
 * reader leaves waiting are queued up to a bound. The rest, and those that can't be written, are
 * dropped, counted and reported, so that neither a reader that has stopped nor a full disk holds a
 * request up or fills the memory.
 */

import type { Limits } from "../base/limits.ts";
import type { Milliseconds } from "../base/units.ts";
import type { Response } from "../http/message/response.ts";
import type { Alarm, Scheduler } from "../schedule/scheduler.ts";
import type { ExchangeReport, LiveReport, Observer } from "../site/observer.ts";
import { describeNear } from "../site/pages/error-page.ts";
import type { DroppedLines } from "./logging/dropped-lines.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";

/** An exchange that has a line in the log. */
export interface LoggedExchange extends ExchangeReport {
  readonly response: Response;
}

/** The formats of the access log, as options name them. */
export const logFormats = ["short", "common", "combined", "json", "none"] as const;

/** The format of a line; "none" for no log. */
export type LogFormat = (typeof logFormats)[number];

function hasResponse(report: ExchangeReport): report is LoggedExchange {
  return report.response !== undefined;
}

/** `report` as its line shows it. */
function loggedExchange(report: ExchangeReport): LoggedExchange {
  if (hasResponse(report)) return report;
  const { unansweredResponse } =
    require("./logging/unanswered.ts") as typeof import("./logging/unanswered.ts");
  return { ...report, response: unansweredResponse(report) };
}

const months = "JanFebMarAprMayJunJulAugSepOctNovDec";

/**
 * `text` with every character escaped that could end a line or a quoted string, or control a
 * terminal.
 */
export function escapeLine(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}"\\]/gu, (character) => {
    if (character === '"' || character === "\\") return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** The same JSON, with every character escaped that could control a terminal. */
function escapeJson(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

function requestLine(report: LoggedExchange): string {
  const { head } = report;
  if (head === undefined) return escapeLine(report.method ?? "-");
  return escapeLine(`${head.method} ${head.rawTarget} ${head.version}`);
}

/** `22/Nov/2026:15:04:05 +0000`, the common log format's date; always UTC. */
function commonDate(epochMs: number): string {
  const iso = new Date(epochMs).toISOString();
  const month = Number(iso.slice(5, 7)) - 1;
  const name = months.slice(month * 3, month * 3 + 3);
  return `${iso.slice(8, 10)}/${name}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** How much of a form a line for people shows; JSON has all of it. */
const formUnitsMax = 1024;

/** A value of a form in a line: a text, a file, or several of one name. */
function describeValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((one) => describeValue(one)).join(" | ");
  const { filename, type, octets } = value as Record<string, unknown>;
  const words = [filename, type].filter((word) => word !== "");
  return [...words, `${String(octets)} B`].join(" ");
}

/** What was posted, "name=Ines, file=a.png image/png 8 B"; undefined for nothing. */
function describeForm({ note }: Response): string | undefined {
  if (note?.form === undefined) return undefined;
  let text = "";
  for (const [name, value] of Object.entries(note.form())) {
    text += `${text === "" ? "" : ", "}${name}=${describeValue(value)}`;
    if (text.length > formUnitsMax) return escapeLine(`${text.slice(0, formUnitsMax)}…`);
  }
  return escapeLine(text);
}

function short(report: LoggedExchange, epochMs: number): string {
  const time = new Date(epochMs).toISOString().slice(11, 19);
  const { head, response, octets, durationMs } = report;
  const what = head === undefined ? (report.method ?? "-") : `${head.method} ${head.rawTarget}`;
  const reason =
    response.note?.reason === undefined ? "" : ` (${escapeLine(response.note.reason)})`;
  const form = describeForm(response);
  const posted = form === undefined ? "" : ` {${form}}`;
  const cut = report.whole ? "" : " cut off";
  const { faults } = response.note ?? {};
  const faulty = faults === undefined ? "" : ` [${faults.join(" ")}]`;
  const took = `${durationMs.toFixed(1)} ms`;
  const line = `${time} ${escapeLine(what)} ${response.status} ${octets} B ${took}`;
  return `${line}${cut}${reason}${posted}${faulty}`;
}

function common(report: LoggedExchange, epochMs: number): string {
  const { response, octets, remoteAddress } = report;
  const size = octets === 0 ? "-" : String(octets);
  const when = commonDate(epochMs);
  const line = requestLine(report);
  const user = report.request?.user;
  // A name with a blank would look like two columns.
  const who = user === undefined ? "-" : escapeLine(user).replaceAll(" ", "\\x20");
  return `${remoteAddress} - ${who} [${when}] "${line}" ${response.status} ${size}`;
}

function combined(report: LoggedExchange, epochMs: number): string {
  const field = (name: string): string => escapeLine(report.head?.fields.get(name) ?? "-");
  const line = `${common(report, epochMs)} "${field("referer")}" "${field("user-agent")}"`;
  const form = describeForm(report.response);
  return form === undefined ? line : `${line} "${form}"`;
}

/** The note of `response` for the log, in full; what is absent is undefined. */
function noteOf({ note }: Response): Record<string, unknown> {
  const { reason, faults, form } = note ?? {};
  return { reason, faults, form: form?.() };
}

/** The trace that the request with `head` belongs to, if it says so as it should. */
function traceOf(head: LoggedExchange["head"]): { readonly traceId?: string } {
  const values = head?.fields.getAll("traceparent") ?? [];
  if (values.length === 0) return {};
  const { traceIdOf } =
    require("../http/message/trace-id.ts") as typeof import("../http/message/trace-id.ts");
  const traceId = traceIdOf(values);
  return traceId === undefined ? {} : { traceId };
}

function json(report: LoggedExchange, epochMs: number): string {
  const { head, response } = report;
  const line = JSON.stringify({
    time: new Date(epochMs).toISOString(),
    remote: report.remoteAddress,
    method: report.method ?? null,
    target: head?.rawTarget ?? null,
    version: head?.version.slice("HTTP/".length) ?? null,
    host: (report.request?.forwarded?.authority ?? head?.authority)?.host ?? null,
    ...(report.request?.user === undefined ? {} : { user: report.request.user }),
    status: response.status,
    bytes: report.octets,
    durationMs: Math.round(report.durationMs * 1000) / 1000,
    whole: report.whole,
    referer: head?.fields.get("referer") ?? null,
    userAgent: head?.fields.get("user-agent") ?? null,
    ...traceOf(head),
    ...(report.refusal === undefined ? {} : { refusal: report.refusal }),
    ...noteOf(response),
  });
  return escapeJson(line);
}

const formatters: Record<Exclude<LogFormat, "none">, typeof short> = {
  short,
  common,
  combined,
  json,
};

/** The line for `report`, without its line break. */
export function formatLine(
  format: Exclude<LogFormat, "none">,
  report: LoggedExchange,
  epochMs: number,
): string {
  return formatters[format](report, epochMs);
}

/** Lines that may wait behind one that isn't complete; beyond it all are written as they are. */
const waitingLinesMax = 1024;

/** A line of the log, without its line break. */
interface Line {
  text: string;
  /** Whether something is still to be added. */
  isWaiting: boolean;
}

/** The log of one server. */
export class AccessLog implements Observer {
  readonly #format: LogFormat;
  readonly #write: (text: string) => void;
  readonly #epochMs: () => number;
  readonly #scheduler: Scheduler;
  /** The lines that have not been written, in order. */
  #lines: Line[] = [];
  /** Its code is loaded by the first connection that is dropped. */
  #dropped: DroppedLines | undefined;

  /** `write` is called with whole lines, each with its line break. */
  constructor(
    format: LogFormat,
    write: (text: string) => void,
    epochMs: () => number,
    scheduler: Scheduler,
  ) {
    this.#format = format;
    this.#write = write;
    this.#epochMs = epochMs;
    this.#scheduler = scheduler;
  }

  /** Whether its format is "none", so that nothing is written. */
  get isOff(): boolean {
    return this.#format === "none";
  }

  /** Whether its lines have the notes of responses for people. */
  get showsNotes(): boolean {
    return this.#format === "short";
  }

  /** Logs an exchange that is over. */
  ended(report: ExchangeReport): void {
    if (this.#format === "none") return;
    const logged = loggedExchange(report);
    // People look at the short log to see what is asked for, and not what open pages need.
    if (this.#format === "short" && logged.response.note?.isRoutine === true) return;
    const line = this.#add(formatLine(this.#format, logged, this.#epochMs()));
    const near = this.showsNotes ? logged.response.note?.near : undefined;
    if (near !== undefined) void this.#addNear(line, near);
    if (this.#lines.length > waitingLinesMax) this.flush();
  }

  /** Logs what live reload has done, in the formats that have a place for it. */
  live(report: LiveReport): void {
    if (this.#format !== "short" && this.#format !== "json") return;
    const { liveText } = require("./live-text.ts") as typeof import("./live-text.ts");
    const time = new Date(this.#epochMs()).toISOString();
    this.#add(
      this.#format === "json"
        ? escapeJson(JSON.stringify({ time, live: report }))
        : `${time.slice(11, 19)} ${escapeLine(liveText(report))}`,
    );
  }

  /** Logs that a connection was closed, in the same formats. */
  dropped(remoteAddress: string, why: string): void {
    if (this.#format !== "short" && this.#format !== "json") return;
    const { DroppedLines: Opened } =
      require("./logging/dropped-lines.ts") as typeof import("./logging/dropped-lines.ts");
    this.#dropped ??= new Opened();
    const line = this.#dropped.line(this.#format, remoteAddress, why, this.#epochMs());
    if (line !== undefined)
      this.#add(this.#format === "json" ? escapeJson(line) : escapeLine(line));
  }

  #add(text: string): Line {
    if (this.#lines.length === 0) this.#scheduler.defer(this.#flushReady);
    const line: Line = { text, isWaiting: false };
    this.#lines.push(line);
    return line;
  }

  /** Adds what is similar to a missing path to `line`. The lines behind it wait for that. */
  async #addNear(line: Line, near: () => Promise<readonly string[]>): Promise<void> {
    line.isWaiting = true;
    const paths = await near();
    if (paths.length > 0) line.text += ` (${escapeLine(describeNear(paths))})`;
    line.isWaiting = false;
    if (this.#lines.length > 0) this.#scheduler.defer(this.#flushReady);
  }

  /** Writes the lines that have not been written yet. */
  readonly flush = (): void => this.#writeFirst(this.#lines.length);

  /** Writes those that wait for nothing, up to the first that does. */
  readonly #flushReady = (): void => {
    let ready = 0;
    while (this.#lines[ready]?.isWaiting === false) ready++;
    this.#writeFirst(ready);
  };

  #writeFirst(count: number): void {
    if (count === 0) return;
    let lines = "";
    for (const { text } of this.#lines.splice(0, count)) lines += `${text}\n`;
    this.#write(lines);
  }
}

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
type LogLimits = Pick<
  Limits,
  "logQueueBytesMax" | "logDropsTimeMs" | "logDropsIntervalMs" | "logStallTimeMs"
>;

function toStandardError(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** Lines that the access logs of this process have dropped, by where they were to go. */
export const linesDropped = { stdout: 0, file: 0 };

/** The access log's way to standard output or to a file, with the bound on what waits there. */
export class LogOutput {
  readonly #limits: LogLimits;
  readonly #alarm: Alarm;
  readonly #logStream: LogStream;
  readonly #say: (line: string) => void;
  #dropped = 0;
  readonly #slowness: string;
  /** Why the last of them were. */
  #why: string;
  /** Whether the alarm is set: for the first report, or for the next one. */
  #isReporting = false;

  /**
   * `say` is told, in a line without its line break, how many lines were dropped; `slowness` is why
   * they are when too many wait.
   */
  constructor(
    limits: LogLimits,
    alarm: Alarm,
    stream: LogStream = standardOutput,
    say: (line: string) => void = toStandardError,
    slowness = "its reader is too slow",
  ) {
    this.#limits = limits;
    this.#slowness = slowness;
    this.#why = slowness;
    this.#alarm = alarm;
    this.#logStream = stream;
    this.#say = say;
    if (stream === standardOutput) standardOutput.lost = this.#lostText;
  }

  /**
   * Writes whole lines, or drops them when they don't fit into the queue. Resolves when nothing is
   * queued, or at once for lines that are dropped.
   */
  readonly write = (lines: string): Promise<void> => {
    const { queued } = this.#logStream;
    if (queued === 0 || queued + Buffer.byteLength(lines) <= this.#limits.logQueueBytesMax) {
      return this.#logStream.write(lines);
    }
    this.lost(lines.split("\n").length - 1, this.#slowness);
    return Promise.resolve();
  };

  /** So many lines can't be written, for the reason that `why` gives. */
  lost(lines: number, why: string): void {
    if (lines === 0) return;
    this.#drop(lines);
    this.#why = why;
    if (!this.#isReporting) this.#alarm.set(this.#limits.logDropsTimeMs, this.#report);
    this.#isReporting = true;
  }

  readonly #lostText = (text: Uint8Array | string, code: string): void => {
    const lines =
      Buffer.from(text as Uint8Array)
        .toString("latin1")
        .split("\n").length - 1;
    this.lost(
      lines,
      code === "ENOSPC" ? "no space is left on its disk" : `it can't be written, ${code}`,
    );
  };

  /**
   * Resolves when nothing is queued, or when the stream takes nothing for a while. What is left is
   * dropped and reported: the process ends now.
   */
  async end(): Promise<void> {
    const written = this.#logStream.write("");
    await this.#logStream.waitFor(written, this.#limits.logStallTimeMs);
    this.#alarm.clear();
    this.#isReporting = false;
    this.#drop(this.#logStream.queuedLines);
    this.#tell();
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    linesDropped[this.#logStream === standardOutput ? "stdout" : "file"] += lines;
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
