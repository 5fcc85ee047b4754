/**
 * What a check found out about a server: the phases that failed, in the order in which they
 * matter. A `may` is often a choice of postern's own, so another server that chose otherwise
 * differs and has not failed.
 */

import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Phase, Script, Strength } from "../script/script.ts";
import type { Column } from "./column.ts";
import { isCounted } from "./column.ts";

export interface Finding {
  readonly script: Script;
  readonly phase: Phase;
  readonly outcome: PhaseOutcome & { readonly kind: "failed" };
  /** Whether it is only a difference from postern's own choices. */
  readonly taste: boolean;
}

/**
 * The failed phases of one strength, in the order of the scripts, and the expectations that have it
 * as their own.
 */
export function findingsOf(
  strength: Strength,
  scripts: readonly Script[],
  column: Column,
): readonly Finding[] {
  const taste = strength === "may" && column.own !== true;
  return scripts.flatMap((script) => {
    const outcome = column.outcomes.get(script);
    if (outcome?.kind !== "played") return [];
    return script.phases.flatMap((phase, index) => {
      const result = outcome.phases[index];
      if (result === undefined || !isCounted(strength, column)) return [];
      const own = asidesOf(script, phase, result, taste).flatMap(({ finding }) =>
        finding?.phase.strength === strength ? [finding] : [],
      );
      if (phase.strength !== strength || result.kind !== "failed") return own;
      return [{ script, phase, outcome: result, taste }, ...own];
    });
  });
}

/** An expectation with a strength of its own, as the reports show it. */
interface AsideResult {
  readonly title: string;
  readonly strength: Strength;
  /** Absent if it held. */
  readonly finding?: Finding;
}

/** The expectations of a phase that have a strength of their own. */
export function asidesOf(
  script: Script,
  phase: Phase,
  result: PhaseOutcome | undefined,
  taste = false,
): readonly AsideResult[] {
  return (result?.asides ?? []).map(({ line, own, failure }) => {
    const { strength, references } = own;
    const title = `${phase.title}: line ${line} (${[...references, strength].join(", ")})`;
    if (failure === undefined) return { title, strength };
    const exchange = result?.exchange;
    const passed = exchange === undefined ? {} : { exchange };
    const outcome = { kind: "failed", failure, ...passed } as const;
    return { title, strength, finding: { script, phase: { ...phase, ...own }, outcome, taste } };
  });
}

/** The paragraphs under the heading of a phase, or those under the title if it has none. */
export function proseOf(script: Script, phase: Phase): readonly string[] {
  return script.prose?.get(phase.line) ?? script.prose?.get(0) ?? [];
}
