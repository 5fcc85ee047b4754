/**
 * The faults of one server: its rules, and the answers that they change. A fault is applied after
 * the site has answered, so no cache ever holds it. Loaded by the first rule.
 */

import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Answer } from "../../site/endpoint.ts";
import { pathOf } from "../../site/library/added-routes.ts";
import type { ChangedAnswer } from "../../site/library/route-request.ts";
import type { Request } from "../../site/request.ts";
import type { Moment } from "../../tree/view.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { TlsSetting } from "../serve-options.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import { isEarly } from "./accepted/accepted-rows.ts";
import { EarlyFaults } from "./accepted/early-faults.ts";
import type { AnswerFaults, FaultOptions, FaultRule, RuleOptions } from "./fault-options.ts";
import { faultNames, readRuleOptions } from "./fault-options.ts";
import type { Hit } from "./fault-rules.ts";
import { Rule, Rules } from "./fault-rules.ts";
import { faultTable } from "./fault-table.ts";
import type { ProperSite } from "./faulty-answer.ts";
import { faultyAnswer } from "./faulty-answer.ts";
import { applicable, withFaults } from "./faulty-response.ts";
import { PseudoRandom } from "./pseudo-random.ts";
import type { FaultOutput, FaultSurroundings } from "./wire/fault-output.ts";

/** A fault that was added. Disposing of it removes it. */
export interface AddedFault extends Disposable {
  /** How many requests it has hit. */
  readonly hits: number;
  /** Removes the fault; an answer that has begun keeps it. May be called more than once. */
  remove(): void;
}

/** What the faults of a server need. */
export interface FaultService {
  readonly limits: () => Limits;
  readonly scheduler: Scheduler;
  /** The TLS of the server; undefined for one without. */
  readonly tls: () => ServerTls | undefined;
}

/** The rules in the file at the path `file`. Throws a `ServeError` when it is wrong. */
function rulesIn(file: string, limits: Limits): readonly FaultRule[] {
  const { readFaultFile } = require("./fault-file.ts") as typeof import("./fault-file.ts");
  const read = readFaultFile(file, limits);
  if (!read.ok) throw new ServeError("faults", read.error);
  return read.value;
}

/** The rule that is configured as `given`; `at` is its place for messages. */
function configured(given: FaultRule, at: string, limits: Limits): Rule {
  // A configuration may have anything.
  const { method = "*", path = "/*", ...options } = Object(given) as FaultRule;
  if (typeof method !== "string") throw new ServeError("faults", `${at}method must be text`);
  if (typeof path !== "string") throw new ServeError("faults", `${at}path must be text`);
  const read = readRuleOptions({ ...options }, limits, ["method", "path"]);
  if (!read.ok) throw new ServeError("faults", `${at}${read.error}`);
  try {
    return new Rule(method, path, read.value, false);
  } catch (error) {
    throw new ServeError("faults", `${at}${error instanceof Error ? error.message : ""}`);
  }
}

/** The faults of one server. */
export class Faults {
  readonly #rules = new Rules();
  /** What hits connections, before a request. */
  readonly early: EarlyFaults;
  readonly #surroundings: FaultSurroundings;
  /** Connections that a fault closes when the next request has come. */
  readonly #closing = new WeakMap<object, FaultOptions>();

  constructor({ limits, scheduler, tls }: FaultService) {
    this.early = new EarlyFaults(limits, tls);
    this.#surroundings = { limits, scheduler, open: new Set<FaultOutput>(), isStopping: false };
  }

  /** Adds a rule; see `Server.fault`. */
  add(method: string, path: string, options: RuleOptions): AddedFault {
    const limits = this.#surroundings.limits();
    const read = readRuleOptions({ ...options }, limits);
    if (!read.ok) throw new TypeError(read.error);
    const rule = new Rule(method, path, read.value, true);
    const rules = rule.isEarly ? this.early : this.#rules;
    rules.add(rule);
    const remove = (): void => rules.remove(rule);
    if (this.#rules.count + this.early.count > limits.faultRulesMax) {
      remove();
      throw new TypeError(`at most ${limits.faultRulesMax} rules (limits.faultRulesMax)`);
    }
    return {
      get hits() {
        return rule.hits;
      },
      remove,
      [Symbol.dispose]: remove,
    };
  }

