/**
 * What a test may ask of faults, as types, and the checks of what it asked, both by the table.
 */

import type { Limits } from "../../base/limits.ts";
import { nearestWord } from "../../base/nearest-word.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { isEarly } from "./accepted/accepted-rows.ts";
import type { FaultKind } from "./fault-kind.ts";
import type { FaultName, FaultRow } from "./fault-table.ts";
import { chanceTable, faultTable } from "./fault-table.ts";

type ValueOf<Row> = Row extends FaultRow<infer Value> ? Value : never;

/** Faults, by name; see docs/faults.md. */
export type FaultOptions = {
  readonly [Name in FaultName]?: ValueOf<(typeof faultTable)[Name]>;
};

/** The phases before there is an answer. */
type PhaseBefore = "accept" | "handshake" | "answer";

/** The faults that replace or change an answer before there is one, or a connection before it. */
type AnswerFault = {
  [Name in FaultName]: (typeof faultTable)[Name]["phase"] extends PhaseBefore ? Name : never;
}[FaultName];

/** Faults of an answer that a route gives. */
export interface AnswerFaults extends Omit<FaultOptions, AnswerFault> {
  /** What pseudorandom times and octets begin with; 0 by default. */
  readonly seed?: number;
}

/** How often the faults of a rule hit. */
interface FaultChance extends Readonly<Partial<Record<keyof typeof chanceTable, number>>> {
  /** The share of the requests that are hit, above 0 and up to 1; 1 by default. */
  readonly probability?: number;
  /**
   * What the pseudorandom numbers begin with, 0 by default: the same seed and the same requests in
   * the same order give the same faults.
   */
  readonly seed?: number;
  /** How many requests are hit; after them the rule is over. */
  readonly times?: number;
}

/** Faults, and how often they hit. */
export interface RuleOptions extends FaultOptions, FaultChance {}

/** Faults of the requests for a path. */
export interface FaultRule extends RuleOptions {
  /** The method, "*" for any; that of GET hits HEAD, too. "*" by default. */
  readonly method?: string;
  /** The path, with placeholders as a route's: "/users/:id", "/api/*". "/*" by default. */
  readonly path?: string;
}

const rows: Readonly<Record<string, FaultRow>> = faultTable;
const chances: Readonly<Record<string, { readonly kind: FaultKind<unknown> }>> = chanceTable;

/** How the value called `name` is written and checked; undefined when nothing is called so. */
export function kindOf(name: string): FaultKind<unknown> | undefined {
  return (Object.hasOwn(chances, name) ? chances[name] : rowOf(name))?.kind;
}

function rowOf(name: string): FaultRow | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined;
}

/** The name of `known` that `name` begins, or that means the same; undefined for none. */
function likelyName(name: string, known: readonly string[]): string | undefined {
  if (/^[a-z]*delay(?:ms)?$/i.test(name)) return "latencyMs";
  const begun = name.toLowerCase();
  return begun.length < 4 ? undefined : known.find((one) => one.toLowerCase().startsWith(begun));
}

/** The line about a name that nothing has; `others` are names that could have been meant, too. */
export function unknownName(name: string, others: readonly string[] = []): string {
  const known = [...Object.keys(rows), ...Object.keys(chances), ...others];
  const nearest = nearestWord(name, known) ?? likelyName(name, known);
  const hint = nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  return `no fault is called ${JSON.stringify(name)}${hint}`;
}

/** What is wrong with `value` for `name`, in a line; undefined when nothing is. */
function valueFault(
  name: string,
  value: unknown,
  limits: Limits,
  others: readonly string[],
): string | undefined {
  const kind = kindOf(name);
  if (kind === undefined) return unknownName(name, others);
  if (kind.accepts(value, limits)) return undefined;
  return `${name} must be ${kind.expected(limits)}, not ${shown(value)}`;
}

function shown(value: unknown): string {
  return typeof value === "bigint" ? `${value}` : (JSON.stringify(value) ?? typeof value);
}

/** What contradicts in the faults called `names`; undefined when nothing does. */
function contradiction(names: readonly string[]): string | undefined {
  const early = names.find(isEarly);
  const late = names.find((name) => !isEarly(name));
  if (early !== undefined && late !== undefined) {
    return `${early} hits connections and ${late} requests, so each needs a rule of its own`;
  }
  for (const name of names) {
    const { needs, excludes = [] } = rowOf(name) ?? {};
    const other = excludes.find((one) => names.includes(one));
    if (other !== undefined) return `${name} contradicts ${other}`;
    if (needs !== undefined && !needs.some((one) => names.includes(one))) {
      return `${name} needs ${needs.join(" or ")}`;
    }
  }
  return undefined;
}

/** What of `options` would never happen; undefined when all of it may. */
function unreachable({
  stallAfterBytes,
  stallMs,
  cutAfterBytes,
}: FaultOptions): string | undefined {
  if (stallAfterBytes === undefined || cutAfterBytes === undefined) return undefined;
  if (stallAfterBytes > cutAfterBytes)
    return "stallAfterBytes is never reached: cutAfterBytes is less";
  if (stallMs !== undefined) return undefined;
  return "cutAfterBytes is never reached: stallAfterBytes without stallMs has no end";
}

/**
 * Checks what a rule is given, besides its method and path. Fails with a line that names what is
 * wrong: a name, a value, or two faults that contradict each other. `others` are names that the
 * caller reads.
 */
export function readRuleOptions(
  given: Readonly<Record<string, unknown>>,
  limits: Limits,
  others: readonly string[] = [],
): Result<RuleOptions, string> {
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== false);
  for (const [name, value] of set) {
    const fault = valueFault(name, value, limits, others);
    if (fault !== undefined) return failure(fault);
  }
  const names = set.map(([name]) => name).filter((name) => rowOf(name) !== undefined);
  if (names.length === 0) return failure("no fault is given");
  const options = Object.fromEntries(set) as RuleOptions;
  const fault = contradiction(names) ?? unreachable(options);
  return fault === undefined ? success(options) : failure(fault);
}

/** The names of the faults in `options`, in the table's order, without those that say how. */
export function faultNames(options: FaultOptions): readonly FaultName[] {
  const names = Object.keys(faultTable) as FaultName[];
  return names.filter((name) => options[name] !== undefined && rows[name]?.needs === undefined);
}
