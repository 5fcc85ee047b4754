/**
 * Range requests (RFC 9110 §14.1.2):
 *
 *   ranges-specifier = range-unit "=" range-set
 *   range-set        = 1#range-spec
 *   range-spec       = int-range / suffix-range / other-range
 *   int-range        = first-pos "-" [ last-pos ]
 *   suffix-range     = "-" suffix-length
 *
 * What isn't understood is ignored, as if it had not been sent (§14.2): another unit, a malformed set.
 * A set that asks for more work than the whole representation is ignored as well (§14.2 lets a server,
 * §17.15 says why): too many ranges, or ranges that overlap.
 */

import { everyIs, DIGIT } from "./grammar.ts";
import type { Region } from "./response.ts";

/** What a Range field asks of a representation: nothing that counts, regions, or nothing there is. */
export type RangeOutcome =
  | { readonly kind: "whole" }
  | { readonly kind: "regions"; readonly regions: readonly [Region, ...Region[]] }
  | { readonly kind: "unsatisfiable" };

const whole: RangeOutcome = { kind: "whole" };
const unsatisfiable: RangeOutcome = { kind: "unsatisfiable" };

/** A position in decimal digits; one too large to count is past every end. */
function position(digits: string): number | undefined {
  return digits.length > 0 && everyIs(digits, DIGIT) ? Number(digits) : undefined;
}

/** One range-spec: a region, "none" when it is satisfied by nothing, undefined when malformed. */
function readSpec(spec: string, size: number): Region | "none" | undefined {
  const dash = spec.indexOf("-");
  if (dash === -1) return undefined;
  const last = position(spec.slice(dash + 1));
  if (dash === 0) {
    if (last === undefined) return undefined;
    const octets = Math.min(last, size);
    return octets === 0 ? "none" : { start: size - octets, octets };
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

function overlap(regions: readonly Region[]): boolean {
  const sorted = regions.toSorted((a, b) => a.start - b.start);
  return sorted.some((region, i) => {
    const next = sorted[i + 1];
    return next !== undefined && region.start + region.octets > next.start;
  });
}

/**
 * Reads `value` for a representation of `size` octets; at most `countMax` ranges are answered apart. The
 * regions are in the order they were asked for.
 */
export function readRange(value: string, size: number, countMax: number): RangeOutcome {
  const equals = value.indexOf("=");
  if (equals === -1 || value.slice(0, equals).toLowerCase() !== "bytes") return whole;
  const specs = value
    .slice(equals + 1)
    .split(",")
    .map((spec) => spec.replace(/^[\t ]+|[\t ]+$/g, ""))
    .filter((spec) => spec.length > 0);
  if (specs.length === 0) return whole;
  const regions: Region[] = [];
  for (const spec of specs) {
    const region = readSpec(spec, size);
    if (region === undefined) return whole;
    if (region !== "none") regions.push(region);
  }
  const [first, ...others] = regions;
  if (first === undefined) return unsatisfiable;
  if (regions.length > countMax || overlap(regions)) return whole;
  return { kind: "regions", regions: [first, ...others] };
}
