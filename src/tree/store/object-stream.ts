/**
 * The octets of a large object while they are sent: one request for the range, whose body is pulled
 * as fast as the client reads. When the store's connection breaks, the rest is asked for under the
 * same version (If-Match), and whatever a store makes of that condition, an answer about another
 * version breaks the response off.
 *
 * Streams share a number of connections. A client that has paused for longest loses the one it has
 * when another stream needs it, and gets another one when it reads on.
 */

import type { Limits } from "../../base/limits.ts";
import { BrokenBody } from "../../http/message/response.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Alarm, Scheduler } from "../../schedule/scheduler.ts";
import { RequestSlots } from "./client/request-slots.ts";
import type { StoreClient } from "./client/store-client.ts";

/** What of an object is read: `from` is included, `end` is not. */
interface ObjectRange {
  readonly key: string;
  readonly etag: string;
  /** How many octets the whole object has. */
  readonly size: number;
  readonly from: number;
  readonly end: number;
}

/** What streams need. */
interface StreamParts {
  readonly client: StoreClient;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly limits: Pick<
    Limits,
    "storeStreamsMax" | "storeQueueMax" | "storeResponseTimeMs" | "storeStreamTimeMs"
  >;
}

/** After so many octets of one request a stream lets others have its connection, if some wait. */
const turnBytes = 4 * 1024 * 1024;

/** After so many failures in a row the pauses between attempts don't grow any more. */
const pauseGrowthMax = 4;

/** How often a stream that waits looks for a client that pauses. */
const lookMs = 250;

/** What reads a body, of the two kinds of readers that the runtime's types know. */
interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The body of one request. */
class Body {
  /** When its reader last waited for octets, on the monotonic clock. */
  usedMs: number;
  /** Whether its reader waits for octets now. */
  isAwaited = false;
  isEnded = false;
  /** Whether another stream has its connection now. */
  isGivenUp = false;
  octets = 0;
  readonly #reader: BodyReader;
  readonly #ending: AbortController;
  readonly #alarm: Alarm;
  readonly #ended: (body: Body) => void;

  constructor(
    answer: Response,
    ending: AbortController,
    alarm: Alarm,
    nowMs: number,
    ended: (body: Body) => void,
  ) {
    this.#reader = (answer.body ?? new Blob().stream()).getReader();
    this.#ending = ending;
    this.#alarm = alarm;
    this.#ended = ended;
    this.usedMs = nowMs;
  }

  /** The next octets; undefined at the end. Throws when they break off, or take too long. */
  async next(silenceMs: number, nowMs: number): Promise<Uint8Array | undefined> {
    this.isAwaited = true;
    this.usedMs = nowMs;
    this.#alarm.set(silenceMs, () => this.#ending.abort());
    try {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) return undefined;
      this.octets += value.length;
      return value;
    } finally {
      this.#alarm.clear();
      this.isAwaited = false;
    }
  }

  /** Ends it in favour of another stream. */
  giveUp(): void {
    this.isGivenUp = true;
    this.end();
  }

  /** Closes the connection, unless the body is over. May be called more than once. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#alarm.clear();
    this.#ending.abort();
    this.#reader.cancel().catch(() => undefined);
    this.#ended(this);
  }
}

/** The streams of one tree. */
export class ObjectStreams {
  /** Told of the key of an object that is not the one which is known any more. */
  changed: (key: string) => void = () => undefined;
  readonly #parts: StreamParts;
  readonly #slots: RequestSlots;
  readonly #bodies = new Set<Body>();

  constructor(parts: StreamParts) {
    this.#parts = parts;
    const { storeStreamsMax, storeQueueMax } = parts.limits;
    this.#slots = new RequestSlots(storeStreamsMax, storeQueueMax);
  }

  /** Connections that bodies are read from. */
  get open(): number {
    return this.#bodies.size;
  }

