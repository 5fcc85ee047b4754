/**
 * Compresses octets with node:zlib on a worker thread, because even loading node:zlib blocks the
 * event loop for milliseconds. The process has one such thread. It starts with the first job, ends
 * when it has been idle for `codingIdleTimeMs`, and doesn't keep the process alive. Buffers are
 * transferred to the thread and back, not copied.
 *
 * If the thread can't start, as in a bundle without the worker's program, node:zlib is loaded on
 * the main thread. When a thread dies, its open jobs fail; the next job starts another thread.
 */

import type { Limits } from "../../base/limits.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import type { Alarm, Scheduler } from "../../schedule/scheduler.ts";
import type { ZlibCoding } from "./zlib-encoding.ts";

/** A message to the thread: octets to compress. */
export interface ZlibJob {
  readonly id: number;
  readonly coding: ZlibCoding;
  readonly octets: Uint8Array;
}

/** A message from the thread. */
export type ZlibMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "made"; readonly id: number; readonly octets: Uint8Array }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string };

/** How long a job may take, and how long an idle thread is kept. */
export type ZlibTimes = Pick<Limits, "handlerTimeMs" | "codingIdleTimeMs">;

/** One thread, from its start to its end. */
class ZlibThread {
  readonly #scheduler: Scheduler;
  readonly #idleAlarm: Alarm;
  readonly #worker: Worker;
  readonly #started = Promise.withResolvers<boolean>();
  readonly #answers = new Map<number, PromiseWithResolvers<Uint8Array>>();
  #state: "taking jobs" | "finishing" | "over" = "taking jobs";
  #jobs = 0;
  #jobsOpen = 0;

  constructor(program: URL, scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#idleAlarm = scheduler.alarm();
    this.#worker = new Worker(program, { ref: false });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<ZlibMessage>) => {
      this.#receive(data);
    });
    this.#worker.addEventListener("error", (event) => event.preventDefault());
    this.#worker.addEventListener("close", () => this.#end());
  }

  get takesJobs(): boolean {
    return this.#state === "taking jobs";
  }

  /** "unstarted" when the thread can't run. `octets` have not been transferred then. */
  async encode(
    coding: ZlibCoding,
    octets: Uint8Array<ArrayBuffer>,
    { handlerTimeMs, codingIdleTimeMs }: ZlibTimes,
  ): Promise<Uint8Array | "unstarted"> {
    this.#idleAlarm.clear();
    this.#jobsOpen++;
    const { promise: deadline, resolve: expire } = Promise.withResolvers<"late">();
    const alarm = this.#scheduler.alarm();
    alarm.set(handlerTimeMs, () => expire("late"));
    try {
      const started = await Promise.race([this.#started.promise, deadline]);
      if (started !== true) return "unstarted";
      const made = await Promise.race([this.#job(coding, octets), deadline]);
      if (made !== "late") return made;
      // The thread may hang. It gets no more jobs, but open ones with later deadlines may still
      // finish.
      this.#state = "finishing";
      throw new Error("compressing took too long");
    } finally {
      alarm.clear();
      this.#jobsOpen--;
      if (this.#jobsOpen === 0) this.#idle(codingIdleTimeMs);
    }
  }

  #job(coding: ZlibCoding, octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const id = ++this.#jobs;
    const answer = Promise.withResolvers<Uint8Array>();
    this.#answers.set(id, answer);
    this.#worker.postMessage({ id, coding, octets } satisfies ZlibJob, [octets.buffer]);
    return answer.promise;
  }

  #receive(message: ZlibMessage): void {
    if (message.kind === "ready") {
      this.#started.resolve(true);
      return;
    }
    const answer = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    if (message.kind === "made") answer?.resolve(message.octets);
    else answer?.reject(new Error(message.reason));
  }

  /** No job is open: the thread ends, at once or when it has been idle for `timeMs`. */
  #idle(timeMs: number): void {
    if (this.#state === "finishing") this.#end();
    if (this.#state === "over") return;
    this.#idleAlarm.set(timeMs, () => this.#end());
  }

  #end(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#worker.terminate();
    this.#started.resolve(false);
    const error = new Error("the thread that compresses has ended");
    for (const { reject } of this.#answers.values()) reject(error);
  }
}

/** Compresses on a thread that runs a given program. */
export class ZlibEncoder {
  readonly #program: URL;
  readonly #scheduler: Scheduler;
  #thread: ZlibThread | undefined;
  /**
   * Whether a thread could not start. No other is tried: it would fail likewise, and the main
   * thread has loaded node:zlib by then.
   */
  #isAlone = false;

  constructor(program: URL, scheduler: Scheduler) {
    this.#program = program;
    this.#scheduler = scheduler;
  }

  /**
   * Compresses `octets`, which must be all of their buffer; the buffer is transferred. Rejects when
   * the thread dies meanwhile, or takes longer than `handlerTimeMs`.
   */
  async encode(
    coding: ZlibCoding,
    octets: Uint8Array<ArrayBuffer>,
    times: ZlibTimes,
  ): Promise<Uint8Array> {
    if (!this.#isAlone) {
      if (this.#thread?.takesJobs !== true) {
        this.#thread = new ZlibThread(this.#program, this.#scheduler);
      }
      const made = await this.#thread.encode(coding, octets, times);
      if (made !== "unstarted") return made;
      this.#isAlone = true;
    }
    const { encodeWithZlib } = await import("./zlib-encoding.ts");
    return encodeWithZlib(coding, octets);
  }
}

/**
 * The encoder of the process. Its thread can outlive the server whose job started it, so it has its
 * own scheduler.
 */
export const zlibEncoder = new ZlibEncoder(
  new URL("./zlib-worker.ts", import.meta.url),
  new EventLoop(),
);
