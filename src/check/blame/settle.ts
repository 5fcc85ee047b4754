/**
 * Takes back what a server was blamed for though the RFC leaves it the choice, or though it is
 * blamed where that is the subject. Some of it can be told only when everything was played: a
 * server that answered each request for a part with the whole, and never sent a 206, ignores the
 * Range field, which RFC 9110 §14.2 permits; one that never sent an ETag has none anywhere.
 */

import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Traits } from "../blame/traits.ts";
import type { Failure } from "../play/judgement.ts";
import { fieldValues } from "../play/response-reader.ts";
import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Phase, Script, StatusChoice } from "../script/script.ts";

/** The column of a server of others, with what it may do not held against it. */
export function settled<Of extends Column>(column: Of): Of {
  const { traits } = column;
  if (traits === undefined || column.own === true) return column;
  const outcomes = new Map<Script, ScriptOutcome>();
  for (const [script, outcome] of column.outcomes) {
    if (outcome.kind !== "played") {
      outcomes.set(script, outcome);
      continue;
    }
    const phases = outcome.phases.map((result, index) => {
      const phase = script.phases[index];
      const reason = phase === undefined ? undefined : reasonToLetOff(phase, result, traits);
      return reason === undefined ? result : letOff(result, reason);
    });
    outcomes.set(script, { ...outcome, phases });
  }
  return { ...column, outcomes };
}

/** What the server may do, if the phase failed by nothing else. */
function reasonToLetOff(phase: Phase, result: PhaseOutcome, traits: Traits): string | undefined {
  if (result.kind !== "failed") return undefined;
  const { failure } = result;
  if (!traits.sent(206) && ignoresRange(phase, failure)) {
    return "the server ignores Range, as it may (RFC 9110 §14.2): none of its answers was a 206";
  }
  if (lacksMethod(phase, failure)) {
    return "the server implements no such method, as it may (RFC 9110 §9.1), and says so: 501";
  }
  if (phase.references.some((each) => /^RFC 9110 §8\.8(?:\.|$)/u.test(each))) return undefined;
  if (!asksForTag(phase, failure)) return undefined;
  if (!traits.hasSent("ETag")) return "none of the server's answers had an ETag";
  if (!traits.sentStrongTag && tagOf(failure).startsWith("W/")) {
    return "all tags of the server are weak, as they may be (RFC 9110 §8.8.3)";
  }
  return undefined;
}

function letOff(result: PhaseOutcome, reason: string): PhaseOutcome {
  const { exchange, asides, behind, dateless } = result;
  return {
    kind: "not-played",
    reason,
    ...(exchange === undefined ? {} : { exchange }),
    ...(asides === undefined ? {} : { asides }),
    ...(behind === undefined ? {} : { behind }),
    ...(dateless === undefined ? {} : { dateless }),
  };
}

/** Whether the phase failed at an answer of 200 where one about a part was expected. */
function ignoresRange(phase: Phase, { line, response }: Failure): boolean {
  if (response?.status !== 200) return false;
  const step = phase.steps.find((each) => each.line === line);
  return step?.kind === "response" && step.choices.every(isOfRange);
}

/** 206 and 416 are answers to requests with Range alone (RFC 9110 §14). */
function isOfRange(choice: StatusChoice): boolean {
  return choice.kind === "status" && (choice.status === 206 || choice.status === 416);
}

/** Whether a phase about methods, all but GET and HEAD, failed at the status 501. */
function lacksMethod({ references, steps }: Phase, { line, response }: Failure): boolean {
  if (response?.status !== 501) return false;
  const isAboutMethods = references.every((each) => methodSections.test(each));
  return isAboutMethods && steps.some((step) => step.kind === "response" && step.line === line);
}

/** What each method does, and the methods that are allowed; not which a server must have (§9.1). */
const methodSections = /^RFC 9110 §(?:9\.3\.[3-8]|15\.5\.6|10\.2\.1)$/u;

/** Whether the phase failed at the ETag that it expects, or wants to use. */
function asksForTag({ steps }: Phase, { line }: Failure): boolean {
  return steps.some((step) => {
    if (step.kind !== "response") return false;
    const names = [
      ...step.fields.map(({ line: at, name }) => ({ at, name })),
      ...step.saves.map(({ line: at, field }) => ({ at, name: field })),
    ];
    return names.some(({ at, name }) => at === line && name.toLowerCase() === "etag");
  });
}

function tagOf({ response }: Failure): string {
  return fieldValues(response?.fields ?? [], "ETag")[0] ?? "";
}
