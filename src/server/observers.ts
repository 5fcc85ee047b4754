/**
 * The observers of a server as a table: for each hook, those that have it. A hook that no observer
 * has costs a call and a comparison. And that one of them which tests ask: the recorder.
 */

import type { Limits } from "../base/limits.ts";
import type { Clock } from "../schedule/clock.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import type { Response } from "../http/message/response.ts";
import type { ExchangeReport, LiveReport, Observer, RefusalReason } from "../site/observer.ts";
import type { Request } from "../site/request.ts";
import type { RecordedRequest } from "./recording/recorded-request.ts";
import type {
  ExpectOptions,
  NextOptions,
  RecorderLimits,
  RequestRecorder,
} from "./recording/request-recorder.ts";
import type { LogFormat } from "./log.ts";
import { AccessLog, LogOutput } from "./log.ts";
import { isLostPart } from "../site/pages/error-page.ts";
import type { CompleteOptions } from "./serve-options.ts";
import { standardError } from "../system/standard-streams.ts";

type Call<A, B> = (a: A, b: B) => void;

/** One hook of all observers. */
class Hook<A, B = void> {
  readonly #failed: (error: unknown) => void;
  #calls: readonly Call<A, B>[] = [];

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Whether any observer has it. */
  get isWanted(): boolean {
    return this.#calls.length > 0;
  }

  /** Removes all calls. */
  clear(): void {
    this.#calls = [];
  }

  /** Adds a call; an observer without this hook gives undefined. */
  add(call: Call<A, B> | undefined): void {
    if (call !== undefined) this.#calls = [...this.#calls, call];
  }

