/**
 * Metrics and health of workers, which their supervisor serves: the counts of all of them summed,
 * and whether they are ready. Loaded only where the options `metrics` or `health` ask for it.
 *
 * A counter must not fall, or Prometheus takes it for a restart and counts all of it again. So the
 * last counts of a worker that has ended, or that doesn't tell in time, stand for it; its gauges
 * are left out.
 */

import { LogicalClock } from "../../schedule/logical-clock.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { MetricFamily } from "../../server/operations/metric-family.ts";
import { countsOf, single, sumFamilies } from "../../server/operations/metric-family.ts";
import { metricsText, metricsType } from "../../server/operations/metrics-text.ts";
import { missingRoot } from "../../server/operations/operations.ts";
import type { OperationsUrls } from "../../server/operations/operations-listener.ts";
import { OperationsListeners } from "../../server/operations/operations-listener.ts";
import { logFamilies, throughSupervisor } from "../../server/operations/log-metrics.ts";
import { processFamilies, serverFamilies } from "../../server/operations/own-process.ts";
import type { CompleteOptions } from "../../server/serve-options.ts";
import type { OpenSite } from "../../site/open-site.ts";
import { standardError } from "../../system/standard-streams.ts";
import type { WorkerProcess } from "./worker-process.ts";

/** The workers, as their operations see them. */
export interface MeasuredWorkers {
  /** Those that listen now. */
  readonly listening: readonly Pick<WorkerProcess, "measure">[];
  /** Whether all have listened once. */
  readonly haveListened: boolean;
  /** How many have taken the place of another one. */
  readonly replaced: number;
  readonly site: OpenSite;
}

type Families = readonly MetricFamily[];

/** What an error of a supervisor's connection says. */
function failed(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  void standardError.write(`${text}\n`);
}

/** The operations of one supervisor. */
export class WorkerOperations {
  readonly urls: OperationsUrls;
  readonly #clock: SystemClock;
  readonly #listeners: OperationsListeners;
  #workers: (() => MeasuredWorkers) | undefined;
  readonly #last = new Map<object, Families>();
  /** The workers that have ended. */
  readonly #gone = new WeakSet<object>();
  /** The counts of all of them. */
  #ended: Families = [];
  /** The sum that is being made, for all who ask meanwhile. */
  #gathering: Promise<Families> | undefined;
  #isStopping = false;
  #isReplaced = false;

  /** Listens where `options` say; throws a `ServeError` when that can't be had. */
  constructor(options: CompleteOptions, { limits, tree }: OpenSite) {
    const scheduler = new EventLoop();
    this.#clock = new SystemClock(scheduler);
    const content = {
      metrics: { type: metricsType, text: () => this.#text() },
      unreadiness: () => this.#unreadiness(),
    };
    this.#listeners = new OperationsListeners(options, content, {
      clock: this.#clock,
      logicalClock: new LogicalClock(),
      budgets: new TurnBudgets(scheduler),
      limits,
      tree,
      failed,
    });
    this.urls = this.#listeners;
  }

  /** There are workers; `workers` describes them at any time. */
  begin(workers: () => MeasuredWorkers): void {
    this.#workers = workers;
  }

  /** `worker` has ended. */
  ended(worker: object): void {
    const last = this.#last.get(worker);
    this.#gone.add(worker);
    this.#last.delete(worker);
    if (last !== undefined) this.#ended = sumFamilies([this.#ended, countsOf(last)]);
  }

  /** The workers are about to stop, or stop. */
  drain(): void {
    this.#isStopping = true;
  }

  /** All workers listen: sockets that the supervisor was given are accepted on from now on. */
  allListen(): void {
    this.#listeners.adopt();
  }

  /** The descriptors of its listening sockets. */
  get sockets(): OperationsListeners["sockets"] {
    return this.#listeners.sockets;
  }

  /**
   * Another process answers on the same sockets from now on, so that the service stays ready
   * whatever becomes of these workers. Resolves when each connection has had one more answer within
   * `patienceMs`, or has been closed.
   */
  async replaced(patienceMs: number): Promise<void> {
    this.#isReplaced = true;
    const timer = setTimeout(() => this.hurry(), patienceMs);
    await Promise.all(this.#listeners.listeners.map((listener) => listener.close(true)));
    clearTimeout(timer);
  }

  /** Ends the patience with connections after another process has taken over. */
  hurry(): void {
    if (this.#isReplaced) void this.close();
  }

  async close(): Promise<void> {
    this.drain();
    await this.#listeners.close();
  }

  #unreadiness(): string | undefined {
    const workers = this.#workers?.();
    if (this.#isReplaced) return undefined;
    if (this.#isStopping) return "it is stopping";
    if (workers === undefined || !workers.haveListened) return "not all workers listen yet";
    // While one is being replaced, the others get all connections.
    if (workers.listening.length === 0) return "no worker listens";
    return missingRoot(workers.site);
  }

  async #text(): Promise<string> {
    const isReady = this.#unreadiness() === undefined;
    this.#gathering ??= this.#gather().finally(() => {
      this.#gathering = undefined;
    });
    const gathered = await this.#gathering;
    return metricsText([...serverFamilies(isReady, this.#clock.epochMs()), ...gathered]);
  }

  async #gather(): Promise<Families> {
    const workers = this.#workers?.();
    if (workers === undefined) return [];
    const { listening, replaced, site } = workers;
    const answered = new Set<object>();
    await Promise.all(
      listening.map(async (worker) => {
        const families = await worker.measure(site.limits.metricsTimeMs);
        if (families === undefined) return;
        answered.add(worker);
        this.#last.set(worker, throughSupervisor(families));
      }),
    );
    // What a worker told that has ended meanwhile is among the counts of those, and not here, too.
    const present = listening.filter((worker) => !this.#gone.has(worker));
    const silent = present.filter((worker) => !answered.has(worker)).length;
    const told = present.map((worker) => {
      const last = this.#last.get(worker) ?? [];
      return answered.has(worker) ? last : countsOf(last);
    });
    return [
      single("gauge", "postern_workers", "Workers that listen.", listening.length),
      single(
        "gauge",
        "postern_workers_silent",
        "Workers that have not told their counts in time; those from before stand for them.",
        silent,
      ),
      single(
        "counter",
        "postern_workers_replaced_total",
        "Workers that have ended, and others took their places.",
        replaced,
      ),
      ...sumFamilies([...told, this.#ended, processFamilies(), logFamilies()]),
    ];
  }
}
