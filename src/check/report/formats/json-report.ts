/** The result of a check as JSON. `docs/wire-scripts.md` documents its members. */

import { basename, dirname } from "node:path";

import type { PhaseOutcome } from "../../blame/outcome.ts";
import type { Phase, Script } from "../../script/script.ts";
import { byteDiff } from "../byte-diff.ts";
import type { Column } from "../column.ts";
import type { Departure } from "../../blame/departure.ts";
import { departuresOf } from "../../blame/departure.ts";
import type { Cause } from "../cause.ts";
import { allCauses } from "../cause.ts";
import { exchangeLines } from "../exchange-text.ts";
import { proseOf } from "../finding.ts";
import { totals } from "../totals.ts";

/** The report as JSON. `docs/wire-scripts.md` documents its members. */
export function reportJson(
  scripts: readonly Script[],
  columns: readonly Column[],
  exitStatus: number,
): string {
  const servers = columns.map((column) => ({
    server: column.server,
    ...(column.client === undefined ? {} : { client: true }),
    ...(column.unreachable === undefined ? {} : { unreachable: column.unreachable }),
    ...(column.gone === undefined ? {} : { gone: column.gone }),
    totals: totals(scripts, column),
    departures: departuresOf(scripts, column).map(departureJson),
    causes: allCauses(scripts, column).map(causeJson),
    scripts: scripts.map((script) => scriptJson(script, column)),
  }));
  return `${JSON.stringify({ exitStatus, servers }, undefined, 2)}\n`;
}

function departureJson({ title, references, strength, counts, touched }: Departure): object {
  const places = new Set(touched.map(({ script, phase }) => `${script.file}:${phase.line}`));
  return { title, references, strength, counts, phases: [...places] };
}

/** The findings that are probably one. */
function causeJson({ title, findings }: Cause): object {
  const [{ phase }] = findings;
  const phases = findings.map(({ script, outcome }) => `${script.file}:${outcome.failure.line}`);
  return { title, strength: phase.strength, phases };
}

function scriptJson(script: Script, column: Column): object {
  const head = { file: script.file, title: script.title, section: basename(dirname(script.file)) };
  const outcome = column.outcomes.get(script);
  if (outcome === undefined) return { ...head, notPlayed: "the server could not be reached" };
  if (outcome.kind === "not-played") return { ...head, notPlayed: outcome.reason };
  const { uncutReason } = script.settings;
  const phases = script.phases.map((phase, index) =>
    phaseJson(script, phase, outcome.phases[index]),
  );
  const uncut = uncutReason === undefined ? {} : { uncut: uncutReason };
  return { ...head, replays: outcome.replays, ...uncut, phases };
}

function phaseJson(script: Script, phase: Phase, outcome: PhaseOutcome | undefined): object {
  const { title, line, references, strength } = phase;
  const asides = outcome?.asides?.map(({ line: at, own, failure }) => ({
    line: at,
    ...own,
    held: failure === undefined,
    ...(failure === undefined ? {} : { expected: failure.expected, came: failure.came }),
  }));
  const head = {
    title,
    line,
    references,
    strength,
    held: outcome?.kind === "held",
    ...(outcome?.kind === "not-played" ? { notPlayed: outcome.reason } : {}),
    ...(asides === undefined ? {} : { asides }),
  };
  if (outcome?.kind !== "failed") return head;
  const { failure, replay, exchange = [] } = outcome;
  const { difference } = failure;
  const cut = replay === undefined ? {} : { replay };
  const diff =
    difference === undefined ? {} : { diff: byteDiff(difference.expected, difference.came) };
  return {
    ...head,
    failure: {
      line: failure.line,
      expected: failure.expected,
      came: failure.came,
      ...cut,
      ...diff,
    },
    prose: proseOf(script, phase),
    exchange: exchangeLines(exchange),
  };
}
