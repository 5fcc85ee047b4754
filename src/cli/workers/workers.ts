/**
 * The supervisor of the processes that serve a port together: it starts them, replaces one that
 * ends, and passes on reloads and the stop. It serves nothing itself.
 *
 * Each worker has a listening socket, and the kernel spreads the connections over them. The
 * supervisor has made the sockets and holds them, so that a worker that takes the place of another
 * one goes on with its socket, and with the clients that wait there. It checks the options once,
 * before any worker receives them, so that a mistake is reported once and all workers have the same
 * options.
 */

import { availableParallelism } from "node:os";

import type { Limits } from "../../base/limits.ts";
import { resolveLimits } from "../../base/limits.ts";
import { LogicalClock } from "../../schedule/logical-clock.ts";
import { milliseconds } from "../../base/units.ts";
import { RouteTable } from "../../site/library/route-endpoint.ts";
import { SystemClock } from "../../schedule/clock.ts";
import { EventLoop } from "../../schedule/event-loop.ts";
import { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { Server } from "../../server/serve.ts";
import type { GivenSockets } from "../../server/listening/given-sockets.ts";
import type { ReloadOptions, ServeOptions } from "../../server/serve-options.ts";
import { completeOptions } from "../../server/serve-options.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { OpenSite } from "../../site/open-site.ts";
import { openSite } from "../../site/open-site.ts";
import { nameTree } from "../../site/open-tree.ts";
import { standardError } from "../../system/standard-streams.ts";
import type { Config } from "../config/config.ts";
import type { Ahead } from "../process/listen-ahead.ts";
import { shareOut } from "../process/listen-ahead.ts";
import type { WorkerLog } from "./worker-process.ts";
import type { MeasuredWorkers, WorkerOperations } from "./worker-operations.ts";
import { WorkerProcess, workerProgram } from "./worker-process.ts";
import type { WorkerUploads } from "./worker-uploads.ts";
import { WorkerWatch } from "./worker-watch.ts";

/** The place of one worker: the process that fills it now, and how its predecessors ended. */
interface Place {
  /** From 1 on. */
  readonly number: number;
  worker: WorkerProcess | undefined;
  /** Fires when the next worker is due. */
  timer: ReturnType<typeof setTimeout> | undefined;
  hasListened: boolean;
  /** Whether the process that fills it listens. */
  listens: boolean;
  /** How many workers in a row ended soon after their start. */
  failures: number;
}

/** The number of workers by `config`. Throws a `ServeError` when it is over the limit. */
export function countWorkers(config: Config): number {
  const resolved = resolveLimits(config.limits);
  if (!resolved.ok) return 1;
  const { workersMax } = resolved.value;
  const { workers = 1 } = config;
  if (workers === "auto") return Math.min(availableParallelism(), workersMax);
  if (workers <= workersMax) return workers;
  throw new ServeError("workers", `workers must be at most ${workersMax}, not ${workers}`);
}

/** How a worker ends after a stop. */
const endedWell = "ended with status 0";

function nameOf(number: number, { pid }: WorkerProcess): string {
  return `worker ${number} (process ${pid})`;
}

function say(line: string): void {
  void standardError.write(`postern: ${line}\n`);
}

/** What all workers share: their options, and the site that the options make. */
interface Shared {
  readonly options: ReloadOptions & Required<Pick<ReloadOptions, "root" | "base" | "mounts">>;
  readonly site: OpenSite;
  /** The authority that signed the certificate, if postern made it. */
  readonly ca?: string;
}

/**
 * Checks `options` as a server would; throws a `ServeError` if a server refuses them. The root
 * becomes its real path, and a certificate of one's own its text, so that a worker that starts
 * later serves the same as the others even if the files have changed since.
 */
async function settle(options: ReloadOptions, host: string): Promise<Shared> {
  const { tls } = options;
  const scheduler = new EventLoop();
  const clock = new SystemClock(scheduler);
  const complete = completeOptions(options);
  const site = openSite(complete, {
    routes: new RouteTable(() => undefined),
    clock,
    logicalClock: new LogicalClock(),
    budgets: new TurnBudgets(scheduler),
    scheme: tls === undefined || tls === false ? "http" : "https",
    hostNames: () => [],
  });
  const { files: _files, ...source } = site.source;
  if (tls === undefined || tls === false) return { options: { ...options, ...source }, site };
  const { chooseCertificate } = await import("../../server/tls/certificate-choice.ts");
  const hosts = [host, ...complete.allowHosts];
  const context = { hosts, isServed: site.shows, nowMs: clock.epochMs() };
  const { cert, key, ca } = chooseCertificate(tls, context);
  // A local one is kept for all, and each worker renews it.
  const settled = ca === undefined ? { cert, key } : tls;
  const shared = { options: { ...options, ...source, tls: settled }, site };
  return ca === undefined ? shared : { ...shared, ca };
}

/**
 * Starts `count` workers under `options`, on the sockets of `ahead`, which it closes when they have
 * ended. Rejects with a `ServeError` when the options are wrong. Faults that only the workers find
 * reject `listening`.
 */
export async function openWorkers(
  options: ServeOptions,
  ahead: Ahead,
  count: number,
  { log, showsUploads = false }: WorkerOutput,
): Promise<Workers> {
  const { host: _host, port: _port, unix: _unix, tlsRedirect: _redirect, ...others } = options;
  const { metrics, health: _health, sockets: _sockets, ...reloadable } = others;
  const shared = await settle(reloadable, ahead.host);
  const operations = await openOperations(options, shared, ahead);
  const uploads = showsUploads ? await openUploads() : undefined;
  const beside = { operations, isCounting: metrics !== undefined, uploads };
  return new Workers(shared, ahead, count, beside, log);
}

/** What workers tell people. */
interface WorkerOutput {
  /** Where their lines of the access log go. */
  readonly log: WorkerLog;
  /** Whether standard output is a terminal that shows uploads while they are received. */
  readonly showsUploads?: boolean;
}

/** What shows the uploads of workers. The line's code is loaded by the first upload. */
async function openUploads(): Promise<WorkerUploads> {
  const { WorkerUploads: Opened } = await import("./worker-uploads.ts");
  return new Opened(() => {
    const { terminalStatus } =
      require("../terminal/upload-status.ts") as typeof import("../terminal/upload-status.ts");
    return terminalStatus(process.env);
  });
}

/** What tells of the workers, if `options` ask for it. Its code is loaded only then. */
async function openOperations(
  options: ServeOptions,
  { site }: Shared,
  ahead: Ahead,
): Promise<WorkerOperations | undefined> {
  if (options.metrics === undefined && options.health === undefined) return undefined;
  const { WorkerOperations: Opened } = await import("./worker-operations.ts");
  try {
    return new Opened(completeOptions(options), site);
  } catch (error) {
    ahead.release();
    throw error;
  }
}

/** What tells of the workers, whether each of them counts for it, and what shows uploads. */
interface Beside {
  readonly operations: WorkerOperations | undefined;
  readonly isCounting: boolean;
  /** What shows their uploads; undefined where no terminal does. */
  readonly uploads: WorkerUploads | undefined;
}

/** The workers and their supervision. */
export class Workers {
  readonly workers: number;
  /** Resolves when all listen for the first time; rejects with a `ServeError` if they can't. */
  readonly listening: Promise<void>;
  /** Rejects with a `ServeError`, after all workers have ended, when it gives up. */
  readonly failed: Promise<never>;
  readonly #ahead: Ahead;
  /** The sockets of each place; none where the system can't keep them for others. */
  readonly #sockets: readonly GivenSockets[];
  readonly #beside: Beside;
  readonly #log: WorkerLog;
  readonly #places: readonly Place[];
  readonly #scheduler = new EventLoop();
  readonly #clock = new SystemClock(this.#scheduler);
  readonly #watch: WorkerWatch;
  readonly #allListen: () => void;
  readonly #reject: (error: ServeError) => void;
  #url = "";
  #replaced = 0;
  #shared: Shared;
  #stopping: Promise<void> | undefined;

  /** Starts `count` workers. */
  constructor(shared: Shared, ahead: Ahead, count: number, beside: Beside, log: WorkerLog) {
    this.#ahead = ahead;
    this.#sockets = shareOut(ahead.groups, count);
    this.#beside = beside;
    this.#log = log;
    this.workers = count;
    this.#shared = shared;
    const failed = Promise.withResolvers<never>();
    this.failed = failed.promise;
    this.failed.catch(() => undefined);
    this.#reject = failed.reject;
    const listening = Promise.withResolvers<void>();
    this.listening = Promise.race([listening.promise, failed.promise]);
    this.listening.catch(() => undefined);
    this.#allListen = listening.resolve;
    this.#places = Array.from({ length: count }, (_, i) => ({
      number: i + 1,
      worker: undefined,
      timer: undefined,
      hasListened: false,
      listens: false,
      failures: 0,
    }));
    beside.operations?.begin(() => this.#measured());
    this.#watch = new WorkerWatch({
      workers: () =>
        this.#listening.map(({ number, worker }) => ({ worker, name: nameOf(number, worker) })),
      limits: () => this.#limits,
      alarm: this.#scheduler.alarm(),
      nowMs: () => this.#clock.monotonicMs(),
      say,
    });
    for (const place of this.#places) this.#fill(place);
  }

  /** The authority that signed the certificate, if postern made it. */
  get ca(): string | undefined {
    return this.#shared.ca;
  }

  get host(): string {
    return this.#ahead.host;
  }

  /** 0 on a Unix socket. */
  get port(): number {
    return this.#ahead.port;
  }

  /** The path of the Unix socket that they were given; undefined for a port. */
  get unix(): string | undefined {
    return this.#ahead.unix;
  }

  /** The port that redirects to https; undefined where there is none. */
  get tlsRedirect(): number | undefined {
    return this.#ahead.tlsRedirect;
  }

  /** Whether `pid` is one of the workers. */
  hasProcess(pid: number): boolean {
    return this.#places.some(({ worker }) => worker?.pid === pid);
  }

  /** The listening sockets, in groups that belong to one worker or are shared by some. */
  get groups(): readonly GivenSockets[] {
    return this.#ahead.groups;
  }

  /** The sockets of metrics and health. */
  get operationsSockets(): Pick<GivenSockets, "metrics" | "health"> {
    return this.#beside.operations?.sockets ?? {};
  }

  /** Where the metrics of all of them are; undefined without the option `metrics`. */
  get metricsUrl(): URL | undefined {
    return this.#beside.operations?.urls.metricsUrl;
  }

  /** Where `/livez` and `/readyz` are; undefined without the option `health`. */
  get healthUrl(): URL | undefined {
    return this.#beside.operations?.urls.healthUrl;
  }

  /** Has `/readyz` say from now on that they are not ready; they serve on. */
  drain(): void {
    this.#beside.operations?.drain();
  }

  /**
   * Has workers replaced that don't answer for `withinMs`, if that is sooner than the limit.
   * Returns what says whether none of those that listen has been silent for so long.
   */
  watchWithin(withinMs: number): () => boolean {
    return this.#watch.within(withinMs);
  }

  /** Those that listen now. */
  get #listening(): readonly { readonly number: number; readonly worker: WorkerProcess }[] {
    return this.#places.flatMap(({ number, worker, listens }) =>
      listens && worker !== undefined ? [{ number, worker }] : [],
    );
  }

  #measured(): MeasuredWorkers {
    return {
      listening: this.#listening.map(({ worker }) => worker),
      haveListened: this.#places.every(({ hasListened }) => hasListened),
      replaced: this.#replaced,
      site: this.#shared.site,
    };
  }

  /** Where they listen; valid once `listening` has resolved. */
  get url(): URL {
    return new URL(this.#url);
  }

  get #limits(): Limits {
    return this.#shared.site.limits;
  }

  /** The real path of the served folder. */
  get root(): string {
    return this.#shared.options.root;
  }

  /**
   * Reloads all workers under `options`; resolves when they have. Rejects with a `ServeError`, and
   * changes nothing, when the options are wrong.
   */
  async reload(options: ReloadOptions): Promise<void> {
    // A root or a certificate that is left out stays as it is.
    const { root, mounts, base, tls } = this.#shared.options;
    const kept: ReloadOptions = nameTree(options) ? {} : { root, mounts, base };
    const certificate = tls === undefined ? {} : { tls };
    this.#shared = await settle({ ...kept, ...certificate, ...options }, this.host);
    await Promise.all(
      this.#places.map(async ({ worker }) => {
        const order = { kind: "reload", options: this.#shared.options } as const;
        const answer = await worker?.order(order, this.#limits.workerAnswerTimeMs);
        // The options passed the check above, so the file system has changed since. The worker's
        // replacement reports what is wrong now.
        if (answer?.kind === "failed") worker?.kill(`can't serve (${answer.message})`);
      }),
    );
  }

  /**
   * Stops all workers; resolves when they have ended. With `force` they are killed. They
   * have the patience of a server.
   */
  stop(how: Parameters<Server["stop"]>[0] = {}): Promise<void> {
    const { patienceMs = 0, isReplaced = false } = how;
    if (this.#stopping !== undefined && patienceMs === 0) {
      for (const { worker } of this.#places) worker?.hurry();
      this.#beside.operations?.hurry();
    }
    this.#stopping ??= this.#stop(patienceMs, isReplaced);
    if (how.force === true) for (const { worker } of this.#places) worker?.kill("had no time left");
    return this.#stopping;
  }

  async #stop(patienceMs: number, isReplaced: boolean): Promise<void> {
    const { operations } = this.#beside;
    const released = isReplaced ? operations?.replaced(patienceMs) : operations?.drain();
    this.#watch.end();
    const { stopTimeMs, workerAnswerTimeMs, logStallTimeMs } = this.#limits;
    const within = milliseconds(patienceMs + stopTimeMs + workerAnswerTimeMs);
    // Clients that come from now on are refused, or are another process's.
    this.#ahead.release();
    const stopPlace = async ({ number, worker, timer }: Place): Promise<void> => {
      clearTimeout(timer);
      if (worker === undefined) return;
      const how = await worker.stop(within, logStallTimeMs, patienceMs);
      if (how !== endedWell) say(`${nameOf(number, worker)} ${how}`);
    };
    await Promise.all([...this.#places.map(stopPlace), released]);
    await operations?.close();
  }

  /** Stops all workers and rejects `failed` with `error`. */
  async #fail(error: ServeError): Promise<void> {
    if (this.#stopping !== undefined) return;
    await this.stop();
    this.#reject(error);
  }

  /**
   * Has another process of the program that is on the disk by now take over, by what a SIGUSR2
   * does: a worker of another version would get options and messages that it may not understand. If
   * none takes over, `place` stays empty until another attempt.
   */
  #giveUp(place: Place): void {
    say(`worker ${place.number} isn't replaced, since the program was: another process takes over`);
    place.timer = setTimeout(() => this.#fill(place), this.#limits.workerSteadyTimeMs);
    process.emit("SIGUSR2", "SIGUSR2");
  }

  /** Starts a worker in an empty place. */
  #fill(place: Place): void {
    if (workerProgram.isReplaced()) return this.#giveUp(place);
    const startedMs = this.#clock.monotonicMs();
    let worker: WorkerProcess;
    try {
      worker = new WorkerProcess(this.#log, this.#sockets[place.number - 1]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return this.#refill(place, startedMs, `worker ${place.number} can't be started: ${reason}`);
    }
    place.worker = worker;
    void this.#listen(place, worker);
    void this.#awaitEnd(place, worker, startedMs);
  }

  async #awaitEnd(place: Place, worker: WorkerProcess, startedMs: number): Promise<void> {
    const how = await worker.ended;
    place.listens = false;
    this.#beside.operations?.ended(worker);
    this.#beside.uploads?.remove(worker);
    if (this.#stopping !== undefined) return;
    place.worker = undefined;
    this.#refill(place, startedMs, `${nameOf(place.number, worker)} ${how}`);
  }

  async #listen(place: Place, worker: WorkerProcess): Promise<void> {
    const { host, port, unix, tlsRedirect } = this;
    const options = {
      ...this.#shared.options,
      ...(tlsRedirect === undefined ? {} : { tlsRedirect }),
      ...(unix === undefined ? {} : { unix }),
      ...(this.#beside.isCounting ? ({ metrics: true } as const) : {}),
      // Without sockets of the supervisor's, the workers make their own.
      ...(worker.sockets === undefined ? { reusePort: true } : { sockets: worker.sockets }),
      host,
      port,
    };
    const { uploads } = this.#beside;
    uploads?.add(worker);
    const order = { kind: "serve", options, tellsUploads: uploads !== undefined } as const;
    const answer = await worker.order(order, this.#limits.workerAnswerTimeMs);
    if (answer?.kind === "failed") {
      // The first worker's failure is reported as it would be without workers.
      if (!place.hasListened) return this.#fail(new ServeError(answer.code, answer.message));
      return worker.kill(`can't serve (${answer.message})`);
    }
    if (answer?.kind !== "listening") return;
    this.#url = answer.url;
    place.hasListened = true;
    place.listens = true;
    if (!this.#places.every(({ hasListened }) => hasListened)) return;
    this.#beside.operations?.allListen();
    this.#allListen();
  }

  /** Reports why a place is empty, and fills it, unless its workers end too often. */
  #refill(place: Place, startedMs: number, why: string): void {
    const { workerIntervalMs, workerSteadyTimeMs, workerFailuresMax } = this.#limits;
    const livedMs = this.#clock.monotonicMs() - startedMs;
    place.failures = livedMs < workerSteadyTimeMs ? place.failures + 1 : 0;
    if (place.failures > workerFailuresMax) {
      say(why);
      const times = `${place.failures} times in a row within ${workerSteadyTimeMs / 1000} s`;
      void this.#fail(
        new ServeError("listen", `worker ${place.number} ended ${times} of its start; giving up`),
      );
      return;
    }
    say(`${why}; another takes its place`);
    this.#replaced++;
    const waitMs = Math.max(0, workerIntervalMs - livedMs);
    place.timer = setTimeout(() => this.#fill(place), waitMs);
  }
}
