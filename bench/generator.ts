/**
 * The parent's side of the load generator: a child process that runs load.ts. The CPU time of the
 * server is read before and after each phase.
 */

import type { Subprocess } from "bun";
import { join } from "node:path";

import { treeCpuNanoseconds } from "./cpu.ts";
import type { Answer, Latency, Order, PhaseEnd, Plan } from "./load.ts";

const OPEN_MS_MAX = 30_000;
const PHASE_MS_SPARE = 30_000;
const PHASE_SLOWER_MAX = 20;

/** The figures of one server in one round of a case. */
export interface Sample {
  readonly requests: number;
  /** User and system time of the server and its descendants. */
  readonly cpuMicrosecondsPerRequest: number;
  readonly requestsPerSecond: number;
  /** From sending a request to the end of its answer, if the plan asks for it. */
  readonly latency: Latency | undefined;
}

/** One process that runs plan after plan. It is replaced by a new one if it ends. */
export class Generator implements Disposable {
  #process: Subprocess | undefined;
  #answer = Promise.withResolvers<Answer>();

  /** Opens the connections of a plan. Throws if the server answers wrongly. */
  async open(plan: Plan): Promise<void> {
    if (this.#process === undefined || this.#process.exitCode !== null) this.#start();
    await this.#ask({ kind: "plan", plan }, OPEN_MS_MAX);
  }

  /**
   * Runs one phase and measures the CPU time of `serverPid` and its descendants. `expectedMs` is
   * the expected duration, from which the timeout follows.
   */
  async run(serverPid: number, end: PhaseEnd, expectedMs: number): Promise<Sample> {
    const before = treeCpuNanoseconds(serverPid);
    const patienceMs = expectedMs * PHASE_SLOWER_MAX + PHASE_MS_SPARE;
    const done = await this.#ask({ kind: "go", ...end }, patienceMs);
    const { requests, milliseconds, latency } = done;
    const used = treeCpuNanoseconds(serverPid) - before;
    if (used < 0) throw new Error("a process of the server ended");
    return {
      requests,
      cpuMicrosecondsPerRequest: used / 1000 / requests,
      requestsPerSecond: (requests / milliseconds) * 1000,
      latency,
    };
  }

  [Symbol.dispose](): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  #start(): void {
    const started: Subprocess = Bun.spawn([process.execPath, join(import.meta.dir, "load.ts")], {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
      ipc: (message) => this.#answer.resolve(message as Answer),
      onExit: () => {
        if (this.#process !== started) return;
        this.#answer.resolve({ kind: "fault", reason: "the generator ended" });
      },
    });
    this.#process = started;
  }

  async #ask(
    order: Order,
    patienceMs: number,
  ): Promise<{ requests: number; milliseconds: number; latency?: Latency }> {
    this.#answer = Promise.withResolvers();
    if (this.#process?.exitCode !== null) throw new Error("the generator ended");
    this.#process.send(order);
    const late = { kind: "fault", reason: `no end after ${patienceMs / 1000} s` } as const;
    const patience = Promise.withResolvers<Answer>();
    const timer = setTimeout(() => patience.resolve(late), patienceMs);
    const answer = await Promise.race([this.#answer.promise, patience.promise]);
    clearTimeout(timer);
    if (answer.kind === "fault") {
      // The process ends, since a late answer must not be taken for the next one.
      this[Symbol.dispose]();
      throw new Error(answer.reason);
    }
    return answer.kind === "done" ? answer : { requests: 0, milliseconds: 0 };
  }
}
