/**
 * The result of a check as JUnit XML, as CI systems read it: a suite for each server and folder, a
 * case for each phase. A should or may that failed is a skipped case with its details as output,
 * since it does not fail the check.
 */

import { departuresOf } from "../../blame/departure.ts";
import type { Script } from "../../script/script.ts";
import type { Column } from "../column.ts";
import { endText, sections } from "../column.ts";
import type { Finding } from "../finding.ts";
import { asidesOf } from "../finding.ts";
import { escapeMarkup } from "./escape-markup.ts";
import { failureLines, failureMessage } from "./failure-lines.ts";

/** A phase, or a script that was not played. */
interface Case {
  readonly name: string;
  /** Absent for what is about the server and no script. */
  readonly script?: Script;
  readonly result: "passed" | "failure" | "skipped" | "error";
  readonly content: string;
}

export function reportJunit(scripts: readonly Script[], columns: readonly Column[]): string {
  const suites = columns.flatMap((column) => {
    const everywhere = [...endOf(column), ...departureCases(scripts, column)];
    const folders = [...sections(scripts)].map(([section, members]): [string, readonly Case[]] => [
      section,
      members.flatMap((script) => casesOf(script, column)),
    ]);
    const all =
      everywhere.length === 0 ? folders : [["everywhere", everywhere] as const, ...folders];
    return all.map(([name, cases]) => {
      return { attributes: suiteAttributes(`${column.server} ${name}`, cases), cases };
    });
  });
  const all = suites.flatMap(({ cases }) => cases);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${suiteAttributes("postern check", all)}>`,
    ...suites.map(({ attributes, cases }) =>
      [`  <testsuite ${attributes}>`, cases.map(caseText), "  </testsuite>"].flat().join("\n"),
    ),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function suiteAttributes(name: string, cases: readonly Case[]): string {
  const count = (result: Case["result"]): number =>
    cases.filter((each) => each.result === result).length;
  return (
    `name="${escapeMarkup(name)}" tests="${cases.length}" failures="${count("failure")}" ` +
    `errors="${count("error")}" skipped="${count("skipped")}"`
  );
}

function casesOf(script: Script, column: Column): readonly Case[] {
  const outcome = column.outcomes.get(script);
  if (outcome?.kind !== "played") {
    const reason = outcome?.reason ?? "the server could not be reached";
    return [{ name: script.title, script, ...skipped(reason) }];
  }
  return script.phases.flatMap((phase, index): readonly Case[] => {
    const name = `${phase.title} (${[...phase.references, phase.strength].join(", ")})`;
    const played = outcome.phases[index];
    const own = asidesOf(script, phase, played).map(({ title, finding }): Case => {
      const { result, content } = finding === undefined ? passed : failed(finding);
      return { name: title, script, result, content };
    });
    if (played?.kind === "not-played") return [{ name, script, ...skipped(played.reason) }, ...own];
    if (played?.kind !== "failed") return [{ name, script, ...passed }, ...own];
    const finding = { script, phase, outcome: played, taste: false };
    return [{ name, script, ...failed(finding) }, ...own];
  });
}

const passed = { result: "passed", content: "" } as const;

function skipped(reason: string): Pick<Case, "result" | "content"> {
  return { result: "skipped", content: `<skipped message="${escapeMarkup(reason)}"/>` };
}

/** A server that isn't there, went away or hangs. */
function endOf({ server, unreachable, gone }: Column): readonly Case[] {
  if (unreachable === undefined && gone === undefined) return [];
  const message = unreachable ?? (gone === undefined ? "" : endText(gone));
  const name = unreachable === undefined ? `${server} stays to the end` : `${server} is reached`;
  return [{ name, result: "error", content: `<error message="${escapeMarkup(message)}"/>` }];
}

function departureCases(scripts: readonly Script[], column: Column): readonly Case[] {
  return departuresOf(scripts, column).map(({ title, references, strength, touched }) => {
    const name = `${column.server} ${title} (${[...references, strength].join(", ")})`;
    const places = new Set(touched.map(({ script, phase }) => `${script.file}:${phase.line}`));
    const details = escapeMarkup([...places].join("\n"));
    const message = escapeMarkup(`in ${places.size} phases`);
    const failure = `<failure type="must" message="${message}">${details}</failure>`;
    if (strength === "must") return { name, result: "failure", content: failure };
    const reason = `<skipped message="a ${strength}: ${message}"/>`;
    const content = `${reason}<system-out>${details}</system-out>`;
    return { name, result: "skipped", content };
  });
}

function failed(finding: Finding): Pick<Case, "result" | "content"> {
  const message = escapeMarkup(failureMessage(finding));
  const details = escapeMarkup(failureLines(finding).join("\n"));
  const { strength } = finding.phase;
  if (strength === "must") {
    const content = `<failure type="must" message="${message}">${details}</failure>`;
    return { result: "failure", content };
  }
  const reason = `<skipped message="a ${strength} did not hold: ${message}"/>`;
  return { result: "skipped", content: `${reason}<system-out>${details}</system-out>` };
}

function caseText({ name, script, content }: Case): string {
  const of =
    script === undefined
      ? 'classname="everywhere"'
      : `classname="${escapeMarkup(script.title)}" file="${escapeMarkup(script.file)}"`;
  const attributes = `name="${escapeMarkup(name)}" ${of}`;
  return content === ""
    ? `    <testcase ${attributes}/>`
    : `    <testcase ${attributes}>${content}</testcase>`;
}
