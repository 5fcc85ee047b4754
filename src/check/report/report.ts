/**
 * The result of a check, as text for people and as JSON for programs. Each folder of scripts is one
 * line. For a script that failed, the text shows its first failed phase with `file:line`, what was
 * expected, what came, and the bytes around the first difference. A matrix counts phases by
 * strength. Scripts that were not played are listed separately, with the reason.
 */

import { basename, dirname } from "node:path";

import { byteDiff } from "./byte-diff.ts";
import { visibleText } from "../script/escape.ts";
import type { HttpResponse } from "../play/response-reader.ts";
import type { PhaseOutcome } from "../play/player.ts";
import type { Phase, Script, Strength } from "../script/script.ts";
import { strengths } from "../script/script.ts";

/** The outcome of one script against one server. */
export type ScriptOutcome =
  | { readonly kind: "not-played"; readonly reason: string }
  | {
      readonly kind: "played";
      /** An outcome for each phase of the script. */
      readonly phases: readonly PhaseOutcome[];
      readonly replays: number;
    };

/** A server, and the outcome of each script against it. */
export interface Column {
  readonly server: string;
  /** Why the server could not be reached, if so. Nothing was played then. */
  readonly unreachable?: string;
  readonly outcomes: ReadonlyMap<Script, ScriptOutcome>;
}

/** The number of phases that were played, and how many of them held. */
interface Tally {
  readonly held: number;
  readonly played: number;
}

type Tallies = Readonly<Record<Strength, Tally>>;

/** Counts the phases of `scripts` that were played against a server, by strength. */
export function tally(scripts: readonly Script[], column: Column): Tallies {
  const counts = {
    must: { held: 0, played: 0 },
    should: { held: 0, played: 0 },
    may: { held: 0, played: 0 },
  };
  for (const script of scripts) {
    const outcome = column.outcomes.get(script);
    if (outcome?.kind !== "played") continue;
    for (const [index, phase] of script.phases.entries()) {
      const count = counts[phase.strength];
      count.played += 1;
      if (outcome.phases[index]?.kind === "held") count.held += 1;
    }
  }
  return counts;
}

/** The scripts by their folder, which is named after the section that they test. */
function sections(scripts: readonly Script[]): ReadonlyMap<string, readonly Script[]> {
  return Map.groupBy(scripts, (script) => basename(dirname(script.file)) || ".");
}

/** The report as text. */
export function reportText(scripts: readonly Script[], columns: readonly Column[]): string {
  const lines: string[] = [];
  for (const column of columns) {
    if (columns.length > 1) lines.push(`## ${column.server}`, "");
    lines.push(...columnText(scripts, column), "");
  }
  lines.push(...matrix(scripts, columns), "", ...notPlayedText(scripts, columns));
  return `${lines.join("\n").trimEnd()}\n`;
}

function columnText(scripts: readonly Script[], column: Column): readonly string[] {
  if (column.unreachable !== undefined) {
    return [`NOT REACHED ${column.server}: ${column.unreachable}; nothing was played`];
  }
  const lines: string[] = [];
  const failures: string[] = [];
  for (const [section, members] of sections(scripts)) {
    lines.push(sectionText(section, members, column));
    for (const script of members) failures.push(...scriptFailure(script, column));
  }
  return [...lines, ...failures];
}

