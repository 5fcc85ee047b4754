/**
 * Conditional requests (RFC 9110 §13): a function for each field, three-valued, and one table that
 * composes them in the order of §13.2.2, its steps numbered as there.
 */

import { parseHttpDate } from "./date.ts";
import type { EntityTag, TagCondition } from "./entity-tag.ts";
import { parseEntityTag, parseTagCondition, strongEqual, weakEqual } from "./entity-tag.ts";
import type { Fields } from "./fields.ts";

/** The validators of the selected representation. */
export interface Validators {
  /** Absent when the target has no representation. */
  readonly entityTag?: EntityTag;
  /** Of the last change, in whole seconds since 1970. */
  readonly lastModifiedSeconds?: number;
  /**
   * Whether the date may be used where a strong validator is needed (§8.8.2.2): when it is at least
   * a second older than the response.
   */
  readonly lastModifiedIsStrong?: boolean;
}

/** The outcome of a condition. */
export type Outcome = "absent" | "holds" | "fails";

/**
 * What the conditions of a request come to. With "proceed", `range` says whether Range counts; with
 * "failed", `reason` says which condition is false, for the log.
 */
export type Verdict =
  | { readonly kind: "proceed"; readonly range: boolean }
  | { readonly kind: "not-modified" }
  | { readonly kind: "failed"; readonly reason: string };

function tagsOf(fields: Fields, name: string): TagCondition | "malformed" | undefined {
  const values = fields.getAll(name);
  return values.length === 0 ? undefined : (parseTagCondition(values.join(", ")) ?? "malformed");
}

/** If-Match (§13.1.1), by strong comparison. A list that can't be read matches nothing. */
export function ifMatch(fields: Fields, { entityTag }: Validators): Outcome {
  const tags = tagsOf(fields, "if-match");
  if (tags === undefined) return "absent";
  if (tags === "malformed" || entityTag === undefined) return "fails";
  return tags === "*" || tags.some((tag) => strongEqual(tag, entityTag)) ? "holds" : "fails";
}

/** If-Unmodified-Since (§13.1.4). A date that can't be read is ignored. */
export function ifUnmodifiedSince(fields: Fields, validators: Validators, now: number): Outcome {
  const { lastModifiedSeconds } = validators;
  const since = dateOf(fields, "if-unmodified-since", now);
  if (since === undefined || lastModifiedSeconds === undefined) return "absent";
  return lastModifiedSeconds <= since ? "holds" : "fails";
}

/** If-None-Match (§13.1.2), by weak comparison. A list that can't be read matches nothing. */
export function ifNoneMatch(fields: Fields, { entityTag }: Validators): Outcome {
  const tags = tagsOf(fields, "if-none-match");
  if (tags === undefined) return "absent";
  if (tags === "malformed" || entityTag === undefined) return "holds";
  return tags === "*" || tags.some((tag) => weakEqual(tag, entityTag)) ? "fails" : "holds";
}

/** If-Modified-Since (§13.1.3), for GET and HEAD. A date that can't be read is ignored. */
export function ifModifiedSince(fields: Fields, validators: Validators, now: number): Outcome {
  const { lastModifiedSeconds } = validators;
  const since = dateOf(fields, "if-modified-since", now);
  if (since === undefined || lastModifiedSeconds === undefined) return "absent";
  return lastModifiedSeconds > since ? "holds" : "fails";
}

/** If-Range (§13.1.5): an entity tag by strong comparison, or a date that is exactly the same. */
export function ifRange(fields: Fields, validators: Validators, now: number): Outcome {
  const values = fields.getAll("if-range");
  const [value] = values;
  if (value === undefined) return "absent";
  if (values.length > 1) return "fails";
  const tag = parseEntityTag(value);
  if (tag !== undefined) {
    const { entityTag } = validators;
    return entityTag !== undefined && strongEqual(tag, entityTag) ? "holds" : "fails";
  }
  const date = parseHttpDate(value, now);
  const same = date !== undefined && date === validators.lastModifiedSeconds;
  return same && validators.lastModifiedIsStrong === true ? "holds" : "fails";
}

function dateOf(fields: Fields, name: string, now: number): number | undefined {
  const values = fields.getAll(name);
  return values.length === 1 ? parseHttpDate(values[0] ?? "", now) : undefined;
}

