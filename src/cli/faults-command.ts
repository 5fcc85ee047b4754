/**
 * `postern faults`: lists the faults, or says whether files of faults are right.
 */

import { defaultLimits } from "../base/limits.ts";
import { readFaultFile } from "../server/faults/fault-file.ts";
import type { FaultPhase, FaultRow } from "../server/faults/fault-table.ts";
import { chanceTable, faultPhases, faultTable } from "../server/faults/fault-table.ts";
import type { Config } from "./config/config.ts";
import { columnsMax, paragraph, wrap } from "./help/columns.ts";
import { standardError, standardOutput } from "../system/standard-streams.ts";
import { displayName } from "../tree/path.ts";

/** What the phases are about, in the list. */
const headings: Readonly<Record<FaultPhase, string>> = {
  accept: "A new connection",
  handshake: "Its TLS handshake",
  answer: "The answer",
  head: "Its head",
  framing: "Its framing",
  body: "Its content",
  connection: "The connection",
};

/** `text` in lines behind `indent`. */
function indented(text: string, indent: string): string {
  const lines = wrap(text, columnsMax - indent.length);
  return lines.map((line) => `${indent}${line}\n`).join("");
}

/** A name as a file gives it a value. */
function written(name: string, placeholder: string): string {
  return placeholder === "" ? name : `${name}=${placeholder}`;
}

function describeRow([name, { kind, does, tests }]: readonly [string, FaultRow]): string {
  const shown = written(name, kind.placeholder);
  return `  ${shown}\n${indented(does, "      ")}${indented(`tests ${tests}`, "      ")}`;
}

/** What `postern faults` prints. */
export function faultsText(): string {
  const rows = Object.entries<FaultRow>(faultTable);
  const phases = faultPhases.map((phase) => {
    const own = rows.filter(([, row]) => row.phase === phase);
    return `${headings[phase]}\n${own.map(describeRow).join("")}`;
  });
  const chances = Object.entries(chanceTable).map(
    ([name, { kind, does }]) => `  ${written(name, kind.placeholder)}\n${indented(does, "      ")}`,
  );
  return `postern goes wrong on purpose, so that a client can be tested.

  postern [root] --faults FILE     serve, and go wrong as the file says
  postern faults                   list the faults
  postern faults FILE...           say whether files of faults are right

${paragraph(
  "A rule is a line: a method (* for any), a path as a route has it, and faults. # begins a " +
    "comment.",
)}
  # Two requests for an order fail; a third of the downloads break off.
  GET /orders/:id  statuses=503,503,200 retryAfter=1
  GET /data/*      cutAfterBytes=1000 by=reset probability=0.33 seed=7

${paragraph(
  "Of several rules for a request, the one whose path matches the least hits, and of several on " +
    "one path the first. One that doesn't hit leaves the request to the next.",
)}
${phases.join("\n")}
How often
${chances.join("")}`;
}

/** The line that says that a server has faults, so that no one takes them for mistakes. */
export function faultsLine({ faults = [] }: Config): string {
  const where = typeof faults === "string" ? displayName(faults) : "the configuration";
  return `faults are on: answers go wrong on purpose, as ${where} says`;
}

/** Says whether the rules in `file` are right; false when they aren't. */
async function checkFile(file: string): Promise<boolean> {
  const read = readFaultFile(file, defaultLimits);
  if (!read.ok) {
    await standardError.write(`postern: ${read.error}\n`);
    return false;
  }
  const count = read.value.length === 1 ? "1 rule" : `${read.value.length} rules`;
  await standardOutput.write(`${displayName(file)}: ${count}\n`);
  return true;
}

/** Runs `faults` with the words after it; returns the exit status. */
export async function runFaults(words: readonly string[]): Promise<0 | 2> {
  const files = words.filter((word) => !/^(?:--help|-h)$/.test(word));
  const unknown = files.find((word) => word.startsWith("-"));
  if (unknown !== undefined) {
    await standardError.write(`postern: unknown option ${unknown}; faults --help lists them\n`);
    return 2;
  }
  if (files.length === 0 || files.length < words.length) {
    await standardOutput.write(faultsText());
    return 0;
  }
  let areRight = true;
  for (const file of files) areRight = (await checkFile(file)) && areRight;
  return areRight ? 0 : 2;
}
