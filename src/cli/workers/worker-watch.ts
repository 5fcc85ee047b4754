/**
 * Watches that the event loop of each worker turns: each is asked again and again, and answers at
 * once. One that is silent for too long is killed, and another takes its place.
 *
 * A machine that is busy, or was asleep, must not look like a worker that hangs. So the time
 * between two looks counts at most as the time that was meant to pass: when this process gets no
 * processor either, silence grows as slowly as its own turns come. And a worker that the system has
 * put to sleep until a disk answers (state D) is left alone: a kill would end that wait no sooner,
 * and the one that takes its place would wait for the same disk.
 */

import type { Milliseconds } from "../../base/units.ts";
import type { Alarm } from "../../schedule/scheduler.ts";
import { isAwaitingDisk } from "../../system/process/process-state.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** A worker that listens, and what messages call it. */
interface WatchedWorker {
  readonly worker: Pick<WorkerProcess, "pid" | "look" | "kill">;
  readonly name: string;
}

/** What watches the workers needs. */
interface WatchParts {
  /** The workers that listen now. */
  readonly workers: () => readonly WatchedWorker[];
  readonly limits: () => {
    readonly workerLookTimeMs: Milliseconds;
    readonly workerSilenceTimeMs: Milliseconds;
  };
  readonly alarm: Alarm;
  /** Milliseconds that only go forward. */
  readonly nowMs: () => number;
  /** Is told in a line what people should know. */
  readonly say: (line: string) => void;
  /** Whether the system holds a process until a disk answers. */
  readonly isHeld?: (pid: number) => boolean;
}

/** A service manager's time is looked at so often, that it is noticed before it is over. */
const looksPerWatchdog = 4;

/** The watch of one supervisor's workers. */
export class WorkerWatch {
  readonly #parts: WatchParts;
  /** How long each worker has owed an answer, in ms; of those that owe none, nothing. */
  readonly #silentMs = new Map<WatchedWorker["worker"], number>();
  readonly #isHeld: (pid: number) => boolean;
  /** Those of which it was said that they wait for a disk. */
  readonly #held = new WeakSet<WatchedWorker["worker"]>();
  /** How soon the service manager wants to know; undefined without one that watches. */
  #watchdogMs: number | undefined;
  #lookedMs: number;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#isHeld = parts.isHeld ?? isAwaitingDisk;
    this.#lookedMs = parts.nowMs();
    this.#setAlarm();
  }

  /**
   * Has workers replaced when they are silent for `withinMs`, if that is sooner than the limit: a
   * service manager would end all of them then. Returns what says whether none has been silent for
   * so long.
   */
  within(withinMs: number): () => boolean {
    this.#watchdogMs = withinMs;
    this.#setAlarm();
    return () =>
      this.#parts.workers().every(({ worker }) => (this.#silentMs.get(worker) ?? 0) < withinMs);
  }

  /** Watches no more, and takes none for silent: a stop has times of its own. */
  end(): void {
    this.#parts.alarm.clear();
    this.#silentMs.clear();
  }

  get #everyMs(): number {
    const { workerLookTimeMs } = this.#parts.limits();
    const watchdogMs = this.#watchdogMs ?? Infinity;
    return Math.max(1, Math.min(workerLookTimeMs, Math.floor(watchdogMs / looksPerWatchdog)));
  }

  #setAlarm(): void {
    this.#parts.alarm.set(this.#everyMs, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#parts.nowMs();
    const passedMs = Math.min(nowMs - this.#lookedMs, this.#everyMs);
    this.#lookedMs = nowMs;
    this.#setAlarm();
    const workers = this.#parts.workers();
    const present = new Set(workers.map(({ worker }) => worker));
    for (const worker of this.#silentMs.keys()) {
      if (!present.has(worker)) this.#silentMs.delete(worker);
    }
    for (const watched of workers) this.#ask(watched, passedMs);
  }

  #ask(watched: WatchedWorker, passedMs: number): void {
    const { worker } = watched;
    if (worker.look()) {
      this.#silentMs.delete(worker);
      return;
    }
    const silentMs = (this.#silentMs.get(worker) ?? 0) + passedMs;
    this.#silentMs.set(worker, silentMs);
    const { workerSilenceTimeMs } = this.#parts.limits();
    const most = Math.min(workerSilenceTimeMs, this.#watchdogMs ?? Infinity);
    if (silentMs >= most) this.#replace(watched, most);
  }

  #replace({ worker, name }: WatchedWorker, silentMs: number): void {
    const shown = `${silentMs / 1000} s`;
    if (!this.#isHeld(worker.pid)) return worker.kill(`did not answer for ${shown}`);
    if (this.#held.has(worker)) return;
    this.#held.add(worker);
    this.#parts.say(
      `${name} has not answered for ${shown}: it waits for a disk, and is left alone`,
    );
  }
}
