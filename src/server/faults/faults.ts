/**
 * The faults of one server: the rules of its configuration and those that were added, and the
 * answers that they change. A fault is applied after the site has answered, so no cache ever holds
 * it. Loaded by the first rule.
 */

import { whenReady } from "../../base/eventual.ts";
import type { Limits } from "../../base/limits.ts";
import type { Response } from "../../http/message/response.ts";
import type { Scheduler } from "../../schedule/scheduler.ts";
import type { Answer } from "../../site/endpoint.ts";
import { pathOf } from "../../site/library/added-routes.ts";
import type { Request } from "../../site/request.ts";
import { ServeError } from "../../site/serve-error.ts";
import type { TlsSetting } from "../serve-options.ts";
import type { ServerTls } from "../tls/server-tls.ts";
import type { ConnectionFaults } from "./accepted/accepted-faults.ts";
import { connectionFaults } from "./accepted/accepted-faults.ts";
import { isOfHandshake } from "./accepted/accepted-rows.ts";
import type { FaultRule, RuleOptions } from "./fault-options.ts";
import { faultNames, readRuleOptions } from "./fault-options.ts";
import { FaultRuleState } from "./fault-rules.ts";
import { withFaults } from "./faulty-response.ts";
import type { FaultOutput, FaultSurroundings } from "./fault-output.ts";

/** A fault that was added. Disposing of it removes it. */
export interface AddedFault extends Disposable {
  /** How many requests it has hit. */
  readonly hits: number;
  /** Removes the fault; a response that is being sent keeps it. May be called more than once. */
  remove(): void;
}

/** What the faults of a server need. */
interface FaultService {
  readonly limits: () => Limits;
  readonly scheduler: Scheduler;
  /** The TLS of the server; undefined for one without. */
  readonly tls: () => Pick<ServerTls, "keepFlaws"> | undefined;
}

/** The faults of one server. */
export class Faults {
  readonly #surroundings: FaultSurroundings;
  /** In the order in which they are tried. */
  #rules: readonly FaultRuleState[] = [];
  readonly #tls: FaultService["tls"];

  constructor({ limits, scheduler, tls }: FaultService) {
    this.#tls = tls;
    this.#surroundings = { limits, scheduler, open: new Set<FaultOutput>() };
  }

  /** Whether there is any rule. */
  get isOn(): boolean {
    return this.#rules.length > 0;
  }

  /** Adds a rule; see `Server.fault`. Throws a TypeError when it is wrong. */
  add(method: string, path: string, options: RuleOptions): AddedFault {
    const read = readRuleOptions({ ...options }, this.#surroundings.limits());
    if (!read.ok) throw new TypeError(read.error);
    const rule = new FaultRuleState(method, path, read.value, true);
    this.#set([rule, ...this.#rules]);
    const remove = (): void => {
      this.#rules = this.#rules.filter((one) => one !== rule);
    };
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
   * which begin anew; rules that were added stay. `tls` is the certificate's setting if it is to
   * change. Throws a `ServeError`, and changes nothing, when one is wrong.
   */
  configure(given: readonly FaultRule[] | string, tls?: TlsSetting | false): void {
    const limits = this.#surroundings.limits();
    const rules = typeof given === "string" ? rulesIn(given, limits) : given;
    const read = rules.map((rule, i) => {
      const { method = "*", path = "/*", ...options } = rule;
      const checked = readRuleOptions(options, limits);
      const where = rules.length === 1 ? "" : `[${i}]: `;
      if (!checked.ok) throw new ServeError("faults", `${where}${checked.error}`);
      try {
        return new FaultRuleState(method, path, checked.value, false);
      } catch (error) {
        throw new ServeError("faults", `${where}${error instanceof Error ? error.message : ""}`);
      }
    });
    this.#set([...this.#rules.filter(({ isAdded }) => isAdded), ...read.toReversed()], tls);
  }

  #set(rules: readonly FaultRuleState[], tls?: TlsSetting | false): void {
    const { faultRulesMax } = this.#surroundings.limits();
    if (rules.length > faultRulesMax) {
      throw new ServeError("faults", `at most ${faultRulesMax} rules (limits.faultRulesMax)`);
    }
    this.#prepareTls(rules, tls);
    this.#rules = rules.toSorted((a, b) => compareRanks(a.pattern.rank, b.pattern.rank));
  }

  /** Has the certificates at hand that `rules` show. Throws a `ServeError` when there are none. */
  #prepareTls(rules: readonly FaultRuleState[], setting: TlsSetting | false | undefined): void {
    const tls = this.#tls();
    const needy = rules
      .flatMap(({ options }) => faultNames(options))
      .find((name) => isOfHandshake(name));
    if (tls === undefined && needy !== undefined) {
      throw new ServeError("faults", `${needy} happens in a handshake, so it needs TLS`);
    }
    const flaws = rules.flatMap(({ options }) => options.certificate ?? []);
    tls?.keepFlaws([...new Set(flaws)], setting === false ? undefined : setting);
  }

  /** What befalls the connection that has just been accepted; undefined for one that is spared. */
  nextConnection(): ConnectionFaults | undefined {
    const rule = this.#rules.find((one) => one.isEarly && one.hit());
    if (rule === undefined) return undefined;
    this.#dropIfOver(rule);
    return connectionFaults(rule.options, this.#surroundings.limits());
  }

  /** Answers `request` as `site` does, with the faults of the rule that hits it, if any does. */
  answer(request: Request, site: (request: Request) => Answer): Answer {
    const rule = this.#hitting(request);
    const answer = site(request);
    if (rule === undefined) return answer;
    return whenReady(answer, (response): Response =>
      withFaults(response, rule.options, request, this.#surroundings),
    );
  }

  /** The rule that hits `request`. */
  #hitting(request: Request): FaultRuleState | undefined {
    const path = pathOf(request);
    if (path === undefined) return undefined;
    const { method } = request.head;
    const rule = this.#rules.find((one) => !one.isEarly && one.matches(path, method) && one.hit());
    if (rule !== undefined) this.#dropIfOver(rule);
    return rule;
  }

  #dropIfOver(rule: FaultRuleState): void {
    if (rule.isOver) this.#rules = this.#rules.filter((one) => one !== rule);
  }

  /** The server stops: no fault holds it up. */
  stop(): void {
    for (const output of this.#surroundings.open) output.hurry();
  }
}

/** The rules in the file at the path `file`. Throws a `ServeError` when it is wrong. */
function rulesIn(file: string, limits: Limits): readonly FaultRule[] {
  const { readFaultFile } = require("./fault-file.ts") as typeof import("./fault-file.ts");
  const read = readFaultFile(file, limits);
  if (!read.ok) throw new ServeError("faults", read.error);
  return read.value;
}

function compareRanks(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
