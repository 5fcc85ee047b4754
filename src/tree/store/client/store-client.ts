/**
 * Sends requests to an object store: signed, with a deadline for each attempt and for all of them,
 * a few attempts with random pauses between them, and a circuit that opens.
 *
 * A request is repeated after no connection, no answer in time, a broken answer, 429 and 5xx. GET
 * and HEAD may be (RFC 9110 §9.2.2), and who writes has made sure of it: that a repeated request
 * does what the first one may have done already. Other answers are for the caller, or are final
 * failures: 401 and 403 mean that the credentials are wrong, or may not list the bucket, without
 * which a store doesn't say that an object is missing.
 *
 * An optional question is one whose answer can be done without. It has one attempt and a short
 * deadline, and its failures count in a circuit of their own: they say nothing of what has to be
 * there, and while they fail no answer waits for them.
 *
 * A store that takes connections and answers nothing is known after `storeSilenceTimeMs`, and once
 * more that for a probe; the requests that wait for it fail then, all at one time (see
 * `store-circuit.ts`). A probe, and an attempt after one that had no answer, have connections of
 * their own: a connection that was kept may be dead without the store's knowledge.
 *
 * Requests that write have slots of their own, so that uploads don't keep readers waiting, and
 * more time: a store takes a part as fast as the line is, and completes a large object in minutes.
 *
 * It is `fetch` that speaks HTTP here. The proxy's own client (`server/`) keeps spelling and order
 * of fields and passes on interim answers, which no store needs; a tree may not import it; and
 * `fetch` brings TLS with connections that are kept, back-pressure on bodies, and pure octets when
 * told not to decode.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Milliseconds } from "../../../base/units.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { Alarm, Scheduler } from "../../../schedule/scheduler.ts";
import { latin1Text } from "../../../http/octets/bytes.ts";
import { RequestSlots } from "./request-slots.ts";
import { encodeKey, encodeQuery, Signer } from "./signature.ts";
import { StoreCircuit } from "./store-circuit.ts";
import type { ProbeOutcome } from "./store-probe.ts";
import { StoreProbe } from "./store-probe.ts";
import type { StoreCounts } from "./store-counts.ts";
import { outcomeOf } from "./store-counts.ts";
import type { StoreSource } from "./store-source.ts";
import { standardError } from "../../../system/standard-streams.ts";

/** What is asked of a store. */
export interface StoreRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** The key of an object; "" for the bucket. */
  readonly key: string;
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly fields?: Readonly<Record<string, string>>;
  /** Whether the answer can be done without. */
  readonly isOptional?: boolean;
  /** What is sent. It must not change until the request has ended. */
  readonly content?: StoreContent;
  /** Whether it is sent on a connection of its own. */
  readonly isAnew?: boolean;
  /** Further statuses that are answers to this request, for `read` to tell what they mean. */
  readonly answers?: ReadonlySet<number>;
}

/** The content of a request. */
export interface StoreContent {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** Its SHA-256, in hexadecimal. */
  readonly digest: string;
}

/** Why a store has no answer, as a gateway says it to a client (RFC 9110 §15.6.3 to §15.6.5). */
export class StoreFailure {
  readonly status: 502 | 503 | 504;
  /** For the log. */
  readonly reason: string;
  readonly retryAfterSeconds: number;

