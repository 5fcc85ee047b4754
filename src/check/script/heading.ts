/**
 * Parses the headings of a script:
 *
 *     title     = "# " text
 *     phase     = "## " text SP "(" 1*( reference ", " ) strength ")"
 *     reference = "RFC " 3*5DIGIT SP ( "§" section [ " step " 1*DIGIT ] / "errata " 1*DIGIT )
 *               / name " §" section          ; another standard, as in "Fetch §3.2"
 *               / "postern: " rule           ; a rule of postern's own: "postern: permission"
 *               / "recorded"                 ; what a server answered when it was recorded
 *     section   = ( ALPHA / 1*DIGIT ) *( "." 1*DIGIT )
 *     strength  = "must" / "should" / "may"
 *
 * A phase without a reference is an error: the developer of a server that fails it must be able to
 * look the requirement up. The same holds for an expectation with a strength of its own:
 *
 *     own       = strength SP reference *( ", " reference )
 */

import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import type { OwnStrength, Strength } from "./script.ts";
import { strengths } from "./script.ts";

/** The heading of a phase. */
export interface PhaseHeading {
  readonly title: string;
  readonly references: readonly string[];
  readonly strength: Strength;
}

const references: readonly RegExp[] = [
  /^RFC \d{3,5} §(?:[A-Z]|\d+)(?:\.\d+)*(?: step \d+)?$/u,
  /^RFC \d{3,5} errata \d+$/u,
  /^[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)* §(?:[A-Z]|\d+)(?:\.\d+)*$/u,
  /^postern: [a-z][a-z0-9 -]*$/u,
  /^recorded$/u,
];

/** Parses the heading of a phase, a line that begins with `## `. Fails with what was expected. */
export function readPhaseHeading(text: string): Result<PhaseHeading, string> {
  const match = /^## (\S.*) \(([^()]+)\)$/u.exec(text);
  if (match === null) return failure("## TITLE (REFERENCE, must|should|may)");
  const items = (match[2] ?? "").split(", ");
  const last = items.pop();
  const strength = strengths.find((candidate) => candidate === last);
  if (strength === undefined) return failure(`must, should or may at the end, and not "${last}"`);
  if (items.length === 0) return failure("a reference before the strength, like RFC 9110 §9.3.1");
  const unknown = unknownReference(items);
  if (unknown !== undefined) return failure(unknown);
  return success({ title: match[1] ?? "", references: items, strength });
}

/** Parses what follows `must`, `should` or `may` before an expectation: references alone. */
export function readOwnStrength(strength: Strength, text: string): Result<OwnStrength, string> {
  const items = text.split(", ");
  const unknown = unknownReference(items);
  return unknown === undefined ? success({ strength, references: items }) : failure(unknown);
}

/** What was expected in place of the first item that is no reference. */
function unknownReference(items: readonly string[]): string | undefined {
  const unknown = items.find((item) => !references.some((pattern) => pattern.test(item)));
  if (unknown === undefined) return undefined;
  return `a reference like RFC 9110 §9.3.1 or postern: permission, not "${unknown}"`;
}
