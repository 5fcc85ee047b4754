/**
 * Takes back what a server was blamed for though the RFC leaves it the choice. It can be told only
 * when everything was played: a server that answered each request for a part with the whole, and
 * never sent a 206, ignores the Range field, which RFC 9110 §14.2 permits.
 */

import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Phase, Script, StatusChoice } from "../script/script.ts";

/** The reason with which such phases are listed. */
const rangesIgnored =
  "the server ignores Range, as it may (RFC 9110 §14.2): none of its answers was a 206";

/** The column of a server of others, with what it may do not held against it. */
export function settled<Of extends Column>(column: Of): Of {
  const { traits } = column;
  if (traits === undefined || traits.sent(206) || column.own === true) return column;
  const outcomes = new Map<Script, ScriptOutcome>();
  for (const [script, outcome] of column.outcomes) {
    if (outcome.kind !== "played") {
      outcomes.set(script, outcome);
      continue;
    }
    const phases = outcome.phases.map((result, index) => {
      const phase = script.phases[index];
      return phase !== undefined && ignoresRange(phase, result) ? letOff(result) : result;
    });
    outcomes.set(script, { ...outcome, phases });
  }
  return { ...column, outcomes };
}

function letOff({ exchange, asides, behind, dateless }: PhaseOutcome): PhaseOutcome {
  return {
    kind: "not-played",
    reason: rangesIgnored,
    ...(exchange === undefined ? {} : { exchange }),
    ...(asides === undefined ? {} : { asides }),
    ...(behind === undefined ? {} : { behind }),
    ...(dateless === undefined ? {} : { dateless }),
  };
}

/** Whether the phase failed at an answer of 200 where one about a part was expected. */
function ignoresRange(phase: Phase, result: PhaseOutcome): boolean {
  if (result.kind !== "failed") return false;
  const { line, response } = result.failure;
  if (response?.status !== 200) return false;
  const step = phase.steps.find((each) => each.line === line);
  return step?.kind === "response" && step.choices.every(isOfRange);
}

/** 206 and 416 are answers to requests with Range alone (RFC 9110 §14). */
function isOfRange(choice: StatusChoice): boolean {
  return choice.kind === "status" && (choice.status === 206 || choice.status === 416);
}