  constructor(status: 502 | 503 | 504, reason: string, retryAfterSeconds = 1) {
    this.status = status;
    this.reason = reason;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What bounds requests to a store. */
type ClientLimits = Pick<
  Limits,
  | "storeRequestsMax"
  | "storeWritesMax"
  | "storeWriteTimeMs"
  | "uploadDiskTimeMs"
  | "storeQueueMax"
  | "storeTriesMax"
  | "storeResponseTimeMs"
  | "storeSilenceTimeMs"
  | "storeTimeMs"
  | "storeOptionalTimeMs"
  | "storeFailuresMax"
  | "storeOpenTimeMs"
>;

/** What a client of a store needs. */
interface ClientSurroundings {
  /** Undefined where nothing is counted. */
  readonly counts?: StoreCounts | undefined;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
}

/**
 * A failure, and whether it may be gone at another attempt: at once, or when the circuit lets one
 * through ("later").
 */
interface AttemptFailure {
  readonly failure: StoreFailure;
  readonly isPassing: boolean | "later";
}

/** The statuses that are answers. */
const answerStatuses: ReadonlySet<number> = new Set([200, 206, 304, 404, 412, 416]);

/** Those that say that an object is there. */
const thereStatuses: ReadonlySet<number> = new Set([200, 206, 304]);

/** The first pause is up to this long, each further one up to twice as long. */
const pauseMs = 50;

/** The longest `Retry-After` of a store that is passed on, in seconds. */
const retryAfterSecondsMax = 60;

/** How much of an answer that refuses is read, for its code. */
const refusalBytesMax = 4096;

/** How much of the answer to a probe is read. A list of one key takes less. */
const probeBytesMax = 64 * 1024;

/** Sends the requests of one tree. */
export class StoreClient {
  /** Undefined where nothing is counted. */
  readonly #counts: StoreCounts | undefined;
  readonly #source: StoreSource;
  readonly #limits: ClientLimits;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #signer: Signer | undefined;
  readonly #circuit: StoreCircuit;
  /** That of optional questions. */
  readonly #optional: StoreCircuit;
  readonly #probe: StoreProbe;
  readonly #slots: RequestSlots;
  readonly #writeSlots: RequestSlots;
  readonly #host: string;

  constructor(source: StoreSource, limits: ClientLimits, surroundings: ClientSurroundings) {
    const { clock, scheduler, counts } = surroundings;
    this.#counts = counts;
    this.#source = source;
    this.#limits = limits;
    this.#clock = clock;
    this.#scheduler = scheduler;
    const { credentials, region, origin, prefix } = source;
    this.#signer = credentials === undefined ? undefined : new Signer(credentials, region);
    this.#probe = new StoreProbe(async (request) => await this.#askOnce(request), prefix);
    const look = async (): Promise<ProbeOutcome> => await this.#probe.look();
    this.#circuit = new StoreCircuit(limits, clock, look, (isOpen) => this.#say(isOpen));
    // What is optional may be missing everywhere, so nothing is known to be there.
    this.#optional = new StoreCircuit(limits, clock, () => Promise.resolve("failed"));
    this.#slots = new RequestSlots(limits.storeRequestsMax, limits.storeQueueMax);
    this.#writeSlots = new RequestSlots(limits.storeWritesMax, limits.storeQueueMax);
    this.#host = new URL(origin).host;
  }

  /** Tells the operator, on standard error, that the store fails, or that it doesn't any more. */
  #say(isFailing: boolean): void {
    const trialS = this.#limits.storeOpenTimeMs / 1000;
    const what = isFailing
      ? `fails as a whole, and is asked nothing but once in ${trialS} s`
      : "answers again";
    void standardError.write(`postern: ${this.#source.shown}: the object store ${what}\n`);
  }

  /** Whether nothing is asked of the store for a while, because it has failed too often. */
  get isHeld(): boolean {
    return this.#circuit.isOpen;
  }

  /**
   * For how long the store has let a request wait without answering any other, in milliseconds;
   * Infinity while it isn't asked.
   */
  silentMs(): number {
    return this.#circuit.silentMs();
  }

  /**
   * What `read` makes of the answer to `request`; the body has to be read or cancelled there. It is
   * called again for another attempt when it throws. Never rejects.
   */
  async ask<Read>(
    request: StoreRequest,
    read: (answer: Response) => Promise<Read>,
  ): Promise<Read | StoreFailure> {
    const { storeTriesMax } = this.#limits;
    const { isOptional = false } = request;
    const slots = isWriting(request) ? this.#writeSlots : this.#slots;
    const ending = new AbortController();
    const alarm = this.#scheduler.alarm();
    alarm.set(this.#timeMsFor(request), () => ending.abort());
    let failure = new StoreFailure(503, "too many requests wait for the object store");
    try {
      if (!(await slots.take(ending.signal))) return ending.signal.aborted ? late() : failure;
      try {
        for (let tries = 1; ; tries++) {
          const isAnew = tries > 1 && failure.status === 504;
          const sent = isAnew ? { ...request, isAnew } : request;
          const attempt = await this.#attempt(sent, ending.signal, read);
          if (!(attempt !== null && typeof attempt === "object" && "isPassing" in attempt)) {
            return attempt;
          }
          ({ failure } = attempt);
          const isLast = isOptional || tries >= storeTriesMax || this.#circuit.isInDoubt;
          if (attempt.isPassing !== true || isLast || ending.signal.aborted) return failure;
          await this.pause(tries);
        }
      } finally {
        slots.give();
      }
    } finally {
      alarm.clear();
    }
  }

  /**
   * Waits before another attempt, after `tries` of them; while the circuit is open, until it lets
   * one through.
   */
  async pause(tries: number): Promise<void> {
    if (this.#counts !== undefined) this.#counts.retries++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const heldMs = this.#circuit.heldMs();
    this.#scheduler.alarm().set(heldMs + Math.random() * pauseMs * 2 ** tries, resolve);
    await promise;
  }

  /**
   * The answer to `request`, whose body is still to be read, or why there is none; one attempt.
   * Aborting `ending` ends it, and its body.
   */
  async begin(request: StoreRequest, ending: AbortController): Promise<Response | AttemptFailure> {
    const waitMs = this.#waitMs(request);
    if (waitMs > 0) {
      this.#counts?.ended("held");
      const reason = "the object store has failed too often, and isn't asked for a while";
      return passing(new StoreFailure(503, reason, Math.ceil(waitMs / 1000)), "later");
    }
    const alarm = this.#scheduler.alarm();
    let failure = late();
    const end = (): void => ending.abort();
    const isCounted = !isWriting(request) && request.isOptional !== true;
    const waiting = isCounted
      ? this.#circuit.sent(() => {
          failure = silent();
          end();
        })
      : undefined;
    if (waiting === undefined) alarm.set(this.#attemptMsFor(request), end);
    else this.#watch(alarm, end);
    try {
      const answer = await this.#send(request, ending.signal);
      if (answerStatuses.has(answer.status) || request.answers?.has(answer.status) === true) {
        this.#succeeded(request, answer.status);
        this.#counts?.ended(outcomeOf(answer.status));
        return answer;
      }
      return await this.#refused(request, answer);
    } catch (error) {
      this.#failed(request);
      this.#counts?.ended(ending.signal.aborted ? "late" : "unreachable");
      return ending.signal.aborted
        ? passing(failure)
        : passing(new StoreFailure(502, `the object store can't be reached: ${codeOf(error)}`));
    } finally {
      alarm.clear();
      if (waiting !== undefined) this.#circuit.ended(waiting);
    }
  }

  /** Ends an attempt that takes too long, and tells the circuit meanwhile that it waits. */
  #watch(alarm: Alarm, end: () => void): void {
    const { storeResponseTimeMs, storeSilenceTimeMs } = this.#limits;
    const circuit = this.#circuit;
    let restMs: number = storeResponseTimeMs;
    const wait = (): void => {
      const { successes } = circuit;
      const nextMs = Math.min(restMs, storeSilenceTimeMs);
      restMs -= nextMs;
      alarm.set(nextMs, () => {
        if (restMs === 0) {
          end();
          return;
        }
        circuit.waits(successes);
        wait();
      });
    };
    wait();
  }

  #attemptMsFor(request: StoreRequest): Milliseconds {
    const { storeResponseTimeMs, storeWriteTimeMs } = this.#limits;
    return isWriting(request) ? storeWriteTimeMs : storeResponseTimeMs;
  }