  /**
   * The octets of `range`. Throws a `BrokenBody` when the object is another one by now, or when the
   * store has failed for `storeStreamTimeMs` without an octet. That is longer than a few attempts
   * take, because a store's gateway that is restarted is away for seconds.
   */
  async *read(range: ObjectRange): AsyncGenerator<Uint8Array, void> {
    const { client, clock, limits } = this.#parts;
    /** When the first of the failures in a row was. */
    let failedMs: number | undefined;
    let at = range.from;
    for (let failures = 0; at < range.end;) {
      const body = await this.#open({ ...range, from: at });
      if (body instanceof Body) {
        try {
          for (let octets = await this.#next(body); octets !== undefined;) {
            failures = 0;
            failedMs = undefined;
            at += octets.length;
            if (at > range.end) throw new BrokenBody("the store sent more than it was asked for");
            yield octets;
            if (this.#isTurnOver(body)) body.giveUp();
            octets = body.isGivenUp ? undefined : await this.#next(body);
          }
        } finally {
          body.end();
        }
        if (at >= range.end) return;
        if (body.isGivenUp) continue;
      }
      const nowMs = clock.monotonicMs();
      failedMs ??= nowMs;
      if (nowMs - failedMs >= limits.storeStreamTimeMs) {
        throw new BrokenBody("the object store has failed for too long");
      }
      failures++;
      await client.pause(Math.min(failures, pauseGrowthMax));
    }
  }

  /** The next octets of `body`; undefined at its end, also when it breaks off. */
  async #next(body: Body): Promise<Uint8Array | undefined> {
    const { client, clock, limits } = this.#parts;
    try {
      const octets = await body.next(limits.storeResponseTimeMs, clock.monotonicMs());
      client.received(octets?.length ?? 0);
      return octets;
    } catch {
      if (!body.isEnded) client.broken();
      return undefined;
    }
  }

  /** Whether other streams wait for a connection, and this one has had its share. */
  #isTurnOver(body: Body): boolean {
    return this.#slots.waiting > 0 && body.octets >= turnBytes;
  }

  /**
   * The body of a request for `range`; undefined when the store has failed. Throws a `BrokenBody`
   * when the object is another one.
   */
  async #open(range: ObjectRange): Promise<Body | undefined> {
    const { client, clock, scheduler } = this.#parts;
    const ending = new AbortController();
    await this.#takeSlot(ending);
    const alarm = scheduler.alarm();
    try {
      const { key, etag, from, end } = range;
      const isStrong = !etag.startsWith("W/");
      const fields = {
        range: `bytes=${from}-${end - 1}`,
        ...(isStrong ? { "if-match": etag } : {}),
      };
      const answer = await client.begin({ method: "GET", key, fields }, ending);
      if (!(answer instanceof Response)) {
        this.#slots.give();
        if (answer.isPassing === false) throw new BrokenBody(answer.failure.reason);
        return undefined;
      }
      if (!isAnswerTo(range, answer)) {
        ending.abort();
        this.#slots.give();
        this.changed(key);
        throw new BrokenBody("the object has changed while it was sent");
      }
      const body = new Body(answer, ending, alarm, clock.monotonicMs(), (ended) => {
        if (this.#bodies.delete(ended)) this.#slots.give();
      });
      this.#bodies.add(body);
      return body;
    } finally {
      alarm.clear();
    }
  }

  /** Waits for a connection, which a client that pauses may lose for it. */
  async #takeSlot(ending: AbortController): Promise<void> {
    const { limits, scheduler } = this.#parts;
    const [deadline, looking] = [scheduler.alarm(), scheduler.alarm()];
    const look = (): void => {
      if (this.#bodies.size >= limits.storeStreamsMax) this.#longestPaused()?.giveUp();
      looking.set(lookMs, look);
    };
    deadline.set(limits.storeStreamTimeMs, () => ending.abort());
    look();
    try {
      if (!(await this.#slots.take(ending.signal))) throw new BrokenBody("too many streams");
    } finally {
      deadline.clear();
      looking.clear();
    }
  }

  /** The body whose client has paused for longest; undefined when none pauses. */
  #longestPaused(): Body | undefined {
    let longest: Body | undefined;
    for (const body of this.#bodies) {
      if (!body.isAwaited && body.usedMs < (longest?.usedMs ?? Infinity)) longest = body;
    }
    return longest;
  }
}

/** Whether `answer` has the octets of `range`, of the version that it names. */
function isAnswerTo({ etag, size, from, end }: ObjectRange, answer: Response): boolean {
  const { status, headers } = answer;
  if (headers.get("etag") !== etag) return false;
  if (status === 206) return headers.get("content-range") === `bytes ${from}-${end - 1}/${size}`;
  // RFC 9110 §14.2: Range may be ignored.
  return status === 200 && from === 0 && end === size;
}