  /**
   * Replaces the rules of the configuration by those of `given`, a list or the path of a file,
   * which begin anew; rules that were added stay. Throws a `ServeError`, and changes nothing, when
   * one is wrong by `limits`, which the server is about to have, as it may have another `tls`.
   */
  configure(given: readonly FaultRule[] | string, limits: Limits, tls?: TlsSetting | false): void {
    const rules = typeof given === "string" ? rulesIn(given, limits) : given;
    if (rules.length > limits.faultRulesMax) {
      throw new ServeError("faults", `at most ${limits.faultRulesMax} rules (faultRulesMax)`);
    }
    const read = rules.map((rule, i) => configured(rule, `rule ${i + 1}: `, limits));
    this.early.replace(
      read.filter((rule) => rule.isEarly),
      tls,
    );
    this.#rules.replace(read.filter((rule) => !rule.isEarly));
  }

  /** A route's answer with faults; see `Server.withFaults`. */
  change(answer: ChangedAnswer["answer"], given: AnswerFaults): ChangedAnswer {
    const { seed, ...options } = given;
    const read = readRuleOptions(options, this.#surroundings.limits(), ["seed"]);
    if (!read.ok) throw new TypeError(read.error);
    const faults: RuleOptions = read.value;
    const rulesOwn = [
      ...faultNames(faults).filter((name) => isEarly(name) || faultTable[name].phase === "answer"),
      ...(["probability", "times"] as const).filter((name) => faults[name] !== undefined),
    ];
    if (rulesOwn.length > 0) throw new TypeError(`${rulesOwn[0]} is for rules (server.fault)`);
    const change = (response: Response, request: Request): Response => {
      const some = applicable(faults, response, request);
      if (some === undefined) return response;
      return this.#put(some, response, request, new PseudoRandom(seed ?? 0));
    };
    return { answer, change };
  }

  #put(faults: FaultOptions, response: Response, request: Request, random: PseudoRandom): Response {
    const { connection } = request;
    if (faults.keepAliveClose === "on-request" && connection !== undefined) {
      this.#closing.set(connection, faults);
    }
    return withFaults(response, faults, random, this.#surroundings);
  }

  /**
   * Answers `request` as `site` does with the state at `since`, with the faults of the rule that
   * hits it, if any does.
   */
  answer(request: Request, since: Moment, site: ProperSite): Answer {
    const closing = this.#closing.get(request.connection ?? request);
    if (closing !== undefined) return this.#noAnswer(closing);
    return whenReady(site.turnAway(request), (away) => {
      const path = pathOf(request);
      const { method } = request.head;
      const isAway = away !== undefined;
      const hit = path === undefined ? undefined : this.#rules.hit(path, method, isAway);
      const answer =
        hit === undefined || isAway
          ? site.answerAfter(away, request, since)
          : faultyAnswer(hit.rule.options, { request, since }, site, hit.count);
      if (hit === undefined) return answer;
      return whenReady(answer, (response) => this.#hit(hit, response, request));
    });
  }

  /** `response`, which `hit` has a part in, with its other faults. */
  #hit({ rule, random }: Hit, response: Response, request: Request): Response {
    const faults = applicable(rule.options, response, request);
    // What a route has made faulty stays as the route has it.
    if (faults !== undefined && response.faults === undefined) {
      return this.#put(faults, response, request, random);
    }
    rule.missed();
    return response;
  }

  /** Ends a connection instead of answering the request that has come on it. */
  #noAnswer({ by = "fin" }: FaultOptions): Response {
    const response = new ResponseBuilder(503).build();
    const faults = { cutHeadAfterBytes: 0, by };
    const cut = withFaults(response, faults, new PseudoRandom(0), this.#surroundings);
    return { ...cut, note: { faults: ["keepAliveClose"] } };
  }

  /** The server stops: no fault holds it up. */
  stop(): void {
    this.#surroundings.isStopping = true;
    for (const output of this.#surroundings.open) output.stop();
  }
}
