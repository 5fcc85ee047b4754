/**
 * A run's result as Markdown: all of it for bench/README.md, and the few rows that a user asks for
 * first for the project's README.md. On each page the result stands between two marks, and the next
 * run replaces it.
 */

import type { Case } from "./cases.ts";
import { cases } from "./cases.ts";
import { boundText, goals, judge, nameOf } from "./goals.ts";
import type { Verdict } from "./goals.ts";
import type { Measure, Row } from "./measures.ts";
import { digits, measureNames, measures, medianOf } from "./measures.ts";
import type { FoundPeer } from "./peers.ts";
import { peers } from "./peers.ts";
import { probes } from "./probes.ts";

export const BEGIN = "<!-- bench -->";
export const END = "<!-- /bench -->";

/** Puts `block` between the marks of `text`. Throws when there is no pair of them. */
export function replaceBlock(text: string, block: string): string {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error(`no ${BEGIN} … ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${block.trim()}\n\n${text.slice(end)}`;
}

/** The rows of the project's README. */
const highlights: readonly { readonly case: string; readonly measure: Measure }[] = [
  { case: "1k", measure: "cpu" },
  { case: "304", measure: "cpu" },
  { case: "gzip-10k", measure: "cpu" },
  { case: "many-files", measure: "cpu" },
  { case: "100k", measure: "cpu" },
  { case: "1m", measure: "cpu" },
  { case: "tls-1k", measure: "cpu" },
  { case: "tls-1m", measure: "cpu" },
  { case: "idle", measure: "perConnection" },
  { case: "start", measure: "firstAnswer" },
];

/** The columns of the project's README: servers without a cache that outlives a change by a minute. */
const highlightedServers = ["postern", "nginx", "lighttpd", "h2o", "caddy", "bun-file", "serve"];

/** The table for the project's README, without the rows and the servers that the run left out. */
export function renderHighlights(machine: string, rows: readonly Row[]): string {
  const figures = highlights.map(({ case: name, measure }) =>
    highlightedServers.map((server) => medianOf(rows, name, server, measure)),
  );
  const columns = [...highlightedServers.keys()].filter((at) =>
    figures.some((row) => row[at] !== undefined),
  );
  const body = highlights.flatMap(({ case: name, measure }, index) => {
    const { title, unit } = measures[measure];
    const known = columns.map((at) => figures[index]?.[at]);
    if (known.every((value) => value === undefined)) return [];
    const cells = known.map((value) => (value === undefined ? "" : digits(value)));
    return [[`${titleOf(name)}: ${title}`, unit].concat(cells)];
  });
  const servers = columns.map((at) => highlightedServers[at] ?? "");
  return `${machine}\n\n${table(["what", "unit", ...servers], body)}`;
}

/** The whole result, for bench/README.md; `machine` is one line about what it ran on. */
export function renderResult(
  machine: string,
  found: readonly FoundPeer[],
  rows: readonly Row[],
): string {
  const versions = found.map(({ peer, version }) => `${peer.name} ${version}`).join(", ");
  const verdicts = goals.map((goal) => judge(goal, rows));
  const met = verdicts.filter(({ isMet }) => isMet === true).length;
  return [
    `${machine}\n\n${versions}.`,
    `Goals, ${met} of ${verdicts.length} met; a ratio is postern's median divided by the other's, of one run:`,
    renderGoals(verdicts),
    "µs of server CPU per request, and requests per second below:",
    renderMatrix(rows),
    "The rest:",
    renderRest(rows),
  ].join("\n\n");
}

/** A row for each goal. */
export function renderGoals(verdicts: readonly Verdict[]): string {
  const body = verdicts.map(({ goal, value, other, compared, isMet }) => {
    const { figure, against } = goal;
    const { title, unit } = measures[figure.measure];
    const what =
      figure.measure === "cpu" ? titleOf(figure.case) : `${titleOf(figure.case)}: ${title}`;
    const side = against === undefined ? "–" : `${nameOf(against, figure)} ${show(other, unit)}`;
    const ratio = against === undefined || compared === undefined ? "–" : `${digits(compared)}×`;
    const met = isMet === undefined ? "—" : isMet ? "yes" : "**no**";
    return [what, show(value, unit), side, ratio, boundText(goal), met];
  });
  return table(["what", "postern", "beside", "ratio", "goal", "met"], body);
}

/** A row for each case, a column for each server: CPU, and requests per second. */
export function renderMatrix(rows: readonly Row[]): string {
  const asked = cases.filter(
    (each) => isInMatrix(each) && rows.some((row) => row.case === each.name),
  );
  const shown = peers
    .map(({ name }) => name)
    .filter((name) => asked.some((each) => medianOf(rows, each.name, name, "cpu") !== undefined));
  const body = asked.map((each) => {
    const cells = shown.map((server) => {
      const cpu = medianOf(rows, each.name, server, "cpu");
      const rate = medianOf(rows, each.name, server, "rate");
      if (cpu === undefined || rate === undefined) return "";
      return `${digits(cpu)}<br>${rateText(rate)}`;
    });
    return [each.title].concat(cells);
  });
  return table(["", ...shown], body);
}

/** What is no CPU per request: a row for each case and measure, all servers in one cell. */
export function renderRest(rows: readonly Row[]): string {
  const names = [...new Set(rows.map((row) => row.case))];
  return table(
    ["what", "unit", "by server"],
    names.flatMap((name) => restOf(name, rows)),
    "---",
  );
}

function restOf(name: string, rows: readonly Row[]): readonly (readonly string[])[] {
  const isShown = cases.some((each) => each.name === name && isInMatrix(each));
  const lines: string[][] = [];
  for (const measure of measureNames) {
    if (isShown && (measure === "cpu" || measure === "rate")) continue;
    const known = rows.flatMap(({ case: of, server }) => {
      const value = of === name ? medianOf(rows, name, server, measure) : undefined;
      return value === undefined ? [] : [`${server} ${digits(value)}`];
    });
    const { title, unit } = measures[measure];
    if (known.length > 0) lines.push([`${titleOf(name)}: ${title}`, unit, known.join(", ")]);
  }
  const notes = rows.flatMap(({ case: of, server, outcome }) => {
    const note = of === name && outcome.kind === "measured" ? outcome.note : undefined;
    return note === undefined ? [] : [`${server}: ${note}`];
  });
  if (notes.length > 0) lines.push([titleOf(name), "", notes.join("; ")]);
  return lines;
}

/** Uploads go to other programs, which would be columns of one cell. */
function isInMatrix({ setup }: Case): boolean {
  return setup.upload !== true;
}

function rateText(perSecond: number): string {
  return perSecond >= 1000 ? `${digits(perSecond / 1000)}k` : perSecond.toFixed(0);
}

function titleOf(name: string): string {
  return [...cases, ...probes].find((each) => each.name === name)?.title ?? name;
}

function show(value: number | undefined, unit: string): string {
  return value === undefined ? "—" : `${digits(value)} ${unit}`;
}

function table(
  head: readonly string[],
  body: readonly (readonly string[])[],
  rule: "---" | "---:" = "---:",
): string {
  const rules = head.map((_, index) => (index === 0 ? "---" : rule));
  return [head, rules, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
