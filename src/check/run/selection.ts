/** Which scripts of a folder are played, and which of their phases count. */

import { basename, dirname } from "node:path";

import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Script, Strength } from "../script/script.ts";
import { strengths } from "../script/script.ts";

export interface Selection {
  /** Text in the path or the title of a script, or in a phase's title; case doesn't matter. */
  readonly filter?: string;
  /** Folders, by the beginning of their name without `rfc`: `9112-6`. Empty for all. */
  readonly sections?: readonly string[];
  /** The strengths of phases that count. Empty for all. */
  readonly strengths?: readonly Strength[];
}

/** The scripts that are selected. */
export function selected(scripts: readonly Script[], selection: Selection): readonly Script[] {
  const { filter = "", sections = [], strengths: counted = [] } = selection;
  const text = filter.toLowerCase();
  return scripts.filter((script) => {
    const { file, title, phases } = script;
    const names = [file, title, ...phases.map((phase) => phase.title)];
    if (!names.some((name) => name.toLowerCase().includes(text))) return false;
    const folder = basename(dirname(file));
    if (sections.length > 0 && !sections.some((one) => isSection(folder, one))) return false;
    return counted.length === 0 || phases.some(({ strength }) => counted.includes(strength));
  });
}

/** Whether a folder's name is that of a section, or of a part of it. */
function isSection(folder: string, section: string): boolean {
  const name = folder.replace(/^rfc(?=\d)/u, "");
  const wanted = section.toLowerCase().replace(/^rfc ?(?=\d)/u, "");
  return name === wanted || name.startsWith(`${wanted}-`) || name.startsWith(`${wanted}.`);
}

/**
 * The scripts and outcomes with only those phases that count. The phases of a script build on each
 * other, so they are all played.
 */
export function countedPhases(
  scripts: readonly Script[],
  columns: readonly Column[],
  counted: readonly Strength[],
): { readonly scripts: readonly Script[]; readonly columns: readonly Column[] } {
  if (counted.length === 0) return { scripts, columns };
  const counts = (script: Script) => (_: unknown, index: number) =>
    counted.includes(script.phases[index]?.strength ?? "must");
  const kept = new Map(
    scripts.map((script) => [script, { ...script, phases: script.phases.filter(counts(script)) }]),
  );
  const narrowed = columns.map((column) => {
    const outcomes = new Map<Script, ScriptOutcome>();
    for (const [script, outcome] of column.outcomes) {
      const narrow = kept.get(script);
      if (narrow === undefined) continue;
      if (outcome.kind !== "played") outcomes.set(narrow, outcome);
      else outcomes.set(narrow, { ...outcome, phases: outcome.phases.filter(counts(script)) });
    }
    return { ...column, outcomes, counted };
  });
  return { scripts: [...kept.values()], columns: narrowed };
}

/** The scripts with their phases, a line each, and how many there are. */
export function listText(scripts: readonly Script[], counted: readonly Strength[] = []): string {
  const lines = scripts.map(
    (script) => `${script.file}: ${script.title} (${phasesText([script])})`,
  );
  const sum = phasesText(scripts);
  const wanted = strengths.filter((strength) => counted.includes(strength));
  const only = wanted.length === 0 ? "" : `; only each ${wanted.join(" and ")} counts`;
  const noun = scripts.length === 1 ? "script" : "scripts";
  return `${[...lines, `${scripts.length} ${noun}: ${sum}${only}`].join("\n")}\n`;
}

function phasesText(scripts: readonly Script[]): string {
  const phases = scripts.flatMap((script) => script.phases);
  return strengths
    .map((strength) => ({ strength, count: phases.filter((p) => p.strength === strength).length }))
    .filter(({ count }) => count > 0)
    .map(({ strength, count }) => `${count} ${strength}`)
    .join(", ");
}
