/**
 * The outcomes of scripts against one server, and how they are counted and grouped: what all
 * reports are made of.
 */

import { basename, dirname } from "node:path";

import type { Traits } from "../blame/traits.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Phase, Script, Strength } from "../script/script.ts";

/** The outcome of one script against one server. */
export type ScriptOutcome =
  | { readonly kind: "not-played"; readonly reason: string }
  | {
      readonly kind: "played";
      /** An outcome for each phase of the script. */
      readonly phases: readonly PhaseOutcome[];
      readonly replays: number;
    };

/** A server, or a client, and the outcome of each script against it. */
export interface Column {
  readonly server: string;
  /** Whether it is a client, with which the scripts were played in the server's part. */
  readonly client?: true;
  /** Whether the server is the one that `check` belongs to, and started. */
  readonly own?: true;
  /** Why the server could not be reached, if so. Nothing was played then. */
  readonly unreachable?: string;
  readonly outcomes: ReadonlyMap<Script, ScriptOutcome>;
  /** What it was seen to do in all of the check. */
  readonly traits?: Traits;
  /** That it went away or hung while scripts were played, and which scripts these were. */
  readonly gone?: Gone;
  /** The strengths that count. All if absent. */
  readonly counted?: readonly Strength[];
}

/** The end of a server in the middle of a check. */
export interface Gone {
  /** Why no connection could be opened any more, or since which line nothing was answered. */
  readonly error: string;
  /** The files of the scripts that were being played, or met nothing but silence. */
  readonly during: readonly string[];
  /** Whether it is still there, and answers nothing. */
  readonly hangs?: true;
}

/** The end of a server in a line, with the scripts. */
export function endText({ error, during, hangs }: Gone): string {
  const scripts = during.join(", ");
  return hangs === true
    ? `${error}; these met nothing but silence: ${scripts}`
    : `${error}, while these were played: ${scripts}`;
}

/** The number of phases that were played, and how many of them held. */
export interface Tally {
  readonly held: number;
  readonly played: number;
}

export type Tallies = Readonly<Record<Strength, Tally>>;

/**
 * Counts the phases of `scripts` that were played against a server, by strength. An expectation
 * with a strength of its own counts as one more of that strength.
 */
export function tally(scripts: readonly Script[], column: Column): Tallies {
  const counts = {
    must: { held: 0, played: 0 },
    should: { held: 0, played: 0 },
    may: { held: 0, played: 0 },
  };
  const count = (strength: Strength, held: boolean): void => {
    if (!isCounted(strength, column)) return;
    counts[strength].played += 1;
    if (held) counts[strength].held += 1;
  };
  for (const { phase, result } of playedPhases(scripts, column)) {
    if (result.kind !== "not-played") count(phase.strength, result.kind === "held");
    for (const { own, failure } of result.asides ?? []) count(own.strength, failure === undefined);
  }
  return counts;
}

/** The phases of the scripts that were played, and what became of each. */
export function* playedPhases(
  scripts: readonly Script[],
  column: Column,
): Generator<{
  readonly script: Script;
  readonly phase: Phase;
  readonly result: PhaseOutcome;
}> {
  for (const script of scripts) {
    const outcome = column.outcomes.get(script);
    if (outcome?.kind !== "played") continue;
    for (const [index, phase] of script.phases.entries()) {
      const result = outcome.phases[index];
      if (result !== undefined) yield { script, phase, result };
    }
  }
}

/** Whether what has this strength is counted and reported. */
export function isCounted(strength: Strength, { counted = [] }: Column): boolean {
  return counted.length === 0 || counted.includes(strength);
}

/** The scripts by their folder, which is named after the section that they test. */
export function sections(scripts: readonly Script[]): ReadonlyMap<string, readonly Script[]> {
  return Map.groupBy(scripts, (script) => basename(dirname(script.file)) || ".");
}
