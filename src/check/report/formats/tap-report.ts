/**
 * The result of a check in the Test Anything Protocol, version 14: a line for each phase. A should
 * or may that did not hold has the directive with which it does not fail the run; a script that
 * was not played is marked as skipped.
 */

import type { Departure } from "../../blame/departure.ts";
import { departuresOf } from "../../blame/departure.ts";
import type { Script, Strength } from "../../script/script.ts";
import type { Column } from "../column.ts";
import { asidesOf } from "../finding.ts";
import { failureLines, failureMessage } from "./failure-lines.ts";

export function reportTap(scripts: readonly Script[], columns: readonly Column[]): string {
  const points = columns.flatMap((column) => [
    ...endOf(column),
    ...departuresOf(scripts, column).map((each) => departurePoint(each, column)),
    ...scripts.flatMap((script) => pointsOf(script, column, columns.length > 1)),
  ]);
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
    const text = `${server}${escaped(script.title)}`;
    const reason = escaped(outcome?.reason ?? "the server could not be reached");
    return [{ ok: true, text: `${text} # skip ${reason}`, details: [] }];
  }
  return script.phases.flatMap((phase, index): readonly Point[] => {
    const title = `${phase.title} (${[...phase.references, phase.strength].join(", ")})`;
    const text = `${server}${escaped(title)}`;
    const played = outcome.phases[index];
    const own = asidesOf(script, phase, played).map((aside): Point => {
      const { finding } = aside;
      const name = `${server}${escaped(aside.title)}`;
      if (finding === undefined) return { ok: true, text: name, details: [] };
      return { ok: false, text: `${name}${todo(aside.strength)}`, details: yaml(finding) };
    });
    if (played?.kind === "not-played") {
      return [{ ok: true, text: `${text} # skip ${escaped(played.reason)}`, details: [] }, ...own];
    }
    if (played?.kind !== "failed") return [{ ok: true, text, details: [] }, ...own];
    const finding = { script, phase, outcome: played, taste: false };
    return [{ ok: false, text: `${text}${todo(phase.strength)}`, details: yaml(finding) }, ...own];
  });
}

/** A server that isn't there, went away or hangs, as one point that failed. */
function endOf({ server, unreachable, gone }: Column): readonly Point[] {
  if (unreachable !== undefined) {
    const text = escaped(`${server} is reached`);
    return [{ ok: false, text, details: [`# not reached: ${unreachable}`] }];
  }
  if (gone === undefined) return [];
  const text = escaped(`${server} stays to the end`);
  const what =
    gone.hangs === true ? "this met nothing but silence" : "it went while this was played";
  const during = gone.during.map((file) => `# ${what}: ${file}`);
  return [{ ok: false, text, details: [`# ${gone.error}`, ...during] }];
}

function departurePoint(departure: Departure, { server }: Column): Point {
  const { title, references, strength, touched } = departure;
  const text = escaped(`${server} ${title} (${[...references, strength].join(", ")})`);
  const places = new Set(touched.map(({ script, phase }) => `# ${script.file}:${phase.line}`));
  return { ok: false, text: `${text}${todo(strength)}`, details: [...places] };
}

function todo(strength: Strength): string {
  return strength === "must" ? "" : ` # todo a ${strength}`;
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
