/**
 * Range requests: the syntax of §14.1.1, with the meaning that §14.1.2 gives it for the unit
 * "bytes" (RFC 9110):
 *
 *   ranges-specifier = range-unit "=" range-set
 *   range-set        = 1#range-spec
 *   range-spec       = int-range / suffix-range / other-range
 *   int-range        = first-pos "-" [ last-pos ]
 *   suffix-range     = "-" suffix-length
 *
 * A field that isn't understood is ignored (§14.2): one with another unit, or a malformed set. No
 * set gets more than the whole representation (§17.15): ranges that overlap are joined (§15.3.7.2),
 * and where too many are left, Range is ignored. Deliberate leniency: blanks may stand at both ends
 * of the set, and positions beyond 2^53 all count as one.
 */

import { trimBlanks } from "./fields.ts";
import { everyIs, DIGIT } from "../octets/grammar.ts";
import type { Region } from "../message/response.ts";

/**
 * What a Range field asks of a representation: nothing that counts, regions, or nothing there is.
 */
export type RangeOutcome =
  | { readonly kind: "whole" }
  | { readonly kind: "regions"; readonly regions: readonly [Region, ...Region[]] }
  | { readonly kind: "unsatisfiable" };

const whole: RangeOutcome = { kind: "whole" };
const unsatisfiable: RangeOutcome = { kind: "unsatisfiable" };

/** A position in decimal digits; one too large for a number to be exact is past every end. */
function position(digits: string): number | undefined {
  return digits.length > 0 && everyIs(digits, DIGIT) ? Number(digits) : undefined;
}

/**
 * One range-spec: a region, "none" when it can't be satisfied, undefined when it is malformed. Only
 * the suffix of an empty representation is a region without octets (§14.1.2: it is satisfied).
 */
function readSpec(spec: string, size: number): Region | "none" | undefined {
  const dash = spec.indexOf("-");
  if (dash === -1) return undefined;
  const last = position(spec.slice(dash + 1));
  if (dash === 0) {
    if (last === undefined) return undefined;
    const octets = Math.min(last, size);
    return last === 0 ? "none" : { start: size - octets, octets };
  }
  const first = position(spec.slice(0, dash));
  if (first === undefined) return undefined;
  const open = spec.length === dash + 1;
  if (!open && last === undefined) return undefined;
  // §14.1.1: an int-range whose last is before its first is invalid, and with it the field.
  if (last !== undefined && last < first) return undefined;
  if (first >= size) return "none";
  const end = last === undefined ? size : Math.min(last + 1, size);
  return { start: first, octets: end - first };
}

/** The range-specs of a set, without empty members (§5.6.1.2). */
function rangeSet(text: string): readonly string[] {
  // Nearly every client asks for one range.
  if (!text.includes(",")) return text.trim() === "" ? [] : [trimBlanks(text)];
  return text
    .split(",")
    .map(trimBlanks)
    .filter((spec) => spec.length > 0);
}

/** Joins regions that overlap; the result stands where the first of them stood (§15.3.7.2). */
function coalesce(regions: readonly Region[]): readonly Region[] {
  if (regions.length === 1) return regions;
  const sorted = regions
    .map((region, order) => ({ ...region, order }))
    .toSorted((a, b) => a.start - b.start);
  const apart: typeof sorted = [];
  for (const region of sorted) {
    const before = apart.at(-1);
    if (before === undefined || region.start >= before.start + before.octets) {
      apart.push(region);
      continue;
    }
    const end = Math.max(before.start + before.octets, region.start + region.octets);
    const order = Math.min(before.order, region.order);
    apart[apart.length - 1] = { start: before.start, octets: end - before.start, order };
  }
  return apart
    .toSorted((a, b) => a.order - b.order)
    .map(({ start, octets }) => ({ start, octets }));
}

/**
 * Reads `value` for a representation of `size` octets; at most `countMax` ranges are answered
 * apart. The regions lie within it, have octets, don't overlap, and are in the order they were
 * asked for.
 */
export function readRange(value: string, size: number, countMax: number): RangeOutcome {
  const equals = value.indexOf("=");
  if (equals === -1 || value.slice(0, equals).toLowerCase() !== "bytes") return whole;
  const specs = rangeSet(value.slice(equals + 1));
  if (specs.length === 0) return whole;
  const asked: Region[] = [];
  for (const spec of specs) {
    const region = readSpec(spec, size);
    if (region === undefined) return whole;
    if (region !== "none") asked.push(region);
  }
  if (asked.length === 0) return unsatisfiable;
  // Content-Range can't express a range without octets (§14.4).
  if (size === 0) return whole;
  const [first, ...others] = coalesce(asked);
  if (first === undefined || others.length >= countMax) return whole;
  return { kind: "regions", regions: [first, ...others] };
}
