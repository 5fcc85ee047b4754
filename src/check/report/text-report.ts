/**
 * The result of a check as text for people. A matrix that counts phases by strength comes first
 * and a line for each server last. Between them: a line for each folder of scripts, what was found
 * (musts, then shoulds, then mays), and the scripts that were not played, each with the reason.
 *
 * A script's first finding of a strength is shown whole: its prose, `file:line`, what was sent,
 * what was expected, what came, and the bytes around the first difference. The others are a line
 * each.
 */

import { byteDiff } from "./byte-diff.ts";
import { visibleText } from "../script/escape.ts";
import type { HttpResponse } from "../play/response-reader.ts";
import type { Script, Strength } from "../script/script.ts";
import { strengths } from "../script/script.ts";
import type { Departure } from "../blame/departure.ts";
import { departuresOf } from "../blame/departure.ts";
import { causesOf } from "./cause.ts";
import type { Column, Gone } from "./column.ts";
import { sections, tally } from "./column.ts";
import { exchangeLines, sentLines } from "./exchange-text.ts";
import type { Finding } from "./finding.ts";
import { findingsOf, proseOf } from "./finding.ts";
import { matrixLines } from "./matrix.ts";
import { counted, summary } from "./summary.ts";
import { checkLimits } from "../limits.ts";

const { touchedMax, sentLinesMax } = checkLimits;

/** The report as text; with `failuresOnly` without the folders and what was not played. */
export function reportText(
  scripts: readonly Script[],
  columns: readonly Column[],
  failuresOnly = false,
): string {
  const lines = [...matrixLines(scripts, columns), ""];
  for (const column of columns) {
    const own = columnText(scripts, column, failuresOnly);
    if (own.length === 0) continue;
    if (columns.length > 1) lines.push(`## ${column.server}`, "");
    lines.push(...own, "");
  }
  if (!failuresOnly) lines.push(...notPlayedText(scripts, columns));
  lines.push(...columns.map((column) => summary(scripts, column)));
  return `${lines.join("\n").trimEnd()}\n`;
}

function columnText(
  scripts: readonly Script[],
  column: Column,
  failuresOnly: boolean,
): readonly string[] {
  if (column.unreachable !== undefined) {
    return [`NOT REACHED ${column.server}: ${column.unreachable}; nothing was played`];
  }
  const blocks: (readonly string[])[] = [];
  if (!failuresOnly) {
    const folders = [...sections(scripts)];
    blocks.push(folders.map(([section, members]) => sectionText(section, members, column)));
  }
  if (column.gone !== undefined) blocks.push(goneText(column.server, column.gone));
  const departures = departuresOf(scripts, column);
  for (const strength of strengths) {
    const found = findingsOf(strength, scripts, column);
    const own = departures.filter((departure) => departure.strength === strength);
    if (own.length > 0) blocks.push(...own.map((each) => departureText(each, column)));
    if (found.length > 0) blocks.push(...findingsText(strength, found, column));
  }
  const lines = blocks.map((block) => block.join("\n")).join("\n\n");
  return lines === "" ? [] : [lines];
}

function sectionText(section: string, scripts: readonly Script[], column: Column): string {
  const played = scripts.flatMap((script) => {
    const outcome = column.outcomes.get(script);
    return outcome?.kind === "played" ? [outcome] : [];
  });
  const counts = tally(scripts, column);
  const all = strengths.map((strength) => counts[strength]);
  const held = all.reduce((sum, count) => sum + count.held, 0);
  const differing = column.own === true ? 0 : counts.may.played - counts.may.held;
  const failed = all.reduce((sum, count) => sum + count.played, 0) - held - differing;
  const replays = played.reduce((sum, outcome) => sum + outcome.replays, 0);
  const uncut = scripts.filter(({ settings }) => settings.uncutReason !== undefined).length;
  const notPlayed = scripts.length - played.length;
  const parts = [counted(scripts.length, "script"), `${counted(held, "phase")} held`];
  if (failed > 0) parts.push(`${failed} FAILED`);
  if (differing > 0) parts.push(`${differing} differ`);
  if (replays > 0) parts.push(counted(replays, "replay"));
  if (uncut > 0) parts.push(`${uncut} uncut`);
  if (notPlayed > 0) parts.push(`${counted(notPlayed, "script")} not played`);
  return `${section}: ${parts.join(", ")}`;
}

/** A heading, then a block for each script. */
function findingsText(
  strength: Strength,
  found: readonly Finding[],
  column: Column,
): readonly (readonly string[])[] {
  const { server } = column;
  const number = counted(found.length, strength);
  if (found[0]?.taste === true) {
    const than = column.client === true ? "" : " than postern";
    const heading = `${number} in which ${server} chose otherwise${than} (no failures):`;
    return [[heading, ...found.map((finding) => `  ${brief(finding)}`)]];
  }
  const causes = causesOf(found, column);
  const blocks = causes.map(({ title, findings: [first, ...later] }) => {
    const lines = title === undefined ? [] : [`${server} ${title}`];
    lines.push(...findingText(first));
    if (later.length === 0) return lines;
    const heading =
      title === undefined
        ? `  and ${counted(later.length, `later ${strength}`)} of this script failed:`
        : `  and ${counted(later.length, `other ${strength}`)} failed alike:`;
    return lines.concat(heading, later.map((finding) => `    ${brief(finding)}`).join("\n"));
  });
  const sum = causes.length < found.length ? `, of ${counted(causes.length, "kind")}` : "";
  return [
    [`${number} failed${causes.some(({ title }) => title !== undefined) ? sum : ""}:`],
    ...blocks,
  ];
}

