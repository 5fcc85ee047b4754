/** What the page of a check shows, as its script reads it. */

import type { PhaseOutcome } from "../../blame/outcome.ts";
import type { Phase, Script } from "../../script/script.ts";
import { byteDiff } from "../byte-diff.ts";
import type { Column } from "../column.ts";
import { sections } from "../column.ts";
import { exchangeLines } from "../exchange-text.ts";
import { asidesOf } from "../finding.ts";

/** The data as JSON that can stand in a `script` element. */
export function pageData(scripts: readonly Script[], columns: readonly Column[]): string {
  const data = {
    servers: columns.map(({ server }) => ({ server })),
    sections: [...sections(scripts)].map(([name, members]) => ({
      name,
      scripts: members.map((script) => scriptData(script, columns)),
    })),
  };
  // "</script" and "<!--" would end or change the element.
  return JSON.stringify(data).replaceAll("<", "\\u003c");
}

function scriptData(script: Script, columns: readonly Column[]): object {
  const { file, title, prose } = script;
  return {
    file,
    title,
    prose: prose?.get(0) ?? [],
    notPlayed: columns.map((column) => reasonNotPlayed(script, column)),
    phases: script.phases.map((phase, index) => ({
      title: phase.title,
      references: phase.references,
      strength: phase.strength,
      prose: prose?.get(phase.line) ?? [],
      cells: columns.map((column) => {
        const outcome = column.outcomes.get(script);
        if (outcome?.kind !== "played") return null;
        return cellData(phase, outcome.phases[index], column);
      }),
      asides: columns.flatMap((column) => asideData(script, phase, index, column)),
    })),
  };
}

/** The expectations that failed by themselves, in words. */
function asideData(script: Script, phase: Phase, index: number, column: Column): readonly string[] {
  const outcome = column.outcomes.get(script);
  if (outcome?.kind !== "played") return [];
  return asidesOf(script, phase, outcome.phases[index]).flatMap(({ title, finding }) => {
    if (finding === undefined) return [];
    const { expected, came } = finding.outcome.failure;
    return [`${column.server}: ${title}: expected ${expected}; came ${came}`];
  });
}

function reasonNotPlayed(script: Script, { outcomes, unreachable }: Column): string | null {
  const outcome = outcomes.get(script);
  if (outcome?.kind === "played") return null;
  return outcome?.reason ?? `the server could not be reached: ${unreachable ?? "no answer"}`;
}

function cellData(phase: Phase, outcome: PhaseOutcome | undefined, column: Column): object | null {
  if (outcome === undefined) return null;
  const exchange = exchangeLines(outcome.exchange ?? []);
  if (outcome.kind === "held") return { held: true, exchange };
  if (outcome.kind === "not-played") return { held: false, notPlayed: outcome.reason, exchange };
  const { failure, replay } = outcome;
  const { line, expected, came, difference } = failure;
  return {
    held: false,
    taste: phase.strength === "may" && column.own !== true,
    line,
    expected,
    came,
    ...(replay === undefined ? {} : { replay }),
    ...(difference === undefined ? {} : { diff: byteDiff(difference.expected, difference.came) }),
    exchange,
  };
}
