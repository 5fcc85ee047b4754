/**
 * Codes octets with node:zlib and never holds up the event loop, not even while that is loaded: a
 * thread does it. There is one for the whole process. It starts with the first order, ends when it
 * has had none for a while, and keeps no process alive. Octets go there and come back without being
 * copied.
 *
 * Where the thread can't start, in a bundle that has left its program out, say, node:zlib is loaded
 * here after all. A thread that dies takes its orders with it; the next order starts another.
 */

import type { Limits } from "../../base/limits.ts";
import type { ZlibCoding } from "./zlib-encoding.ts";

/** What the thread is to do. */
export interface ZlibOrder {
  readonly id: number;
  readonly coding: ZlibCoding;
  readonly octets: Uint8Array;
}

/** What the thread says. */
export type ZlibMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "made"; readonly id: number; readonly octets: Uint8Array }
  | { readonly kind: "failed"; readonly id: number; readonly reason: string };

/** How long an order may take, and how long the thread is kept without one. */
export type ZlibTimes = Pick<Limits, "handlerTimeMs" | "codingIdleTimeMs">;

/** One thread, from its start to its end. */
class ZlibThread {
  readonly #worker: Worker;
  readonly #started = Promise.withResolvers<boolean>();
  readonly #answers = new Map<number, PromiseWithResolvers<Uint8Array>>();
  #state: "taking orders" | "finishing" | "over" = "taking orders";
  #orders = 0;
  #ordersOpen = 0;
  #idleTimer: Timer | undefined;

  constructor(program: URL) {
    this.#worker = new Worker(program, { ref: false });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<ZlibMessage>) => {
      this.#hear(data);
    });
    this.#worker.addEventListener("error", (event) => event.preventDefault());
    this.#worker.addEventListener("close", () => this.#end());
  }

  get takesOrders(): boolean {
    return this.#state === "taking orders";
  }

  /** "unstarted" when the thread can't run; `octets` are as they were then. */
  async encode(
    coding: ZlibCoding,
    octets: Uint8Array<ArrayBuffer>,
    { handlerTimeMs, codingIdleTimeMs }: ZlibTimes,
  ): Promise<Uint8Array | "unstarted"> {
    clearTimeout(this.#idleTimer);
    this.#ordersOpen++;
    const { promise: deadline, resolve: expire } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => expire("late"), handlerTimeMs);
    timer.unref();
    try {
      const started = await Promise.race([this.#started.promise, deadline]);
      if (started !== true) return "unstarted";
      const made = await Promise.race([this.#order(coding, octets), deadline]);
      if (made !== "late") return made;
      // It may hang. What others have ordered under longer deadlines may still come.
      this.#state = "finishing";
      throw new Error("compressing took too long");
    } finally {
      clearTimeout(timer);
      this.#ordersOpen--;
      if (this.#ordersOpen === 0) this.#rest(codingIdleTimeMs);
    }
  }

  #order(coding: ZlibCoding, octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const id = ++this.#orders;
    const answer = Promise.withResolvers<Uint8Array>();
    this.#answers.set(id, answer);
    this.#worker.postMessage({ id, coding, octets } satisfies ZlibOrder, [octets.buffer]);
    return answer.promise;
  }

  #hear(message: ZlibMessage): void {
    if (message.kind === "ready") {
      this.#started.resolve(true);
      return;
    }
    const answer = this.#answers.get(message.id);
    this.#answers.delete(message.id);
    if (message.kind === "made") answer?.resolve(message.octets);
    else answer?.reject(new Error(message.reason));
  }

  /** There is nothing to do for now. */
  #rest(timeMs: number): void {
    if (this.#state === "finishing") this.#end();
    if (this.#state === "over") return;
    this.#idleTimer = setTimeout(() => this.#end(), timeMs);
    this.#idleTimer.unref();
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

/** Encodes by a thread that runs a program. */
export class ZlibEncoder {
  readonly #program: URL;
  #thread: ZlibThread | undefined;
  /** Whether a thread couldn't start: the next one hardly could, and node:zlib is here by then. */
  #isAlone = false;

  constructor(program: URL) {
    this.#program = program;
  }

  /**
   * Codes `octets`, and takes over the buffer that they are all of. Rejects when the thread dies
   * meanwhile, or takes longer than `handlerTimeMs`.
   */
  async encode(
    coding: ZlibCoding,
    octets: Uint8Array<ArrayBuffer>,
    times: ZlibTimes,
  ): Promise<Uint8Array> {
    if (!this.#isAlone) {
      if (this.#thread?.takesOrders !== true) this.#thread = new ZlibThread(this.#program);
      const made = await this.#thread.encode(coding, octets, times);
      if (made !== "unstarted") return made;
      this.#isAlone = true;
    }
    const { encodeWithZlib } = await import("./zlib-encoding.ts");
    return encodeWithZlib(coding, octets);
  }
}

/** The process's. */
export const zlibEncoder = new ZlibEncoder(new URL("./zlib-worker.ts", import.meta.url));
