/**
 * The listeners for those who run a server, beside its own: one for metrics, one for health, or one
 * for both where the options name the same place twice. They have connections as the server has
 * them, few, in cleartext, and without faults, observers and proxies.
 *
 * A place whose socket the server was given is opened in two steps. The other process that has the
 * socket answers on it as long as this one isn't ready, so nothing is accepted before `adopt`.
 */

import type { Limits } from "../../base/limits.ts";
import { milliseconds } from "../../base/units.ts";
import { Timers } from "../../schedule/timers.ts";
import type { OperationsContent } from "../../site/operations/operations-site.ts";
import { openOperationsSite } from "../../site/operations/operations-site.ts";
import type { SiteSurroundings } from "../../site/open-site.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { Tree } from "../../tree/tree.ts";
import { http1Factory } from "../http1/http1-factory.ts";
import { Listener } from "../listener.ts";
import type { GivenSockets } from "../listening/given-sockets.ts";
import { machineNames } from "../machine-names.ts";
import { Observers } from "../observers.ts";
import type { CompleteOptions } from "../serve-options.ts";
import type { ListenPlace } from "./listen-place.ts";
import { readPlace } from "./listen-place.ts";

/** What the listeners are made of besides the options. */
interface ListenersService extends Pick<SiteSurroundings, "clock" | "logicalClock" | "budgets"> {
  readonly limits: Limits;
  readonly tree: Tree;
  readonly failed: (error: unknown) => void;
}

/** Where they listen. */
export interface OperationsUrls {
  readonly metricsUrl: URL | undefined;
  readonly healthUrl: URL | undefined;
}

/** The place that the option called `name` asks for; undefined for none. */
function placeOf(
  name: "metrics" | "health",
  value: string | number | true | undefined,
): ListenPlace | undefined {
  if (value === undefined || value === true) return undefined;
  const place = readPlace(String(value));
  if (place !== undefined) return place;
  const example = "a port, 9100, or a host and a port, 0.0.0.0:9100";
  throw new ServeError(name, `${name} must be ${example}, not ${JSON.stringify(value)}`);
}

/** The open listeners. */
export class OperationsListeners implements OperationsUrls {
  readonly metricsUrl: URL | undefined;
  readonly healthUrl: URL | undefined;
  readonly #options: CompleteOptions;
  readonly #service: ListenersService;
  readonly #byOption: Partial<Record<"metrics" | "health", Listener | undefined>> = {};
  /** What accepts on the sockets that the server was given. */
  readonly #adopting: (() => void)[] = [];

  /** Throws a `ServeError` when a place is wrong, or can't be had. */
  constructor(
    options: CompleteOptions,
    { metrics, unreadiness }: Required<OperationsContent>,
    service: ListenersService,
  ) {
    this.#options = options;
    this.#service = service;
    const places = {
      metrics: placeOf("metrics", options.metrics),
      health: placeOf("health", options.health),
    };
    try {
      if (places.metrics !== undefined && Bun.deepEquals(places.metrics, places.health)) {
        const url = this.#open("metrics", places.metrics, { metrics, unreadiness });
        this.metricsUrl = new URL("/metrics", url);
        this.healthUrl = url;
        this.#byOption.health = this.#byOption.metrics;
        return;
      }
      if (places.metrics !== undefined) {
        const url = this.#open("metrics", places.metrics, { metrics });
        this.metricsUrl = new URL("/metrics", url);
      }
      if (places.health !== undefined) {
        this.healthUrl = this.#open("health", places.health, { unreadiness });
      }
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /** The open listeners; one that stands for both options is among them once. */
  get listeners(): readonly Listener[] {
    const all = new Set(Object.values(this.#byOption));
    return [...all].filter((one) => one !== undefined);
  }

  /** The descriptors of the listening sockets; none of one that isn't accepted on yet. */
  get sockets(): Pick<GivenSockets, "metrics" | "health"> {
    const { metrics, health } = this.#byOption;
    return {
      ...(metrics === undefined ? {} : { metrics: metrics.descriptors }),
      ...(health === undefined ? {} : { health: health.descriptors }),
    };
  }

  /** Accepts on the sockets that the server was given. Throws a `ServeError` if one is none. */
  adopt(): void {
    for (const adopt of this.#adopting.splice(0)) adopt();
  }

  /** Has `content` answered at `host` and `port`, or on the socket that `name` was given. */
  #open(name: "metrics" | "health", { host, port }: ListenPlace, content: OperationsContent): URL {
    const { clock, logicalClock, budgets, failed, tree } = this.#service;
    const { scheduler } = budgets;
    const limits = limitsFor(this.#service.limits);
    const hostNames = (): readonly string[] => [host, ...machineNames()];
    const site = openOperationsSite(content, this.#options, { limits, budgets, hostNames, tree });
    const context = {
      limits,
      scheduler,
      clock,
      logicalClock,
      timers: new Timers(clock, scheduler.alarm()),
      answer: site.answer.bind(site),
      refuse: site.refuse.bind(site),
      observers: new Observers(failed),
      failed,
    };
    const listener = new Listener(context, http1Factory());
    this.#byOption[name] = listener;
    const given = this.#options.sockets?.[name] ?? [];
    if (given.length > 0) {
      this.#adopting.push(() => {
        const { adoptAll } =
          require("../listening/open-other.ts") as typeof import("../listening/open-other.ts");
        adoptAll(listener, given);
      });
      return new URL(`http://${host}:${port}/`);
    }
    const opened = listener.open(host, port);
    // Not "port-taken": the port that the server itself listens on is another one.
    if (!opened.ok) throw new ServeError("listen", `--${name}: ${opened.error.message}`);
    return new URL(`http://${host}:${opened.value}/`);
  }

  /** Accepts no more connections, and resolves when those that are open have ended, or soon. */
  async close(): Promise<void> {
    const { budgets, limits } = this.#service;
    const closing = this.listeners.map((listener) => listener.close());
    const alarm = budgets.scheduler.alarm();
    alarm.set(limits.metricsTimeMs, () => {
      for (const listener of this.listeners) listener.abort();
    });
    await Promise.all(closing);
    alarm.clear();
  }
}

/**
 * The limits of connections that a few programs of the operator have. One that waits for the next
 * look at the server would keep a probe out, so it is closed soon.
 */
function limitsFor(limits: Limits): Limits {
  const connectionsMax = Math.min(limits.operationsConnectionsMax, limits.connectionsMax);
  const pauseMs = 2 * limits.metricsTimeMs;
  return {
    ...limits,
    connectionsMax,
    connectionsPerAddressMax: connectionsMax,
    headerTimeMs: milliseconds(Math.min(limits.headerTimeMs, pauseMs)),
    idleTimeMs: milliseconds(Math.min(limits.idleTimeMs, pauseMs)),
  };
}
