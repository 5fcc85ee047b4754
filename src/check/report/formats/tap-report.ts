/**
 * The result of a check in the Test Anything Protocol, version 14: a line for each phase. A should
 * or may that did not hold has the directive with which it does not fail the run; a script that
 * was not played is marked as skipped.
 */

import type { Script } from "../../script/script.ts";
import type { Column } from "../column.ts";
import { failureLines, failureMessage } from "./failure-lines.ts";

export function reportTap(scripts: readonly Script[], columns: readonly Column[]): string {
  const points = columns.flatMap((column) =>
    scripts.flatMap((script) => pointsOf(script, column, columns.length > 1)),
  );
  const lines = points.flatMap(({ ok, text, details }, index) => [
    `${ok ? "ok" : "not ok"} ${index + 1} - ${text}`,
    ...details,
  ]);
  return `${["TAP version 14", `1..${points.length}`, ...lines].join("\n")}\n`;
}

interface Point {
  readonly ok: boolean;
  readonly text: string;
  readonly details: readonly string[];
}

function pointsOf(script: Script, column: Column, named: boolean): readonly Point[] {
  const server = named ? `${escaped(column.server)}: ` : "";
  const outcome = column.outcomes.get(script);
  if (outcome?.kind !== "played") {
    const away = column.unreachable;
    const text = `${server}${escaped(script.title)}`;
    if (away !== undefined) return [{ ok: false, text, details: [`# not reached: ${away}`] }];
    const reason = escaped(outcome?.reason ?? "not played");
    return [{ ok: true, text: `${text} # skip ${reason}`, details: [] }];
  }
  return script.phases.map((phase, index): Point => {
    const title = `${phase.title} (${[...phase.references, phase.strength].join(", ")})`;
    const text = `${server}${escaped(title)}`;
    const played = outcome.phases[index];
    if (played?.kind !== "failed") return { ok: true, text, details: [] };
    const finding = { script, phase, outcome: played, taste: false };
    const todo = phase.strength === "must" ? "" : ` # todo a ${phase.strength}`;
    return { ok: false, text: `${text}${todo}`, details: yaml(finding) };
  });
}

/** The details as a YAML block. JSON's strings are YAML's. */
function yaml(finding: Parameters<typeof failureLines>[0]): readonly string[] {
  const { script, outcome } = finding;
  return [
    "  ---",
    `  message: ${JSON.stringify(failureMessage(finding))}`,
    `  at: ${JSON.stringify(`${script.file}:${outcome.failure.line}`)}`,
    "  details:",
    ...failureLines(finding).map((line) => `    - ${JSON.stringify(line)}`),
    "  ...",
  ];
}

/** A `#` begins a directive, unless a backslash stands before it. */
function escaped(text: string): string {
  return text.replace(/[\\#]/gu, "\\$&").replace(/[\r\n]+/gu, " ");
}
