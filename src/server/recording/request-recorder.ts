/**
 * The record of requests: the observer behind `server.requests`, and what a test asks of it. It
 * reads nothing by itself: of a body it keeps what the connection reads anyway, for a handler or to
 * throw it away.
 *
 * It is bounded by count and bytes. What was dropped may be what a test expects or waits for, so
 * both fail from then on until the record is begun anew.
 */

import type { Limits } from "../../base/limits.ts";
import type { Response } from "../../http/message/response.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import type { ExchangeReport, Observer } from "../../site/observer.ts";
import type { Request } from "../../site/request.ts";
import { IncomingBody } from "../connection/request-body.ts";
import { arrivalsText } from "./arrivals-text.ts";
import type { RecordedRequest } from "./recorded-request.ts";
import { RequestRecord } from "./recorded-request.ts";
import type { RequestFilter } from "./request-filter.ts";
import { ReadFilter } from "./request-filter.ts";
import { ThrownError } from "./thrown-error.ts";

/** Which request `next` waits for, and how long. */
export interface NextOptions extends RequestFilter {
  /** In milliseconds; by default `limits.requestWaitTimeMs`. */
  readonly within?: number;
}

/** How many requests are expected, and which. */
export interface ExpectOptions extends Pick<RequestFilter, "where"> {
  /** Exactly as many; without it one or more. */
  readonly times?: number;
}

/** The limits of a recorder. */
export type RecorderLimits = Pick<
  Limits,
  "requestsKeptMax" | "requestsKeptBytesMax" | "requestBodyKeptBytesMax" | "requestWaitTimeMs"
>;

/** A call of `next` that waits. */
interface Waiter {
  readonly wanted: ReadFilter;
  readonly alarm: Alarm;
  readonly resolve: (request: RecordedRequest) => void;
  readonly reject: (message: string) => void;
}

/** The longest span that a timer keeps, in milliseconds. */
const timerMsMax = 2 ** 31 - 1;

const noop = (): void => undefined;

/**
 * The filter that `wanted` is, which was given with the keys of `given`. An error when a key isn't
 * `known`, which would be taken for left out, and when no request can match.
 */
function readFilter(
  given: object,
  known: readonly string[],
  wanted: RequestFilter,
): ReadFilter | TypeError {
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    return new TypeError(`no key ${unknown}: there are ${known.join(", ")}`);
  }
  try {
    return new ReadFilter(wanted);
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}

/** The requests of one server, in the order in which they arrived. */
export class RequestRecorder implements Observer {
  readonly #records: RequestRecord[] = [];
  readonly #limits: () => RecorderLimits;
  readonly #makeAlarm: () => Alarm;
  /** Those that aren't over, by the request. */
  readonly #open = new Map<Request, RequestRecord>();
  /** The numbers of connections. */
  readonly #connections = new WeakMap<object, number>();
  /** The records that `next` has given out. */
  #given = new WeakSet<RequestRecord>();
  readonly #waiters = new Set<Waiter>();
  #connectionCount = 0;
  #bytes = 0;
  #dropped = 0;

  /** `limits` is called each time, since a reload may change them. */
  constructor(limits: () => RecorderLimits, makeAlarm: () => Alarm) {
    this.#limits = limits;
    this.#makeAlarm = makeAlarm;
  }

  /** What is kept: one array for as long as the server lives. */
  get requests(): readonly RecordedRequest[] {
    return this.#records;
  }

  /** A request has arrived: from now on it is in the list. */
  began(request: Request): void {
    const { head, remoteAddress, receivedMs, body } = request;
    const connection = this.#numberOf(request.connection ?? request);
    const record = new RequestRecord(
      { head, remoteAddress, receivedMs, connection },
      this.#limits().requestBodyKeptBytesMax,
      (bytes) => this.#add(bytes),
    );
    if (head.hasContent && body instanceof IncomingBody) body.tap = record;
    if (head.opensWebSocket) request.tookMessage = (message) => record.tookMessage(message);
    this.#open.set(request, record);
    this.#records.push(record);
    this.#add(record.bytes);
  }

  answered(request: Request, { status, note }: Response): void {
    const record = this.#open.get(request);
    if (record === undefined) return;
    record.status = status;
    record.faults = note?.faults ?? [];
  }

  /** A request is over. A malformed head is none, and isn't in the list. */
  ended({ request, response, octets, durationMs, whole }: ExchangeReport): void {
    const record = request === undefined ? undefined : this.#open.get(request);
    if (request === undefined || record === undefined) return;
    this.#open.delete(request);
    record.status = response?.status;
    record.sentOctets = octets;
    record.durationMs = durationMs;
    record.aborted = !whole;
    for (const waiter of this.#waiters) {
      if (!this.#fits(waiter.wanted, record)) continue;
      this.#settle(waiter);
      this.#given.add(record);
      waiter.resolve(record);
      return;
    }
  }

  /** The number of the connection `key`. */
  #numberOf(key: object): number {
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    this.#connections.set(key, ++this.#connectionCount);
    return this.#connectionCount;
  }

