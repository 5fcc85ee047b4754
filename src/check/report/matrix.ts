/** The phases that held of those that were played, by section, strength and server, as a table. */

import type { Script } from "../script/script.ts";
import { strengths } from "../script/script.ts";
import type { Column, Tallies, Tally } from "./column.ts";
import { sections, tally } from "./column.ts";
import { departed, totals } from "./totals.ts";

/** The row of what a server does everywhere, where no phase about it was played. */
export const departuresRow = "everywhere";

/** A row for each section and one for all. For each server: phases that held of those played. */
export function matrixLines(
  scripts: readonly Script[],
  columns: readonly Column[],
): readonly string[] {
  const rows: string[][] = [["", ...columns.flatMap(() => strengths)]];
  const add = (name: string, counted: (column: Column) => Tallies): void => {
    const cells = columns.map(counted).flatMap((counts) => strengths.map((s) => cell(counts[s])));
    rows.push([name, ...cells]);
  };
  for (const [section, members] of sections(scripts)) {
    add(section, (column) => tally(members, column));
  }
  const all = columns.map((column) => departed(scripts, column));
  if (all.some((counts) => strengths.some((strength) => counts[strength].played > 0))) {
    add(departuresRow, (column) => departed(scripts, column));
  }
  add("all", (column) => totals(scripts, column));
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
