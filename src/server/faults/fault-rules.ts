/**
 * The rules of faults: which requests are hit, and by what. A rule has a method and a path as a
 * route has. Of several rules for a request, the one whose path matches the least is tried first;
 * of several on one path, the one that was added last. One that doesn't hit, by its probability,
 * leaves the request to the next.
 */

import { RoutePattern } from "../../site/library/route-pattern.ts";
import { readMethod } from "../../site/library/added-routes.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { isEarly } from "./accepted/accepted-rows.ts";
import type { RuleOptions } from "./fault-options.ts";
import { PseudoRandom } from "./pseudo-random.ts";

/** A rule, with its state. */
export class FaultRuleState {
  readonly method: string;
  readonly pattern: RoutePattern;
  readonly options: RuleOptions;
  /** Whether it hits connections, before a request. */
  readonly isEarly: boolean;
  /** Of the configuration, which a reload replaces, or added by code. */
  readonly isAdded: boolean;
  readonly random: PseudoRandom;
  /** Requests that it has hit. */
  hits = 0;

  /**
   * Throws a TypeError if no request can match; also for a path or a method of faults that happen
   * before a request.
   */
  constructor(method: string, path: string, options: RuleOptions, isAdded: boolean) {
    this.method = readMethod(method);
    this.pattern = new RoutePattern(path);
    this.options = options;
    const early = Object.keys(options).find(isEarly);
    if (early !== undefined && (method !== "*" || path !== "/*")) {
      throw new TypeError(`${early} happens before a request: its method is *, its path /*`);
    }
    this.isEarly = early !== undefined;
    this.isAdded = isAdded;
    this.random = new PseudoRandom(options.seed ?? 0);
  }

  /** Whether it has hit as many requests as it may. */
  get isOver(): boolean {
    return this.hits >= (this.options.times ?? Infinity);
  }

  /** Whether its path and method are those of a request. */
  matches(path: ContainedPath, method: string): boolean {
    const isMethod =
      this.method === "*" || this.method === method || (this.method === "GET" && method === "HEAD");
    return isMethod && this.pattern.match(path) !== undefined;
  }

  /** Whether it hits the request that has come now, which it matches. */
  hit(): boolean {
    const { probability = 1 } = this.options;
    if (probability < 1 && this.random.next() >= probability) return false;
    this.hits++;
    return true;
  }
}
