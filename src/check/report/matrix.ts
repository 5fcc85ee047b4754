/** The phases that held of those that were played, by section, strength and server, as a table. */

import type { Script } from "../script/script.ts";
import { strengths } from "../script/script.ts";
import type { Column, Tally } from "./column.ts";
import { sections, tally } from "./column.ts";

/** A row for each section and one for all. For each server: phases that held of those played. */
export function matrixLines(
  scripts: readonly Script[],
  columns: readonly Column[],
): readonly string[] {
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