/** A departure with the phases that it touched, a line each up to a bound. */
function departureText(departure: Departure, { server }: Column): readonly string[] {
  const { title, references, strength, touched } = departure;
  const phases = [...new Set(touched.map(({ script, phase }) => `${script.file}:${phase.line}`))];
  const shown = phases.slice(0, touchedMax).map((place) => `    ${place}`);
  if (phases.length > shown.length) shown.push(`    and ${phases.length - shown.length} more`);
  return [
    `FOUND (${strength}) ${server} ${title} (${references.join(", ")})`,
    `  in ${counted(phases.length, "phase")}, which aren't judged by it:`,
    ...shown,
  ];
}

function goneText(server: string, { error, during, hangs }: Gone): readonly string[] {
  const heading =
    hangs === true
      ? `HANGS ${server}: ${error}; the rest was not played. These met nothing but silence:`
      : `WENT AWAY ${server}: ${error}; the rest was not played. When it went, these were played:`;
  return [heading, ...during.map((file) => `  ${file}`)];
}

function brief({ script, phase, outcome }: Finding): string {
  return `${script.file}:${outcome.failure.line}  ${phase.title} (${phase.references.join(", ")})`;
}

function findingText({ script, phase, outcome }: Finding): readonly string[] {
  const { failure, replay, exchange } = outcome;
  const lines = [
    `FAILED (${phase.strength}) ${script.file}:${failure.line}`,
    `  ${phase.title} (${phase.references.join(", ")})`,
    ...proseOf(script, phase).map((paragraph) => `  | ${paragraph}`),
  ];
  if (replay !== undefined) lines.push(`  held uncut, failed ${replay}`);
  if (exchange !== undefined && exchange.length > 0) {
    // What a client made of an answer is understood by the answer.
    const isClients = script.settings.client === true;
    const sent = isClients ? exchangeLines(exchange) : sentLines(exchange);
    lines.push(
      isClients ? "  passed" : "  sent",
      ...sent.slice(0, sentLinesMax).map((line) => `    ${line}`),
    );
    if (sent.length > sentLinesMax)
      lines.push(`    * and ${sent.length - sentLinesMax} more lines`);
  }
  lines.push(`  expected  ${failure.expected}`, `  came      ${failure.came}`);
  const { difference, response } = failure;
  if (difference !== undefined) {
    lines.push(...byteDiff(difference.expected, difference.came).map((line) => `    ${line}`));
  }
  if (response !== undefined) {
    lines.push(...responseText(response).map((line) => `    < ${line}`.trimEnd()));
  }
  return lines;
}

/** The response that failed, abbreviated. */
function responseText(response: HttpResponse): readonly string[] {
  const lines = [`${response.version} ${response.status} ${response.reason}`];
  for (const { name, value } of response.fields) lines.push(`${name}: ${value}`);
  if (response.body.length > 0) lines.push("", visibleText(response.body, 240));
  return lines;
}

/** What was not played, by its reasons. */
function notPlayedText(scripts: readonly Script[], columns: readonly Column[]): readonly string[] {
  const lines: string[] = [];
  for (const column of columns) {
    const how = column.client === true ? "with" : "against";
    const whole = scripts.flatMap((script) => {
      const outcome = column.outcomes.get(script);
      return outcome?.kind === "not-played" ? [{ script, reason: outcome.reason }] : [];
    });
    const parts = scripts.flatMap((script) => {
      const outcome = column.outcomes.get(script);
      if (outcome?.kind !== "played") return [];
      return script.phases.flatMap(({ line }, index) => {
        const result = outcome.phases[index];
        if (result?.kind !== "not-played") return [];
        return [{ place: `${script.file}:${line}`, reason: result.reason }];
      });
    });
    if (whole.length > 0) {
      lines.push(`${counted(whole.length, "script")} not played ${how} ${column.server}:`);
      for (const [reason, members] of Map.groupBy(whole, (each) => each.reason)) {
        lines.push(
          ...reasonText(
            reason,
            members.map(({ script }) => script.file),
            "script",
          ),
        );
      }
      lines.push("");
    }
    if (parts.length === 0) continue;
    lines.push(`${counted(parts.length, "phase")} of others not played ${how} ${column.server}:`);
    for (const [reason, members] of Map.groupBy(parts, (each) => each.reason)) {
      lines.push(
        ...reasonText(
          reason,
          members.map(({ place }) => place),
          "phase",
        ),
      );
    }
    lines.push("");
  }
  return lines;
}

function reasonText(reason: string, places: readonly string[], noun: string): readonly string[] {
  const [only] = places;
  if (places.length === 1 && only !== undefined) return [`  ${only}: ${reason}`];
  return [`  ${reason} (${counted(places.length, noun)}):`, ...places.map((each) => `    ${each}`)];
}
