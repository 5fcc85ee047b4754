/**
 * A worker process, as its supervisor sees it: it receives orders, answers them in order, and ends.
 */

import { fileURLToPath } from "node:url";

import type { Milliseconds } from "../../base/units.ts";
import type { MetricFamily } from "../../server/operations/metric-family.ts";
import type { LogStream } from "../../server/log.ts";
import { workerArgument } from "../options/command-line.ts";
import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import { StartedProgram } from "../process/started-program.ts";
import { copyLines } from "./worker-log.ts";
import type { Answer, Notice, Order } from "./worker-message.ts";
import type { UploadsSeen } from "../terminal/received-uploads.ts";

const { execPath } = process;

/** The file of a worker's program. An executable has no other program than its own. */
const programPath = Bun.isStandaloneExecutable
  ? execPath
  : fileURLToPath(new URL("./worker.ts", import.meta.url));

/** What starts a worker. */
const command: readonly string[] = Bun.isStandaloneExecutable
  ? [execPath, workerArgument]
  : [execPath, ...process.execArgv, programPath];

/** The program of workers, as it was when the supervisor started. */
export const workerProgram = new StartedProgram(programPath);

/** `duration` as a message shows it. */
function inSeconds(duration: Milliseconds): string {
  return `${duration / 1000} s`;
}

/** What a worker is asked that changes nothing. At most one question of a kind waits for it. */
type Question = "measure" | "look" | "tell-uploads";

/** What the lines of all workers go to. */
export type WorkerLog = Pick<LogStream, "write" | "waitFor">;

/** One process, from its start to its end. */
export class WorkerProcess {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly #unanswered: ((answer: Answer | undefined) => void)[] = [];
  #killedFor: string | undefined;
  /** The questions that are not answered yet, by kind. */
  readonly #asked = new Set<Question>();
  /** Is told that the worker receives files, after it received none. */
  onUploading: (() => void) | undefined;
  /** Resolves when the process has ended, with how: "was killed by SIGKILL". */
  readonly ended: Promise<string>;
  /** Where its lines of the access log go. */
  readonly #log: WorkerLog;
  /** Resolves when its last line of the access log is written. */
  readonly #logged: Promise<void>;

  /** The sockets that the process was given, by its own descriptors. */
  readonly sockets: GivenSockets | undefined;

  /**
   * Starts the process, whose lines go to `log`, and which gets `sockets`; throws when the system
   * can't.
   */
  constructor(log: WorkerLog, sockets?: GivenSockets) {
    this.#log = log;
    const { main = [], redirect = [] } = sockets ?? {};
    const given = [...main, ...redirect];
    const own = given.map((_descriptor, i) => 3 + i);
    this.sockets =
      sockets === undefined
        ? undefined
        : { main: own.slice(0, main.length), redirect: own.slice(main.length) };
    this.#child = Bun.spawn([...command], {
      stdio: ["ignore", "pipe", "inherit", ...given],
      ipc: (message: Answer | Notice) => {
        if (message.kind === "uploading") this.onUploading?.();
        else this.#unanswered.shift()?.(message);
      },
    });
    this.#logged = copyLines(this.#child.stdout, (lines) => log.write(lines));
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

  /**
   * Sends an order; resolves with the answer, or with undefined if the worker ends without one. A
   * worker that doesn't answer `within` that time is killed.
   */
  order(
    order: Extract<Order, { kind: "serve" | "reload" }>,
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
   * What the worker has counted; undefined if it doesn't tell `within` that time, or still owes an
   * earlier answer of this kind. A worker is not killed for that: it may have more urgent work.
   */
  measure(within: Milliseconds): Promise<readonly MetricFamily[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<readonly MetricFamily[] | undefined>();
    const timer = setTimeout(() => resolve(undefined), within);
    const isAsked = this.#ask("measure", (answer) => {
      clearTimeout(timer);
      resolve(answer?.kind === "measured" ? answer.families : undefined);
    });
    if (isAsked) return promise;
    clearTimeout(timer);
    return Promise.resolve(undefined);
  }

  /**
   * Asks the worker for a sign of life, which it gives in the next turn of its event loop. False
   * when it still owes the last one; it isn't asked again then.
   */
  look(): boolean {
    return this.#ask("look", () => undefined);
  }

  /**
   * What the worker receives; undefined when it ends, or still owes an earlier answer of this kind.
   */
  uploads(): Promise<UploadsSeen | undefined> {
    const { promise, resolve } = Promise.withResolvers<UploadsSeen | undefined>();
    const isAsked = this.#ask("tell-uploads", (answer) => {
      resolve(answer?.kind === "uploads" ? answer.uploads : undefined);
    });
    return isAsked ? promise : Promise.resolve(undefined);
  }

  /** Puts a question, unless the last one of this kind isn't answered yet; whether it did. */
  #ask(kind: Question, answered: (answer: Answer | undefined) => void): boolean {
    if (this.#asked.has(kind)) return false;
    this.#asked.add(kind);
    this.#unanswered.push((answer) => {
      this.#asked.delete(kind);
      answered(answer);
    });
    this.#send({ kind });
    return true;
  }

  /**
   * Tells the worker to finish requests in flight and to end, with the patience of a server.
   * Resolves with how it ended, when its last line of the log is written, when the log's reader
   * takes nothing for `stallMs`, or after the time `within`, when the worker is killed.
   */
  async stop(within: Milliseconds, stallMs: Milliseconds, patienceMs: number): Promise<string> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.kill(`did not stop within ${inSeconds(within)}`);
      late.resolve();
    }, within);
    this.#send({ kind: "stop", patienceMs });
    const how = await this.ended;
    const copied = this.#log.waitFor(this.#logged, stallMs);
    await Promise.race([copied, late.promise]);
    clearTimeout(timer);
    return how;
  }

  /** Ends the patience of a stop that goes on. */
  hurry(): void {
    this.#send({ kind: "stop", patienceMs: 0 });
  }

  /** Kills the process; `did` says in messages why. */
  kill(did: string): void {
    this.#killedFor ??= did;
    this.#child.kill("SIGKILL");
  }

  #send(order: Order): void {
    try {
      this.#child.send(order);
    } catch {
      // The process has ended; `ended` reports that.
    }
  }
}