/** A condition, and what it counts for. */
interface Condition {
  readonly field: string;
  /** The methods it counts for; absent for all. */
  readonly methods?: readonly string[];
  /** The field beside which it is ignored, whatever that field holds. */
  readonly ignoredBeside?: string;
  /**
   * Whether its outcome may change with the clock while the representation stays as it is: whether
   * a date is a strong validator (§8.8.2.2), and the century of a two-digit year (§5.6.7).
   */
  readonly readsClock: boolean;
  readonly outcome: (fields: Fields, validators: Validators, now: number) => Outcome;
  /** What its failure comes to; "whole" means that Range doesn't count. */
  readonly failure: "failed" | "not-modified" | "whole";
}

/** The conditions in the order of §13.2.2. All that is said of conditions below follows from it. */
const conditions: readonly Condition[] = [
  // Step 1.
  { field: "if-match", readsClock: false, outcome: ifMatch, failure: "failed" },
  // Step 2; §13.1.4: ignored beside If-Match.
  {
    field: "if-unmodified-since",
    ignoredBeside: "if-match",
    readsClock: true,
    outcome: ifUnmodifiedSince,
    failure: "failed",
  },
  // Step 3.
  { field: "if-none-match", readsClock: false, outcome: ifNoneMatch, failure: "not-modified" },
  // Step 4; §13.1.3: ignored beside If-None-Match.
  {
    field: "if-modified-since",
    methods: ["GET", "HEAD"],
    ignoredBeside: "if-none-match",
    readsClock: true,
    outcome: ifModifiedSince,
    failure: "not-modified",
  },
  // Step 5; §14.2: Range is defined for GET alone.
  { field: "if-range", methods: ["GET"], readsClock: true, outcome: ifRange, failure: "whole" },
];

/** Whether `fields` hold `condition`, and nothing beside which it is ignored. */
function isPresent({ field, ignoredBeside }: Condition, fields: Fields): boolean {
  if (!fields.has(field)) return false;
  return ignoredBeside === undefined || !fields.has(ignoredBeside);
}

/** Whether nothing in `fields` could make a GET be answered with anything but the whole. */
export function asksForWhole(fields: Fields): boolean {
  for (const { field } of conditions) if (fields.has(field)) return false;
  return !fields.has("range");
}

/**
 * Whether what the conditions of a GET with `fields` come to may change with the time, and not only
 * with the representation.
 */
export function dependsOnTime(fields: Fields): boolean {
  for (const condition of conditions) {
    if (condition.readsClock && isPresent(condition, fields)) return true;
  }
  return false;
}

/**
 * Whether a request with `fields`, neither a GET nor a HEAD, has a condition that counts for it.
 */
export function hasCondition(fields: Fields): boolean {
  for (const { field, methods } of conditions) {
    if (methods === undefined && fields.has(field)) return true;
  }
  return false;
}

/** Why the condition in `field` is false of what has `validators`, in words. */
function explainFailure(field: string, fields: Fields, { entityTag }: Validators): string {
  if (field === "if-unmodified-since") return "If-Unmodified-Since is false: it has changed since";
  if (field === "if-match") {
    const what = entityTag === undefined ? "nothing is there" : "it has none of these tags";
    return `If-Match is false: ${what}`;
  }
  const isAny = tagsOf(fields, field) === "*";
  return isAny
    ? "If-None-Match: * is false: it is there"
    : "If-None-Match is false: it has this tag";
}

/**
 * Weighs the conditions of a request for which the answer would be 2xx without them (§13.2.1).
 * `now` is in seconds since 1970; it gives two-digit years their century.
 */
export function weigh(
  method: string,
  fields: Fields,
  validators: Validators,
  now: number,
): Verdict {
  let range = method === "GET" && fields.has("range");
  for (const condition of conditions) {
    const { methods, outcome, failure } = condition;
    if (methods !== undefined && !methods.includes(method)) continue;
    if (!isPresent(condition, fields) || outcome(fields, validators, now) !== "fails") continue;
    if (failure === "whole") {
      range = false;
      continue;
    }
    const isRead = method === "GET" || method === "HEAD";
    if (isRead && failure === "not-modified") return { kind: failure };
    return { kind: "failed", reason: explainFailure(condition.field, fields, validators) };
  }
  return { kind: "proceed", range };
}
