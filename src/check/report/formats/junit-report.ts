/**
 * The result of a check as JUnit XML, as CI systems read it: a suite for each server and folder, a
 * case for each phase. A should or may that failed is a skipped case with its details as output,
 * since it does not fail the check.
 */

import type { Script } from "../../script/script.ts";
import type { Column } from "../column.ts";
import { sections } from "../column.ts";
import type { Finding } from "../finding.ts";
import { escapeMarkup } from "./escape-markup.ts";
import { failureLines, failureMessage } from "./failure-lines.ts";

/** A phase, or a script that was not played. */
interface Case {
  readonly name: string;
  readonly script: Script;
  readonly result: "passed" | "failure" | "skipped" | "error";
  readonly content: string;
}

export function reportJunit(scripts: readonly Script[], columns: readonly Column[]): string {
  const suites = columns.flatMap((column) =>
    [...sections(scripts)].map(([section, members]) => {
      const cases = members.flatMap((script) => casesOf(script, column));
      return { attributes: suiteAttributes(`${column.server} ${section}`, cases), cases };
    }),
  );
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
    const away = column.unreachable;
    const reason = outcome?.reason ?? `the server could not be reached: ${away ?? "no answer"}`;
    const result = away === undefined ? "skipped" : "error";
    const content = `<${result} message="${escapeMarkup(reason)}"/>`;
    return [{ name: script.title, script, result, content }];
  }
  return script.phases.map((phase, index): Case => {
    const name = `${phase.title} (${[...phase.references, phase.strength].join(", ")})`;
    const played = outcome.phases[index];
    if (played?.kind !== "failed") return { name, script, result: "passed", content: "" };
    const finding = { script, phase, outcome: played, taste: false };
    return { name, script, ...failed(finding) };
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
  const skipped = `<skipped message="a ${strength} did not hold: ${message}"/>`;
  return { result: "skipped", content: `${skipped}<system-out>${details}</system-out>` };
}

function caseText({ name, script, content }: Case): string {
  const attributes =
    `name="${escapeMarkup(name)}" classname="${escapeMarkup(script.title)}" ` +
    `file="${escapeMarkup(script.file)}"`;
  return content === ""
    ? `    <testcase ${attributes}/>`
    : `    <testcase ${attributes}>${content}</testcase>`;
}
