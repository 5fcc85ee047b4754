/**
 * The backends of one server. Sites that follow each other by a reload share the connections to a
 * backend that both have.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { Scheduler } from "../../../schedule/scheduler.ts";
import { Timers } from "../../../schedule/timers.ts";
import type {
  Backend,
  BackendAddress,
  BackendState,
  Backends,
} from "../../../site/proxy/backend.ts";
import { BackendPool } from "./backend-pool.ts";

/** The backends of a server, and their connections. */
export class BackendPools implements Backends {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** Those of the site that was opened last, by address and limits. */
  #pools: ReadonlyMap<string, BackendPool> = new Map();

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#timers = new Timers(clock, scheduler.alarm());
  }

  open(addresses: readonly BackendAddress[], limits: Limits): readonly Backend[] {
    const surroundings = { limits, clock: this.#clock, timers: this.#timers };
    const pools = new Map<string, BackendPool>();
    const backends = addresses.map((address) => {
      const key = JSON.stringify([address, limits]);
      const known = pools.get(key) ?? this.#pools.get(key);
      const pool = known ?? new BackendPool(address, surroundings);
      pools.set(key, pool);
      return pool;
    });
    for (const [key, pool] of this.#pools) if (!pools.has(key)) pool.closeFree();
    this.#pools = pools;
    return backends;
  }

  states(): readonly BackendState[] {
    return [...this.#pools.values()].map(({ state }) => state);
  }

  /** The server stops: connections that are free are closed, and others when they are. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }
}
