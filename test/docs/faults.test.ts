/**
 * docs/faults.md repeats the table of faults, and its examples are right.
 */

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { defaultLimits } from "../../src/base/limits.ts";
import { readFaultText } from "../../src/server/faults/fault-file.ts";
import type { FaultRow } from "../../src/server/faults/fault-table.ts";
import { chanceTable, faultPhases, faultTable } from "../../src/server/faults/fault-table.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/faults.md"), "utf8");

/** The rows of the tables under the heading `title`, cell by cell. */
function rowsUnder(title: string): string[][] {
  const [, section = ""] = page.split(`\n### ${title}\n`);
  const [table = ""] = section.split(/\n#/);
  return table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("\\|", "|")));
}

function written(name: string, placeholder: string): string {
  return placeholder === "" ? `\`${name}\`` : `\`${name}=${placeholder}\``;
}

describe("docs/faults.md", () => {
  const titles = [
    "A new connection",
    "Its TLS handshake",
    "The answer",
    "Its head",
    "Its framing",
    "Its content",
    "The connection",
  ];

  test.each(faultPhases.map((phase, i) => [titles[i] ?? "", phase] as const))(
    "has under %s the rows of the table: %s",
    (title, phase) => {
      const rows = Object.entries<FaultRow>(faultTable).filter(([, row]) => row.phase === phase);
      expect(rowsUnder(title)).toEqual(
        rows.map(([name, { kind, does, tests }]) => [written(name, kind.placeholder), does, tests]),
      );
    },
  );

  test("says how often faults hit", () => {
    const rows = Object.entries(chanceTable);
    expect(rowsUnder("How often")).toEqual(
      rows.map(([name, { kind, does }]) => [written(name, kind.placeholder), does]),
    );
  });

  test("has a file of faults that can be read", () => {
    const [, file = ""] = /```text\n([^`]*statuses[^`]*)```/.exec(page) ?? [];
    const read = readFaultText(file, "faults.txt", defaultLimits);
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.value.length).toBe(3);
  });
});
