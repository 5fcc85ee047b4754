/**
 * The rules of faults: which requests are hit, and by what. A rule has a method and a path as a
 * route has. Of several rules for a request, the one whose path matches the least is tried first;
 * of several on one path, the one that was added last, then those of a list in its order. One that
 * doesn't hit, by its probability or because it has hit as often as it may, leaves the request to
 * the next.
 */

import { readMethod } from "../../site/library/added-routes.ts";
import { RoutePattern } from "../../site/library/route-pattern.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { isEarly } from "./accepted/accepted-rows.ts";
import type { RuleOptions } from "./fault-options.ts";
import { isOfAnswer } from "./faulty-answer.ts";
import { PseudoRandom } from "./pseudo-random.ts";

/** That a rule hits a request. */
export interface Hit {
  readonly rule: Rule;
  /** How many requests the rule has hit with this one. */
  readonly count: number;
  /** Where the pseudorandom times and octets of this answer come from. */
  readonly random: PseudoRandom;
}

/** A rule, with its state. */
export class Rule {
  readonly options: RuleOptions;
  /** Whether it hits connections, before a request. */
  readonly isEarly: boolean;
  /** Added by code; a reload replaces those of the configuration. */
  readonly isAdded: boolean;
  readonly #method: string;
  readonly #pattern: RoutePattern;
  readonly #random: PseudoRandom;
  #hits = 0;

  /**
   * Throws a TypeError if no request can match; also for a path or a method of faults that happen
   * before a request.
   */
  constructor(method: string, path: string, options: RuleOptions, isAdded: boolean) {
    this.options = options;
    const early = Object.keys(options).find(isEarly);
    if (early !== undefined && (method !== "*" || path !== "/*")) {
      throw new TypeError(`${early} happens before a request: its method is *, its path /*`);
    }
    this.isEarly = early !== undefined;
    this.isAdded = isAdded;
    this.#method = readMethod(method);
    this.#pattern = new RoutePattern(path);
    this.#random = new PseudoRandom(options.seed ?? 0);
  }

  /** Rules with lower ranks match less, and are tried first. */
  get rank(): string {
    return this.#pattern.rank;
  }

  /** Requests that it has hit. */
  get hits(): number {
    return this.#hits;
  }

  /** Whether it has hit as many requests as it may. */
  get isOver(): boolean {
    return this.#hits >= (this.options.times ?? Infinity);
  }

  #matches(path: ContainedPath, method: string): boolean {
    const own = this.#method;
    const isMethod = own === "*" || own === method || (own === "GET" && method === "HEAD");
    return isMethod && this.#pattern.match(path) !== undefined;
  }

  /**
   * Whether it hits the request of `method` for `path`, which has come now, and which `isAway` if a
   * guard has turned it away.
   */
  hit(path: ContainedPath, method: string, isAway = false): Hit | undefined {
    if (isAway && isOfAnswer(this.options)) return undefined;
    return this.#matches(path, method) ? this.draw() : undefined;
  }

  /** Whether it hits what has come now and might be hit. */
  draw(): Hit | undefined {
    if (this.isOver) return undefined;
    // Every request takes as many numbers, so that one that is spared changes nothing for others.
    const [drawn, seed] = [this.#random.next(), this.#random.bits()];
    if (drawn >= (this.options.probability ?? 1)) return undefined;
    this.#hits++;
    return { rule: this, count: this.#hits, random: new PseudoRandom(seed) };
  }

  /** The request that was hit has an answer to which nothing of this can happen. */
  missed(): void {
    this.#hits--;
  }
}

/** The rules of one server, in the order in which they are tried. */
export class Rules {
  #rules: readonly Rule[] = [];

  get count(): number {
    return this.#rules.length;
  }

  /** Those that a reload keeps. */
  get added(): readonly Rule[] {
    return this.#rules.filter(({ isAdded }) => isAdded);
  }

  /** The faults of each. */
  get options(): readonly RuleOptions[] {
    return this.#rules.map(({ options }) => options);
  }

  /** Adds `rule`. Those that are over are forgotten. */
  add(rule: Rule): void {
    this.#set([rule, ...this.#rules.filter(({ isOver }) => !isOver)]);
  }

  remove(rule: Rule): void {
    this.#rules = this.#rules.filter((one) => one !== rule);
  }

  /** Has `rules`, in the order of a configuration, in the place of those that weren't added. */
  replace(rules: readonly Rule[]): void {
    this.#set([...this.added, ...rules]);
  }

  #set(rules: readonly Rule[]): void {
    this.#rules = rules.toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0));
  }

  /** The first that hits the connection that has come now. */
  draw(): Hit | undefined {
    for (const rule of this.#rules) {
      const hit = rule.draw();
      if (hit !== undefined) return hit;
    }
    return undefined;
  }

  /** The first that hits the request of `method` for `path`, which a guard may have turned away. */
  hit(path: ContainedPath, method: string, isAway = false): Hit | undefined {
    for (const rule of this.#rules) {
      const hit = rule.hit(path, method, isAway);
      if (hit !== undefined) return hit;
    }
    return undefined;
  }
}
