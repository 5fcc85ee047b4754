/**
 * Which of two media types a client prefers (RFC 9110 §12.5.1):
 *
 *   Accept      = #( media-range [ weight ] )
 *   media-range = ( "*" "/" "*" / type "/" "*" / type "/" subtype ) parameters
 *
 * Deliberate leniency: a malformed member is ignored, and parameters other than the weight don't
 * count.
 */

import { trimBlanks } from "./fields.ts";

const weight = /;[\t ]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[\t ]*(?:;|$)/i;

/** How a range matches: not, by all types, by the type, or by type and subtype. */
type Precision = 0 | 1 | 2 | 3;

function precisionOf(range: string, mediaType: string): Precision {
  if (range === mediaType) return 3;
  if (range === `${mediaType.slice(0, mediaType.indexOf("/"))}/*`) return 2;
  return range === "*/*" ? 1 : 0;
}

/** The weight of `mediaType`, and how precisely it is named. */
function rate(members: readonly string[], mediaType: string): readonly [number, Precision] {
  let best: readonly [number, Precision] = [0, 0];
  for (const member of members) {
    const range = trimBlanks(member.split(";", 1)[0] ?? "").toLowerCase();
    const precision = precisionOf(range, mediaType);
    if (precision <= best[1]) continue;
    best = [Number(weight.exec(member)?.[1] ?? 1), precision];
  }
  return best;
}

/**
 * Whether a client whose Accept has these values prefers `other` to `usual`, which is sent when it
 * prefers neither. Of two with the same weight it prefers the one that it names more precisely.
 */
export function prefersMedia(values: readonly string[], other: string, usual: string): boolean {
  const members = values.join(",").split(",");
  const [otherWeight, otherPrecision] = rate(members, other);
  const [usualWeight, usualPrecision] = rate(members, usual);
  if (otherWeight !== usualWeight) return otherWeight > usualWeight;
  return otherWeight > 0 && otherPrecision > usualPrecision;
}
