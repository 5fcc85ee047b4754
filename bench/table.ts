/**
 * The result as text: a Markdown table of medians and ratios, a case at a time, so that a long run
 * can be read while it goes on.
 */

import type { Sample } from "./generator.ts";

/** What one server did in one case. */
export type Outcome =
  | { readonly kind: "measured"; readonly samples: readonly Sample[] }
  | { readonly kind: "failed"; readonly reason: string };

/** A row before it is text. */
export interface Row {
  readonly case: string;
  readonly server: string;
  readonly outcome: Outcome;
}

/** The server that all others are divided by. */
export const REFERENCE = "postern";

const columns = [
  { title: "case", width: 12 },
  { title: "server", width: 11 },
  { title: "µs CPU/request (min–max)", width: 26 },
  { title: "ratio", width: 6 },
  { title: "req/s", width: 7 },
] as const;

/** The middle value, or the mean of the two in the middle. Throws when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("no median of nothing");
  return (lower + upper) / 2;
}

/** The numbers of a row: medians, extremes, and the ratio to the reference where there is one. */
export interface Summary {
  readonly cpuMicroseconds: number;
  readonly cpuMicrosecondsMin: number;
  readonly cpuMicrosecondsMax: number;
  readonly requestsPerSecond: number;
  /** Its CPU per request divided by the reference's; `undefined` without a reference. */
  readonly ratio: number | undefined;
}

/** Summarises a row among the rows of its case; `undefined` when it failed. */
export function summarize(row: Row, all: readonly Row[]): Summary | undefined {
  if (row.outcome.kind === "failed") return undefined;
  const costs = costsOf(row);
  const reference = all.find((each) => each.case === row.case && each.server === REFERENCE);
  const referenceCosts = reference === undefined ? [] : costsOf(reference);
  const cpuMicroseconds = median(costs);
  return {
    cpuMicroseconds,
    cpuMicrosecondsMin: Math.min(...costs),
    cpuMicrosecondsMax: Math.max(...costs),
    requestsPerSecond: median(row.outcome.samples.map((each) => each.requestsPerSecond)),
    ratio: referenceCosts.length > 0 ? cpuMicroseconds / median(referenceCosts) : undefined,
  };
}

/** The two lines above the rows. */
export function renderHeading(): string {
  const titles = columns.map(({ title }) => title);
  const rule = columns.map(({ width }, index) => (index < 2 ? "-".repeat(width) : dashes(width)));
  return `${line(titles)}\n${line(rule)}\n`;
}

/** The rows of one case, as they come. */
export function renderRows(rows: readonly Row[]): string {
  return rows.map((row) => `${line(cells(row, rows))}\n`).join("");
}

function cells(row: Row, all: readonly Row[]): readonly string[] {
  if (row.outcome.kind === "failed") {
    // A pipe would end the cell.
    const reason = row.outcome.reason.replaceAll("|", "¦").replaceAll(/\s+/g, " ");
    return [row.case, row.server, `failed: ${reason}`, "–", "–"];
  }
  const summary = summarize(row, all);
  if (summary === undefined) return [];
  const { cpuMicroseconds, cpuMicrosecondsMin, cpuMicrosecondsMax } = summary;
  const extremes = `${digits(cpuMicrosecondsMin)}–${digits(cpuMicrosecondsMax)}`;
  return [
    row.case,
    row.server,
    `${digits(cpuMicroseconds)} (${extremes})`,
    summary.ratio === undefined ? "–" : `${summary.ratio.toFixed(2)}×`,
    Math.round(summary.requestsPerSecond).toString(),
  ];
}

function costsOf({ outcome }: Row): readonly number[] {
  if (outcome.kind === "failed") return [];
  return outcome.samples.map((each) => each.cpuMicrosecondsPerRequest);
}

/** Three significant digits are as many as a round can carry. */
function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);
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