function sectionText(section: string, scripts: readonly Script[], column: Column): string {
  const played = scripts.flatMap((script) => {
    const outcome = column.outcomes.get(script);
    return outcome?.kind === "played" ? [outcome] : [];
  });
  const phases = played.flatMap((outcome) => outcome.phases);
  const held = phases.filter(({ kind }) => kind === "held").length;
  const failed = phases.length - held;
  const replays = played.reduce((sum, outcome) => sum + outcome.replays, 0);
  const uncut = scripts.filter(({ settings }) => settings.uncutReason !== undefined).length;
  const notPlayed = scripts.length - played.length;
  const parts = [counted(scripts.length, "script"), `${counted(held, "phase")} held`];
  if (failed > 0) parts.push(`${failed} FAILED`);
  if (replays > 0) parts.push(counted(replays, "replay"));
  if (uncut > 0) parts.push(`${uncut} uncut`);
  if (notPlayed > 0) parts.push(`${counted(notPlayed, "script")} not played`);
  return `${section}: ${parts.join(", ")}`;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first failed phase of a script, and the number of later ones. */
function scriptFailure(script: Script, column: Column): readonly string[] {
  const outcome = column.outcomes.get(script);
  if (outcome?.kind !== "played") return [];
  const failed = script.phases.flatMap((phase, index) => {
    const result = outcome.phases[index];
    return result?.kind === "failed" ? [{ phase, result }] : [];
  });
  const [first] = failed;
  if (first === undefined) return [];
  const lines = ["", ...phaseFailure(script, first.phase, first.result)];
  if (failed.length > 1) {
    lines.push(`  and ${counted(failed.length - 1, "later phase")} of this script failed`);
  }
  return lines;
}

function phaseFailure(
  script: Script,
  phase: Phase,
  { failure, replay }: PhaseOutcome & { kind: "failed" },
): readonly string[] {
  const lines = [
    `FAILED (${phase.strength}) ${script.file}:${failure.line}`,
    `  ${phase.title} (${phase.references.join(", ")})`,
  ];
  if (replay !== undefined) lines.push(`  held uncut, failed ${replay}`);
  lines.push(`  expected  ${failure.expected}`, `  came      ${failure.came}`);
  const { difference, response } = failure;
  if (difference !== undefined) {
    lines.push(...byteDiff(difference.expected, difference.came).map((line) => `    ${line}`));
  }
  if (response !== undefined)
    lines.push(...responseText(response).map((line) => `    < ${line}`.trimEnd()));
  return lines;
}

/** The response that failed, abbreviated. */
function responseText(response: HttpResponse): readonly string[] {
  const lines = [`${response.version} ${response.status} ${response.reason}`];
  for (const { name, value } of response.fields) lines.push(`${name}: ${value}`);
  if (response.body.length > 0) lines.push("", visibleText(response.body, 240));
  return lines;
}

/** A row for each section and one for all. For each server: phases that held of those played. */
function matrix(scripts: readonly Script[], columns: readonly Column[]): readonly string[] {
  const rows: string[][] = [["", ...columns.flatMap(() => strengths)]];
  const groups: [string, readonly Script[]][] = [...sections(scripts), ["all", scripts]];
  for (const [section, members] of groups) {
    const cells = columns.flatMap((column) => {
      const counts = tally(members, column);
      return strengths.map((strength) => cell(counts[strength]));
    });
    rows.push([section, ...cells]);
  }
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => (row[at] ?? "").length)),
  );
  const groupWidths = columns.map((column, index) => {
    const own = widths.slice(1 + 3 * index, 4 + 3 * index);
    return Math.max(
      own.reduce((sum, width) => sum + width, 4),
      column.server.length,
    );
  });
  const body = rows.map((row) => {
    const groupTexts = columns.map((_, index) =>
      row
        .slice(1 + 3 * index, 4 + 3 * index)
        .map((text, at) => text.padStart(widths[1 + 3 * index + at] ?? 0))
        .join("  ")
        .padEnd(groupWidths[index] ?? 0),
    );
    return [(row[0] ?? "").padEnd(widths[0] ?? 0), ...groupTexts].join("   ").trimEnd();
  });
  const names = columns.map((column, index) => column.server.padEnd(groupWidths[index] ?? 0));
  return [["".padEnd(widths[0] ?? 0), ...names].join("   ").trimEnd(), ...body];
}

function cell({ held, played }: Tally): string {
  return played === 0 ? "-" : `${held}/${played}`;
}

function notPlayedText(scripts: readonly Script[], columns: readonly Column[]): readonly string[] {
  const lines: string[] = [];
  for (const column of columns) {
    const reasons = scripts.flatMap((script) => {
      const outcome = column.outcomes.get(script);
      return outcome?.kind === "not-played" ? [`  ${script.file}: ${outcome.reason}`] : [];
    });
    if (reasons.length === 0) continue;
    lines.push(
      `${counted(reasons.length, "script")} not played against ${column.server}:`,
      ...reasons,
    );
  }
  return lines;
}

/** The report as JSON. `docs/wire-scripts.md` documents its members. */
export function reportJson(
  scripts: readonly Script[],
  columns: readonly Column[],
  exitStatus: number,
): string {
  const servers = columns.map((column) => ({
    server: column.server,
    ...(column.unreachable === undefined ? {} : { unreachable: column.unreachable }),
    totals: tally(scripts, column),
    scripts: scripts.map((script) => scriptJson(script, column)),
  }));
  return `${JSON.stringify({ exitStatus, servers }, undefined, 2)}\n`;
}

function scriptJson(script: Script, column: Column): object {
  const head = { file: script.file, title: script.title, section: basename(dirname(script.file)) };
  const outcome = column.outcomes.get(script);
  if (outcome === undefined) return { ...head, notPlayed: "the server could not be reached" };
  if (outcome.kind === "not-played") return { ...head, notPlayed: outcome.reason };
  const { uncutReason } = script.settings;
  const phases = script.phases.map((phase, index) => phaseJson(phase, outcome.phases[index]));
  const uncut = uncutReason === undefined ? {} : { uncut: uncutReason };
  return { ...head, replays: outcome.replays, ...uncut, phases };
}

function phaseJson(phase: Phase, outcome: PhaseOutcome | undefined): object {
  const { title, line, references, strength } = phase;
  const head = { title, line, references, strength, held: outcome?.kind === "held" };
  if (outcome?.kind !== "failed") return head;
  const { failure, replay } = outcome;
  const cut = replay === undefined ? {} : { replay };
  return {
    ...head,
    failure: { line: failure.line, expected: failure.expected, came: failure.came, ...cut },
  };
}
