/** What a check comes to, in one line for each server. */

import type { Script } from "../script/script.ts";
import type { Column } from "./column.ts";
import { totals } from "./totals.ts";

/** A number with its noun. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** One line on a server, the last that is read. */
export function summary(scripts: readonly Script[], column: Column): string {
  const { server, unreachable, gone, outcomes } = column;
  if (unreachable !== undefined) return `${server}: not reached`;
  const { must, should, may } = totals(scripts, column);
  const played = must.played + should.played + may.played;
  const what = gone?.hangs === true ? "HANGS" : "WENT AWAY";
  const end = gone === undefined ? "" : `; it ${what} (${gone.error})`;
  if (played === 0) return `${server}: nothing was played${end}`;
  const failed = must.played - must.held;
  const musts = failed === 0 ? "every must held" : `${counted(failed, "must")} FAILED`;
  const parts = [
    `${musts} (${must.held}/${must.played})`,
    `should ${should.held}/${should.played}`,
    `may ${may.held}/${may.played}`,
  ];
  const notPlayed = scripts.filter((script) => outcomes.get(script)?.kind !== "played").length;
  if (notPlayed > 0) parts.push(`${counted(notPlayed, "script")} not played`);
  const phases = phasesNotPlayed(scripts, column);
  if (phases > 0) parts.push(`${counted(phases, "phase")} of others not played`);
  return `${server}: ${parts.join(", ")}${end}`;
}

/** How many phases were not played of scripts that were. */
function phasesNotPlayed(scripts: readonly Script[], { outcomes }: Column): number {
  return scripts.reduce((sum, script) => {
    const outcome = outcomes.get(script);
    if (outcome?.kind !== "played") return sum;
    return sum + outcome.phases.filter(({ kind }) => kind === "not-played").length;
  }, 0);
}