  /** Counts `octets` of an answer, which its reader has read. */
  received(octets: number): void {
    if (this.#counts !== undefined) this.#counts.receivedBytes += octets;
  }

  /** Counts an answer to `request` that broke off. */
  broken(request: Pick<StoreRequest, "isOptional"> = {}): void {
    if (this.#counts !== undefined) this.#counts.broken++;
    this.#failed(request);
  }

  #failed({ isOptional = false }: Pick<StoreRequest, "isOptional">): void {
    (isOptional ? this.#optional : this.#circuit).failed();
  }

  #succeeded({ key, isOptional = false }: StoreRequest, status: number): void {
    if (isOptional) this.#optional.succeeded();
    this.#circuit.succeeded();
    if (key !== "" && thereStatuses.has(status)) this.#probe.saw(key);
  }

  /** How long `request` must not be sent, in milliseconds; 0 when it may. */
  #waitMs({ isOptional = false }: StoreRequest): number {
    if (!isOptional) return this.#circuit.waitMs();
    return this.#circuit.heldMs() || this.#optional.waitMs();
  }

  /** The answer to a probe, which no circuit holds back or counts; or why there is none. */
  async #askOnce(
    request: StoreRequest,
  ): Promise<{ readonly isOk: boolean; readonly content: Uint8Array } | "failed" | "silent"> {
    const ending = new AbortController();
    const alarm = this.#scheduler.alarm();
    alarm.set(this.#limits.storeSilenceTimeMs, () => ending.abort());
    try {
      const answer = await this.#send({ ...request, isAnew: true }, ending.signal);
      this.#counts?.ended(outcomeOf(answer.status));
      const { content } = await readUpTo(answer, probeBytesMax);
      return isFailure(answer) ? "failed" : { isOk: answer.ok, content };
    } catch {
      return ending.signal.aborted ? "silent" : "failed";
    } finally {
      alarm.clear();
    }
  }

  /** How long `request` may take with all attempts. */
  #timeMsFor(request: StoreRequest): Milliseconds {
    const { storeTimeMs, storeOptionalTimeMs, uploadDiskTimeMs } = this.#limits;
    if (isWriting(request)) return uploadDiskTimeMs;
    return request.isOptional === true ? storeOptionalTimeMs : storeTimeMs;
  }

  /** One attempt of `ask`. */
  async #attempt<Read>(
    request: StoreRequest,
    ended: AbortSignal,
    read: (answer: Response) => Promise<Read>,
  ): Promise<Read | AttemptFailure> {
    const ending = new AbortController();
    const end = (): void => ending.abort();
    ended.addEventListener("abort", end);
    try {
      const answer = await this.begin(request, ending);
      if (!(answer instanceof Response)) return answer;
      return await read(answer);
    } catch (error) {
      this.broken(request);
      return ending.signal.aborted
        ? passing(late())
        : passing(new StoreFailure(502, `the object store's answer broke off: ${codeOf(error)}`));
    } finally {
      ended.removeEventListener("abort", end);
    }
  }

  async #send(
    { method, key, query = [], fields = {}, content, isAnew = false }: StoreRequest,
    signal: AbortSignal,
  ): Promise<Response> {
    const { origin, bucketPath } = this.#source;
    const path = encodeKey(`${bucketPath}/${key}`);
    const amazon = Object.entries(fields).filter(([name]) => mustBeSigned(name));
    const signed = {
      method,
      host: this.#host,
      path,
      query,
      fields: Object.fromEntries(amazon),
      digest: content?.digest,
    };
    const search = query.length === 0 ? "" : `?${encodeQuery(query)}`;
    return await fetch(origin + path + search, {
      method,
      headers: {
        ...fields,
        "accept-encoding": "identity",
        ...this.#signer?.sign(signed, this.#clock.epochMs()),
      },
      ...(content === undefined ? {} : { body: content.octets }),
      redirect: "manual",
      decompress: false,
      keepalive: !isAnew,
      signal,
    });
  }

  /** What `answer` means, which is none that was asked for. */
  async #refused(request: StoreRequest, answer: Response): Promise<AttemptFailure> {
    const { status, headers } = answer;
    const isPassing = isFailure(answer);
    if (isPassing) this.#failed(request);
    else this.#succeeded(request, status);
    const code = await refusalCode(answer);
    this.#counts?.ended(outcomeOf(status));
    const shown = code === undefined ? `${status}` : `${status} ${code}`;
    const seconds = Number(headers.get("retry-after") ?? "1");
    const isBusy = status === 429 || status === 503;
    return passing(
      new StoreFailure(
        isBusy ? 503 : status === 504 ? 504 : 502,
        `the object store answered ${shown}`,
        Number.isSafeInteger(seconds) ? Math.min(Math.max(seconds, 1), retryAfterSecondsMax) : 1,
      ),
      isPassing,
    );
  }
}

