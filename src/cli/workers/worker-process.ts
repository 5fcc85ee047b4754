/**
 * A worker as its supervisor sees it: a process that takes orders, answers them in their order, and
 * ends.
 */

import { fileURLToPath } from "node:url";

import type { Milliseconds } from "../../base/units.ts";
import { standardOutput } from "../../system/standard-streams.ts";
import { copyLines } from "./worker-log.ts";
import type { Answer, Order } from "./worker-message.ts";

const program = fileURLToPath(new URL("./worker.ts", import.meta.url));

/** How long `duration` is, for people. */
function inSeconds(duration: Milliseconds): string {
  return `${duration / 1000} s`;
}

/** One process, from its start to its end. */
export class WorkerProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #unanswered: ((answer: Answer | undefined) => void)[] = [];
  #killedFor: string | undefined;
  /** How it ended, "was killed by SIGKILL", as soon as it has. */
  readonly ended: Promise<string>;
  /** Its last line of the access log is written. */
  readonly #logged: Promise<void>;

  /** Starts it; throws when there can't be one more process. */
  constructor() {
    this.#child = Bun.spawn([process.execPath, ...process.execArgv, program], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
      ipc: (answer: Answer) => this.#unanswered.shift()?.(answer),
    });
    this.#logged = copyLines(this.#child.stdout, (lines) => standardOutput.write(lines));
    this.ended = this.#child.exited.then((status) => {
      for (const give of this.#unanswered.splice(0)) give(undefined);
      if (this.#killedFor !== undefined) return `${this.#killedFor} and was killed`;
      const { signalCode } = this.#child;
      return signalCode === null ? `ended with status ${status}` : `was killed by ${signalCode}`;
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Gives an order; resolves with the answer, or with none if the worker ends without one. */
  order(
    order: Exclude<Order, { kind: "stop" }>,
    within: Milliseconds,
  ): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
    const timer = setTimeout(() => {
      this.kill(`did not answer within ${inSeconds(within)}`);
    }, within);
    this.#unanswered.push((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    this.#send(order);
    return promise;
  }

  /**
   * Tells it to finish what is in flight; resolves with how it ended, when it has and its last line
   * of the log is written, or when the time is over.
   */
  async stop(within: Milliseconds): Promise<string> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.kill(`did not stop within ${inSeconds(within)}`);
      late.resolve();
    }, within);
    this.#send({ kind: "stop" });
    const how = await this.ended;
    await Promise.race([this.#logged, late.promise]);
    clearTimeout(timer);
    return how;
  }

  /** Ends it at once, since it `did` something that it should not have. */
  kill(did: string): void {
    this.#killedFor ??= did;
    this.#child.kill("SIGKILL");
  }

  #send(order: Order): void {
    try {
      this.#child.send(order);
    } catch {
      // It has ended, and `ended` says so.
    }
  }
}
