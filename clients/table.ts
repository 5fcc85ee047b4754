/** The table of what the clients do, as Markdown, and its place on a page. */

import type { RuleOptions } from "../src/server/faults/fault-options.ts";
import type { Client, Habit } from "./client.ts";
import type { Report } from "./run.ts";
import type { Trial } from "./trials.ts";

/** What became of a trial: the reports of each client, by its name. */
export interface Row {
  readonly trial: Trial;
  readonly reports: ReadonlyMap<string, readonly Report[]>;
}

/** How a client is asked for what it doesn't do by itself. */
const habitTexts: Readonly<Record<Habit, string>> = {
  retry: "`curl --retry 1`",
  resume: "`curl --continue-at -`",
  pieces: "`read(1024)` until it is empty",
};

const begin = "<!-- clients -->";
const end = "<!-- /clients -->";

/** Puts `block` between the marks of `page`. Throws when there is no pair of them. */
export function withBlock(page: string, block: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from === -1 || to === -1) throw new Error(`no ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${block.trim()}\n\n${page.slice(to)}`;
}

/** A value as a text file of faults has it. */
function valueText(value: unknown): string {
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return text === "" || text.includes(" ") ? `"${text}"` : text;
}

/** Faults as a text file has them. */
function ruleText(rule: RuleOptions): string {
  const words = Object.entries(rule).map(([name, value]) =>
    value === true ? name : `${name}=${valueText(value)}`,
  );
  return `\`${words.join(" ")}\``;
}

/** The rule of `trial`, and how it is met if not by one GET. */
export function titleOf({ rule, next, method, times, habit }: Trial): string {
  const requests = [
    ...(method === "GET" ? [] : [method]),
    ...(habit === undefined ? [] : [habitTexts[habit]]),
    ...(times === 1 ? [] : [`${times} requests`]),
  ];
  const rules = next === undefined ? ruleText(rule) : `${ruleText(rule)}, then ${ruleText(next)}`;
  return [rules, ...requests].join(", ");
}

function reportText(trial: Trial, { text, outcomes, seen }: Report): string {
  const section = trial.departure(outcomes, seen);
  return section === undefined ? text : `${text} (**against ${section}**)`;
}

/** What a client did, all of it where it did not always do the same. */
function cell(trial: Trial, reports: readonly Report[] = []): string {
  const texts = new Set(reports.map((report) => reportText(trial, report)));
  return [...texts].toSorted().join("; or ").replaceAll("|", "\\|");
}

/** The table of `rows` for `clients`. */
export function renderTable(clients: readonly Client[], rows: readonly Row[]): string {
  const titles = clients.map(({ name, version }) => `${name} ${version}`);
  const lines = rows.map(({ trial, reports }) => [
    titleOf(trial),
    ...clients.map(({ name }) => cell(trial, reports.get(name))),
  ]);
  const all = [["fault", ...titles], ["---", ...titles.map(() => "---")], ...lines];
  return all.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
