/**
 * Which content coding a client wants (RFC 9110 §12.5.3):
 *
 *   Accept-Encoding = #( codings [ weight ] )
 *   codings         = content-coding / "identity" / "*"
 *   weight          = OWS ";" OWS "q=" qvalue
 *   qvalue          = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
 *
 * Deliberate leniency: a malformed member is ignored, and of two that name one coding the last
 * counts.
 */

import { trimBlanks } from "./fields.ts";
import { isToken } from "../octets/grammar.ts";

const weight = /^;[\t ]*[qQ]=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)[\t ]*$/;

/**
 * Weights, 0 to 1, by coding in lower case; "identity" and "*" are among them where they are named.
 */
type CodingWeights = ReadonlyMap<string, number>;

/**
 * Reads the field's values. Undefined when there is no such field: any coding is acceptable then,
 * and the one that every client understands is none.
 */
export function parseAcceptEncoding(values: readonly string[]): CodingWeights | undefined {
  if (values.length === 0) return undefined;
  const weights = new Map<string, number>();
  for (const member of values.join(",").split(",")) {
    const semicolon = member.indexOf(";");
    const coding = semicolon === -1 ? member : member.slice(0, semicolon);
    const name = trimBlanks(coding).toLowerCase();
    if (!isToken(name)) continue;
    const match = semicolon === -1 ? undefined : weight.exec(member.slice(semicolon));
    if (match === null) continue;
    // §8.4.1.3: the same coding.
    weights.set(name === "x-gzip" ? "gzip" : name, match === undefined ? 1 : Number(match[1]));
  }
  return weights;
}

/** How much the client prefers `coding`: 0 when it is not acceptable (§12.5.3). */
export function weightOf(weights: CodingWeights | undefined, coding: string): number {
  if (weights === undefined) return coding === "identity" ? 1 : 0;
  const named = weights.get(coding);
  if (named !== undefined) return named;
  // "identity" is acceptable unless it, or "*", has a weight of 0; less than any that is named.
  const any = weights.get("*");
  if (coding === "identity") return any === 0 ? 0 : Number.MIN_VALUE;
  return any ?? 0;
}

/**
 * The codings of `offered` that are acceptable, the preferred first; those of one weight are
 * together, in the order of `offered`.
 */
export function rankCodings<Coding extends string>(
  weights: CodingWeights | undefined,
  offered: readonly Coding[],
): Coding[][] {
  const byWeight = Map.groupBy(offered, (coding) => weightOf(weights, coding));
  byWeight.delete(0);
  return [...byWeight].toSorted(([a], [b]) => b - a).map(([, codings]) => codings);
}