  tell(a: A, b: B): void {
    if (this.#calls.length === 0) return;
    for (const call of this.#calls) {
      try {
        call(a, b);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}

/** All observers of one server; see `Observer` for what each hook says. */
export class Observers {
  readonly connected: Hook<string>;
  readonly refused: Hook<string, RefusalReason>;
  readonly dropped: Hook<string, string>;
  readonly began: Hook<Request>;
  readonly answered: Hook<Request, Response>;
  readonly ended: Hook<ExchangeReport>;
  readonly disconnected: Hook<string>;
  readonly live: Hook<LiveReport>;

  /** `failed` is told of what an observer throws. */
  constructor(failed: (error: unknown) => void) {
    this.connected = new Hook(failed);
    this.refused = new Hook(failed);
    this.dropped = new Hook(failed);
    this.began = new Hook(failed);
    this.answered = new Hook(failed);
    this.ended = new Hook(failed);
    this.disconnected = new Hook(failed);
    this.live = new Hook(failed);
  }

  /** From now on `observers` are told, in their order, and no others; undefined is none. */
  set(observers: readonly (Observer | undefined)[]): void {
    this.connected.clear();
    this.refused.clear();
    this.dropped.clear();
    this.began.clear();
    this.answered.clear();
    this.ended.clear();
    this.disconnected.clear();
    this.live.clear();
    for (const one of observers) if (one !== undefined) this.#add(one);
  }

  #add(one: Observer): void {
    this.connected.add(one.connected?.bind(one));
    this.refused.add(one.refused?.bind(one));
    this.dropped.add(one.dropped?.bind(one));
    this.began.add(one.began?.bind(one));
    this.answered.add(one.answered?.bind(one));
    this.ended.add(one.ended?.bind(one));
    this.disconnected.add(one.disconnected?.bind(one));
    this.live.add(one.live?.bind(one));
  }
}

/** `callback`, with what it throws written to standard error instead of reaching the event loop. */
export function guarded<Value>(callback: (value: Value) => void): (value: Value) => void {
  return (value) => {
    try {
      callback(value);
    } catch (error) {
      toStandardError(error);
    }
  };
}

/** `find`, called once and then remembered. */
export function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => (found ??= { value: find() }).value;
}

/** What a test asks of the requests that a server got. */
export interface Recording {
  /**
   * The requests that arrived, in their order, those in progress among them. One whose head was
   * malformed is not. The oldest are dropped beyond `limits.requestsKeptMax` and
   * `limits.requestsKeptBytesMax`.
   */
  readonly requests: readonly RecordedRequest[];
  /**
   * The first request that fits, is over, and wasn't given out by `next` before; one that has come
   * already, or that comes `within` so many milliseconds, by default `limits.requestWaitTimeMs`.
   * Rejects with an Error that says what came instead; also when requests were dropped, since it
   * may have been among them.
   *
   * ```ts
   * const hook = await server.next({ method: "POST", path: "/hook", within: 500 });
   * ```
   */
  next(options?: NextOptions): Promise<RecordedRequest>;
  /**
   * The requests of that method and path that have arrived: one or more, or exactly `times`. Else
   * throws an Error that says what came instead, the nearest first. It also throws when requests
   * were dropped.
   */
  expect(method: string, path: string, options?: ExpectOptions): readonly RecordedRequest[];
  /** Empties `requests`, and forgets that any of them was dropped. */
  reset(): void;
}

/** The recorder of a server. Its code is loaded only by one that has it. */
export async function openRecorder(
  { record }: CompleteOptions,
  limits: () => RecorderLimits,
  scheduler: Scheduler,
): Promise<RequestRecorder | undefined> {
  if (!record) return undefined;
  const { RequestRecorder: Recorder } = await import("./recording/request-recorder.ts");
  return new Recorder(limits, () => scheduler.alarm());
}

function refuse(): never {
  throw new TypeError("the option record is false");
}

/** What a test asks of `recorder`. Without one there are no requests, and asking is an error. */
export function recordingOf(recorder: RequestRecorder | undefined): Recording {
  if (recorder !== undefined) {
    const { requests, next, expect, reset } = recorder;
    return { requests, next, expect, reset };
  }
  return { requests: [], next: refuse, expect: refuse, reset: () => undefined };
}

/**
 * Writes an error that a program or the server has thrown, with where it comes from, and `request`
 * if it was thrown by answering one.
 */
function toStandardError(error: unknown, request?: Request): void {
  // That has been said.
  if (isLostPart(error)) return;
  let text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (request !== undefined) {
    const module =
      require("./logging/failure-text.ts") as typeof import("./logging/failure-text.ts");
    text = module.failureText(error, request);
  }
  void standardError.write(`${text}\n`);
}

/** Is told of errors, and of the request if answering it has thrown one. */
type Failed = (error: unknown, request?: Request) => void;

/** What counts for the metrics. */
interface Counter {
  readonly observer: Observer | undefined;
  /** `failed`, with its calls counted. */
  counting(failed: Failed): Failed;
}

/** The observers of a server, and its log, which a reload replaces. */
export class Reporting {
  readonly observers: Observers;
  readonly failed: Failed;
  readonly #makeLog: (format: LogFormat) => AccessLog;
  /** It stays when the log is replaced. */
  readonly #recorder: RequestRecorder | undefined;
  readonly #operations: Counter | undefined;
  readonly #isTerminal: () => boolean;
  #log: AccessLog;

  constructor(
    { write, onError, log, isTerminal }: CompleteOptions,
    limits: Limits,
    recorder: RequestRecorder | undefined,
    clock: Clock,
    scheduler: Scheduler,
    operations: Counter | undefined,
  ) {
    const out = guarded(write ?? new LogOutput(limits, scheduler.alarm()).write);
    const failed = onError === undefined ? toStandardError : guarded(onError);
    this.failed = operations?.counting(failed) ?? failed;
    this.observers = new Observers(this.failed);
    this.#recorder = recorder;
    this.#operations = operations;
    this.#isTerminal = once(isTerminal ?? (() => false));
    this.#makeLog = (format) => new AccessLog(format, out, () => clock.epochMs(), scheduler);
    this.#log = this.#begin(log);
  }

  #begin(format: LogFormat): AccessLog {
    const log = this.#makeLog(format);
    const all = [log.isOff ? undefined : log, this.#recorder, this.#operations?.observer];
    this.observers.set(all);
    return log;
  }

  /** Whether the log shows names that are similar to a missing one: to a person who is watching. */
  get logsNearNames(): boolean {
    return this.#log.showsNotes && this.#isTerminal();
  }

  /** Logs as `format` says from now on. */
  reload(format: LogFormat): void {
    this.#log.flush();
    this.#log = this.#begin(format);
  }

  /** The server has stopped: writes what has been logged, and ends all waiting for requests. */
  finish({ wiretap }: CompleteOptions): void {
    this.#log.flush();
    this.#recorder?.close();
    wiretap?.ended();
  }
}
