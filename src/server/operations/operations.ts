/**
 * What a server has for those who run it: it counts, tells what it has counted, and says whether it
 * is ready. Loaded only by a server with the option `metrics` or `health`.
 */

import type { Limits } from "../../base/limits.ts";
import type { Clock } from "../../schedule/clock.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import { CountedResponses } from "../../site/operations/counted-responses.ts";
import type { OpenSite, SiteSurroundings } from "../../site/open-site.ts";
import type { ResponseCache } from "../../site/response-cache.ts";
import { realPath } from "../../system/file-system.ts";
import type { HttpMemory } from "../http1/http1-factory.ts";
import { openHttpMemory } from "../http1/http1-factory.ts";
import type { Listener } from "../listener.ts";
import type { CompleteOptions } from "../serve-options.ts";
import { CountedParts } from "./counted-parts.ts";
import { LoopDelay } from "./loop-delay.ts";
import { partFamilies } from "./measured-parts.ts";
import type { MetricFamily } from "./metric-family.ts";
import { single } from "./metric-family.ts";
import { metricsText, metricsType } from "./metrics-text.ts";
import type { OperationsUrls } from "./operations-listener.ts";
import { OperationsListeners } from "./operations-listener.ts";
import { processFamilies, serverFamilies } from "./own-process.ts";
import { RequestMetrics } from "./request-metrics.ts";

/** What a site gets of a server that counts. */
type CountingSurroundings = Pick<
  SiteSurroundings,
  "responseCache" | "uploadCounts" | "storeCounts"
>;

/** What a server that counts has for its parts. */
class Counting {
  readonly observer = new RequestMetrics();
  readonly memory = openHttpMemory();
  readonly #parts = new CountedParts();
  readonly #cache = { hits: 0, misses: 0 };
  readonly #delay: LoopDelay;
  #errors = 0;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#delay = new LoopDelay(clock, scheduler.alarm());
  }

  /** What counts in the server's sites. */
  readonly surroundings: CountingSurroundings = {
    responseCache: (limits: Limits): ResponseCache => new CountedResponses(limits, this.#cache),
    uploadCounts: this.#parts.uploadCounts,
    storeCounts: this.#parts.storeCounts,
  };

  /** An error of a handler, or of the server itself. */
  failed(): void {
    this.#errors++;
  }

  begin({ loopLookTimeMs }: Limits): void {
    this.#delay.begin(loopLookTimeMs);
  }

  stop(): void {
    this.#delay.stop();
  }

  families(site: () => OpenSite, connections: () => number): readonly MetricFamily[] {
    const { hits, misses } = this.#cache;
    return [
      ...this.observer.families(),
      {
        name: "postern_response_cache_lookups_total",
        type: "counter",
        help: "Requests for which the response cache had the response (hit) or not (miss).",
        samples: [
          { suffix: "", labels: { result: "hit" }, value: hits },
          { suffix: "", labels: { result: "miss" }, value: misses },
        ],
      },
      single(
        "counter",
        "postern_errors_total",
        "Errors of handlers and of the server itself.",
        this.#errors,
      ),
      ...partFamilies({ connections, memory: this.memory, site }),
      ...this.#parts.families(site()),
      this.#delay.family(),
      ...processFamilies(),
    ];
  }
}

/** What the operations of a server are made of besides its options. */
export interface OperationsService extends Pick<
  SiteSurroundings,
  "clock" | "logicalClock" | "budgets"
> {
  /** The present site. */
  readonly site: () => OpenSite;
}

/**
 * Why the folders of `site` can't be served; undefined when all are there. Object stores aren't
 * asked: what is kept of them is served while they fail.
 */
export function missingRoot({ sources }: Pick<OpenSite, "sources">): string | undefined {
  const gone = sources.find(
    ({ named, path, entries }) =>
      entries === undefined && !realPath(named === "" ? path : named).ok,
  );
  return gone === undefined ? undefined : `there is no ${gone.at.text} any more`;
}

/** The operations of one server. */
export class Operations {
  readonly #options: CompleteOptions;
  readonly #service: OperationsService;
  /** Undefined for a server that tells its health alone. */
  readonly #counting: Counting | undefined;
  #listeners: OperationsListeners | undefined;
  /** The server's connections; undefined until it listens. */
  #connections: (() => number) | undefined;
  #isStopping = false;
  #isReplaced = false;

  constructor(options: CompleteOptions, service: OperationsService) {
    this.#options = options;
    this.#service = service;
    const { clock, budgets } = service;
    if (options.metrics !== undefined) this.#counting = new Counting(clock, budgets.scheduler);
  }

  get observer(): RequestMetrics | undefined {
    return this.#counting?.observer;
  }

  get memory(): HttpMemory | undefined {
    return this.#counting?.memory;
  }

  /** What counts in the server's sites; undefined where nothing does. */
  get surroundings(): CountingSurroundings | undefined {
    return this.#counting?.surroundings;
  }

  get urls(): OperationsUrls {
    const { metricsUrl, healthUrl } = this.#listeners ?? {};
    return { metricsUrl, healthUrl };
  }

  /** `failed`, with what it is told of counted. */
  counting<Words extends unknown[]>(failed: (...words: Words) => void): (...words: Words) => void {
    const counting = this.#counting;
    if (counting === undefined) return failed;
    return (...words) => {
      counting.failed();
      failed(...words);
    };
  }

  /** What has been counted, without what stands for the process as a whole. */
  families(): readonly MetricFamily[] {
    if (this.#connections === undefined || this.#counting === undefined) return [];
    return this.#counting.families(this.#service.site, this.#connections);
  }

  /**
   * Listens where the options say; `failed` is told of errors. Throws a `ServeError` when a place
   * can't be had.
   */
  listen(failed: (error: unknown) => void): void {
    const { clock, site } = this.#service;
    const text = (): string =>
      metricsText([
        ...serverFamilies(this.#unreadiness() === undefined, clock.epochMs()),
        ...this.families(),
      ]);
    const content = {
      metrics: { type: metricsType, text },
      unreadiness: () => this.#unreadiness(),
    };
    const { limits, tree } = site();
    const service = { ...this.#service, limits, tree, failed };
    this.#listeners = new OperationsListeners(this.#options, content, service);
  }

  /** The descriptors of its listening sockets. */
  get sockets(): OperationsListeners["sockets"] {
    return this.#listeners?.sockets ?? {};
  }

  /**
   * The server listens, and has `connections`. Sockets that it was given are accepted on only now:
   * the process that it takes over from answers on them until this one is ready.
   */
  begin(connections: () => number): void {
    this.#connections = connections;
    this.#listeners?.adopt();
    this.#counting?.begin(this.#service.site().limits);
  }

  /** The server is about to stop: it is ready no more, though it still serves. */
  drain(): void {
    this.#isStopping = true;
  }

  /**
   * Another process answers on the same sockets from now on, so that the service stays ready
   * whatever becomes of this server. Answers with the listeners, which are to be closed.
   */
  replaced(): readonly Listener[] {
    this.#isReplaced = true;
    return this.#listeners?.listeners ?? [];
  }

  /** The server has stopped. */
  async close(): Promise<void> {
    this.drain();
    this.#counting?.stop();
    await this.#listeners?.close();
  }

  #unreadiness(): string | undefined {
    if (this.#isReplaced) return undefined;
    if (this.#isStopping) return "it is stopping";
    if (this.#connections === undefined) return "it does not listen yet";
    return missingRoot(this.#service.site());
  }
}
