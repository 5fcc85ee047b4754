/**
 * The result on the terminal: a Markdown table of medians and ratios. It is printed case by case,
 * so that a long run can be read while it goes on.
 */

import type { Measure, Row } from "./measures.ts";
import { digits, measureNames, measures, median, medianOf } from "./measures.ts";
import { BESIDE, referenceOf } from "./peers.ts";

const columns = [
  { title: "case", width: 16 },
  { title: "server", width: 18 },
  { title: "µs CPU/request (min–max)", width: 26 },
  { title: "ratio", width: 6 },
  { title: "req/s", width: 7 },
] as const;

/** The summary of a row: median, extremes, and the ratio to the reference if there is one. */
interface Summary {
  readonly measure: Measure;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** The median divided by the reference's; `undefined` without a reference. */
  readonly ratio: number | undefined;
}

/** Summarises each measure of a row, relative to the rows of its case. Empty if it failed. */
export function summarize(row: Row, all: readonly Row[]): readonly Summary[] {
  if (row.outcome.kind === "failed") return [];
  const { figures } = row.outcome;
  return measureNames.flatMap((measure): readonly Summary[] => {
    const values = figures[measure];
    if (values === undefined || values.length === 0) return [];
    const reference = medianOf(all, row.case, referenceOf(row.server), measure);
    return [
      {
        measure,
        median: median(values),
        min: Math.min(...values),
        max: Math.max(...values),
        ratio: reference === undefined ? undefined : median(values) / reference,
      },
    ];
  });
}

/** The heading of the table: two lines. */
export function renderHeading(): string {
  const titles = columns.map(({ title }) => title);
  const rule = columns.map(({ width }, index) => (index < 2 ? "-".repeat(width) : dashes(width)));
  return `${line(titles)}\n${line(rule)}\n`;
}

/** The lines of the rows of one case. */
export function renderRows(rows: readonly Row[]): string {
  return rows
    .flatMap((row) => linesOf(row, rows))
    .map((cells) => `${line(cells)}\n`)
    .join("");
}

function linesOf(row: Row, all: readonly Row[]): readonly (readonly string[])[] {
  if (row.outcome.kind === "failed") {
    // In Markdown a pipe ends the cell.
    const reason = row.outcome.reason.replaceAll("|", "¦").replaceAll(/\s+/g, " ");
    return [[row.case, row.server, `failed: ${reason}`, "–", "–"]];
  }
  const { note } = row.outcome;
  const summaries = summarize(row, all);
  const rate = summaries.find(({ measure }) => measure === "rate");
  const lines = summaries
    .filter(({ measure }) => measure !== "rate")
    .map((each) => [
      row.case,
      row.server,
      rangeOf(each),
      ratioText(row.server, each.ratio),
      each.measure === "cpu" && rate !== undefined ? Math.round(rate.median).toString() : "–",
    ]);
  return note === undefined ? lines : [...lines, [row.case, row.server, note, "–", "–"]];
}

/** A checkout beside this one gets three decimals: it differs by a few per cent. */
function ratioText(server: string, ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return "–";
  return `${ratio.toFixed(server.startsWith(BESIDE) ? 3 : 2)}×`;
}

/** `10.1 (9.6–11.2)`, with name and unit if the column's heading doesn't say them. */
function rangeOf({ measure, median: middle, min, max }: Summary): string {
  const { title, unit } = measures[measure];
  const numbers = digits(middle) + (min === max ? "" : ` (${digits(min)}–${digits(max)})`);
  return measure === "cpu" ? numbers : `${title}: ${numbers} ${unit}`;
}

function dashes(width: number): string {
  return `${"-".repeat(width - 1)}:`;
}

function line(texts: readonly string[]): string {
  const padded = texts.map((text, index) => {
    const width = columns[index]?.width ?? 0;
    return index < 2 ? text.padEnd(width) : text.padStart(width);
  });
  return `| ${padded.join(" | ")} |`;
}