  /** The records cost `bytes` more: drops the oldest beyond the limits. */
  #add(bytes: number): void {
    this.#bytes += bytes;
    const { requestsKeptMax, requestsKeptBytesMax } = this.#limits();
    while (this.#records.length > requestsKeptMax || this.#bytes > requestsKeptBytesMax) {
      const oldest = this.#records.shift();
      if (oldest === undefined) return;
      this.#bytes -= oldest.bytes;
      oldest.drop();
      this.#dropped++;
    }
    if (this.#dropped > 0) this.#failAll(this.#loss());
  }

  #fits(wanted: ReadFilter, record: RequestRecord): boolean {
    return record.isOver && !this.#given.has(record) && wanted.fit(record) === "fits";
  }

  /** Why nothing can be said of what arrived; "" when all of it is kept. */
  #loss(): string {
    if (this.#dropped === 0) return "";
    const { requestsKeptMax, requestsKeptBytesMax } = this.#limits();
    const bounds = `${requestsKeptMax} requests and ${requestsKeptBytesMax} bytes are kept`;
    const limits = "limits.requestsKeptMax, limits.requestsKeptBytesMax";
    const dropped = `${this.#dropped} requests were dropped, the oldest: at most ${bounds}`;
    return `${dropped} (${limits}). Raise them, or call server.reset() between the parts of a test`;
  }

  #settle(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.alarm.clear();
  }

  #failAll(message: string): void {
    for (const waiter of this.#waiters) {
      this.#settle(waiter);
      waiter.reject(message);
    }
  }

  /**
   * The first request that fits, is over, and wasn't given out before; waits for it if need be. See
   * `Server.next`.
   */
  readonly next = (options: NextOptions = {}): Promise<RecordedRequest> => {
    const { requestWaitTimeMs, requestsKeptMax } = this.#limits();
    const { within = requestWaitTimeMs } = options;
    const wanted = readFilter(options, ["method", "path", "where", "within"], options);
    if (wanted instanceof TypeError) return new ThrownError(wanted).atCall();
    if (!(within >= 0 && within <= timerMsMax)) {
      const what = `within must be from 0 to ${timerMsMax} milliseconds, not ${within}`;
      return new ThrownError(new TypeError(what)).atCall();
    }
    // Made here, so that the stack leads to the test that waits.
    const error = new Error(`waited for ${wanted.text}`);
    Error.captureStackTrace(error, this.next);
    const promise = new Promise<RecordedRequest>((resolve, reject) => {
      const fail = (message: string): void => {
        error.message += `: ${message}`;
        reject(error);
      };
      const found = this.#records.find((record) => this.#fits(wanted, record));
      const loss = this.#loss();
      if (loss !== "") return fail(loss);
      if (found !== undefined) {
        this.#given.add(found);
        return resolve(found);
      }
      if (this.#waiters.size >= Math.max(requestsKeptMax, 1)) {
        return fail(`${this.#waiters.size} others wait already (limits.requestsKeptMax)`);
      }
      const waiter: Waiter = { wanted, alarm: this.#makeAlarm(), resolve, reject: fail };
      this.#waiters.add(waiter);
      waiter.alarm.set(Math.max(within, 1), () => {
        this.#waiters.delete(waiter);
        fail(`none in ${within} ms. ${arrivalsText(this.#others(), wanted)}`);
      });
    });
    promise.catch(noop);
    return promise;
  };

  /** The records that `next` has not given out. */
  #others(): readonly RequestRecord[] {
    return this.#records.filter((record) => !this.#given.has(record));
  }

  /** The requests that came, or throws an Error that says what came. See `Server.expect`. */
  readonly expect = (
    method: string,
    path: string,
    options: ExpectOptions = {},
  ): readonly RecordedRequest[] => {
    const found = this.#find(method, path, options);
    return found instanceof Error ? new ThrownError(found).atCall() : found;
  };

  #find(method: string, path: string, options: ExpectOptions): readonly RecordedRequest[] | Error {
    const { times } = options;
    const where = options.where === undefined ? {} : { where: options.where };
    const wanted = readFilter(options, ["times", "where"], { method, path, ...where });
    if (wanted instanceof TypeError) return wanted;
    const fitting = this.#records.filter((record) => wanted.fit(record) === "fits");
    const loss = this.#loss();
    const isMet = times === undefined ? fitting.length > 0 : fitting.length === times;
    if (loss === "" && isMet) return fitting;
    const often = times === undefined ? "" : `${times} × `;
    const came = fitting.length === 0 ? "none" : String(fitting.length);
    const what = `expected ${often}${wanted.text}`;
    const why = loss === "" ? `${came} came. ${arrivalsText(this.#records, wanted)}` : loss;
    return new Error(`${what}: ${why}`);
  }

  /** Forgets what came, and that any of it was dropped. Requests in progress are forgotten, too. */
  readonly reset = (): void => {
    for (const record of this.#records) record.drop();
    this.#records.length = 0;
    this.#open.clear();
    this.#given = new WeakSet();
    this.#bytes = 0;
    this.#dropped = 0;
  };

  /** Ends all waiting: the server has stopped. */
  close(): void {
    this.#failAll("the server has stopped");
  }
}
