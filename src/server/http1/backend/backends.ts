/**
 * The backends of one server. Sites that follow each other by a reload share the connections to a
 * backend that both have.
 */

import type { Limits } from "../../../base/limits.ts";
import type { Clock } from "../../../schedule/clock.ts";
import type { Scheduler } from "../../../schedule/scheduler.ts";
import { Timers } from "../../../schedule/timers.ts";
import type { Backend, BackendAddress, Backends } from "../../../site/proxy/backend.ts";
import { BackendPool } from "./backend-pool.ts";

/** The backends of a server, and their connections. */
export class BackendPools implements Backends {
  readonly #clock: Clock;
  readonly #timers: Timers;
  /** By address and limits. A configuration has a few, and each reload may add some. */
  readonly #pools = new Map<string, BackendPool>();

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#timers = new Timers(clock, scheduler.alarm());
  }

  at(address: BackendAddress, limits: Limits): Backend {
    const key = JSON.stringify([address, limits]);
    const known = this.#pools.get(key);
    if (known !== undefined) return known;
    for (const [other, pool] of this.#pools) {
      if (pool.connections === 0) this.#pools.delete(other);
    }
    const pool = new BackendPool(address, { limits, clock: this.#clock, timers: this.#timers });
    this.#pools.set(key, pool);
    return pool;
  }

  /** The server stops: connections that are free are closed, and others when they are. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }
}
