/** A finding in lines of text, for formats that carry a message and its details. */

import { byteDiff } from "../byte-diff.ts";
import { exchangeLines } from "../exchange-text.ts";
import type { Finding } from "../finding.ts";
import { proseOf } from "../finding.ts";

/** What was expected and what came, in one line. */
export function failureMessage({ outcome: { failure } }: Finding): string {
  return `expected ${failure.expected}; came ${failure.came}`;
}

/** Place, references, prose, both sides, the difference, and what passed. */
export function failureLines({ script, phase, outcome }: Finding): readonly string[] {
  const { failure, replay, exchange = [] } = outcome;
  const lines = [
    `${script.file}:${failure.line}`,
    `${phase.title} (${[...phase.references, phase.strength].join(", ")})`,
    ...proseOf(script, phase),
  ];
  if (replay !== undefined) lines.push(`held uncut, failed ${replay}`);
  lines.push(`expected  ${failure.expected}`, `came      ${failure.came}`);
  const { difference } = failure;
  if (difference !== undefined) lines.push(...byteDiff(difference.expected, difference.came));
  return [...lines, ...exchangeLines(exchange)];
}