/** Whether the store says that it fails, or that it is asked too often. */
function isFailure({ status }: Response): boolean {
  return status === 429 || status >= 500;
}

function late(): StoreFailure {
  return new StoreFailure(504, "the object store did not answer in time");
}

function silent(): StoreFailure {
  return new StoreFailure(504, "the object store is silent, and isn't asked for a while");
}

function passing(
  failure: StoreFailure,
  isPassing: AttemptFailure["isPassing"] = true,
): AttemptFailure {
  return { failure, isPassing };
}

/** Whether `request` changes what the store has. */
function isWriting({ method }: StoreRequest): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Whether the field `name`, in lower case, counts in a signature. */
function mustBeSigned(name: string): boolean {
  return name.startsWith("x-amz-") || name === "content-type";
}

/** The code in an error document of S3, "SlowDown"; undefined if there is none. */
async function refusalCode(answer: Response): Promise<string | undefined> {
  const octets = await readUpTo(answer, refusalBytesMax);
  return /<Code>(\w{1,64})<\/Code>/.exec(latin1Text(octets.content))?.[1];
}

/** The code of what `fetch` has thrown, "ConnectionRefused". */
function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  return typeof code === "string" && code !== "" ? code : String(name);
}

/**
 * The body of `answer` up to `bytesMax`, and whether that is all of it; the rest is cancelled.
 * Throws when the body breaks off.
 */
export async function readUpTo(
  answer: Response,
  bytesMax: number,
): Promise<{ readonly content: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }> {
  const reader = (answer.body ?? new Blob([]).stream()).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= bytesMax) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const isWhole = length <= bytesMax;
  if (!isWhole) await reader.cancel();
  const content = new Uint8Array(Math.min(length, bytesMax));
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, content.length - at);
    content.set(part, at);
    at += part.length;
  }
  return { content, isWhole };
}
