/**
 * The report of an audit, for people and for programs.
 */

import { displayName } from "../../tree/path.ts";
import type { AuditReport, Finding } from "./audit.ts";
import { shownPath } from "./audit.ts";
import type { OptionReport, UploadRights } from "./option-findings.ts";
import { permittedText } from "./option-findings.ts";
import type { SurveyEnd, UnreadFolder } from "./survey.ts";

/** The widest column of paths; a longer path pushes the rest of its line to the right. */
const pathColumnsMax = 40;

const endTexts: Readonly<Record<Exclude<SurveyEnd, "complete">, string>> = {
  entries: "stopped at auditEntriesMax, so there may be more",
  depth: "went no deeper than auditDepthMax, so there may be more",
  time: "stopped after auditTimeMs, so there may be more",
  stopped: "was stopped, so there may be more",
};

function isAnythingFound({ refused, exposed, options }: AuditReport): boolean {
  return refused.length + exposed.length + options.findings.length > 0;
}

/**
 * The exit status of the command: 1 when something was found, 3 when nothing was but not all was
 * looked at, 0 otherwise.
 */
export function exitStatusOf(report: AuditReport): 0 | 1 | 3 {
  const { end, unread } = report;
  if (isAnythingFound(report)) return 1;
  return end === "complete" && unread.length === 0 ? 0 : 3;
}

function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString("en")} ${amount === 1 ? one : many}`;
}

/** The lines of one finding: what and why, and below it the command. */
function linesOf(finding: Finding, columns: number): readonly string[] {
  const { cause, files, mode, reason, command, path } = finding;
  const isOne = files <= 1 || path.endsWith("*");
  const effect = isOne ? "" : ` (${count(files, "file")})`;
  const why = [mode, `${reason}${effect}`].filter((part) => part !== undefined).join(" ");
  const lines = [`  ${shownPath(finding).padEnd(columns)}  ${why}`];
  if (command !== undefined) lines.push(`      ${command}`);
  else if (cause === "unnameable") lines.push("      (there is no command for it)");
  return lines;
}

function table(title: string, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return [];
  const widths = findings.map((finding) => shownPath(finding).length);
  const columns = Math.min(pathColumnsMax, Math.max(...widths));
  return [title, "", ...findings.flatMap((finding) => linesOf(finding, columns)), ""];
}

/** The options that look as if they let in more than is meant. */
function optionLines({ findings }: OptionReport): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap(({ option, reason }) => [
    `  ${displayName(option)}`,
    `      ${reason}`,
  ]);
  return ["Options that let in more than is meant, it seems", "", ...lines, ""];
}

/** What visitors may store, and what they get of that. */
function uploadsLine(uploads: UploadRights): string {
  const { folder, options, storedBy, readable, trusted, quota } = uploads;
  const who = permittedText(storedBy);
  const what = options.includes("--put") ? "store, replace and remove" : "store";
  const gets = readable ? "visitors get" : "visitors don't get";
  const bound = quota === null ? "" : `, up to ${quota.toLocaleString("en")} bytes`;
  const trust = trusted ? ", and which may be pages of the site" : "";
  const by = options.join(", ");
  const subject = typeof storedBy === "string" ? capital(who) : who;
  return `${subject} may ${what} files in ${folder} (${by})${bound}, which ${gets}${trust}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sumOf(findings: readonly Finding[]): number {
  return findings.reduce((sum, { files }) => sum + files, 0);
}

/** Folders that are shown with the reason why they can't be read. */
const unreadShownMax = 10;

function unreadLines(unread: readonly UnreadFolder[]): readonly string[] {
  if (unread.length === 0) return [];
  const shown = unread
    .slice(0, unreadShownMax)
    .map(({ path, reason }) => `  ${displayName(path)}  ${displayName(reason)}`);
  const more = unread.length - shown.length;
  const rest = more === 0 ? [] : [`  and ${more.toLocaleString("en")} more`];
  return [`Can't be read: ${count(unread.length, "folder")}`, "", ...shown, ...rest, ""];
}

/** What was looked at; that nothing is wrong is said of nothing else. */
function lookedLine(report: AuditReport): string {
  const { looked, end, unread } = report;
  const isWhole = end === "complete" && unread.length === 0;
  const ended = end === "complete" ? "" : `; the audit ${endTexts[end]}`;
  if (looked === 0) {
    return `Nothing was looked at${isWhole ? ": what is served is empty" : ended}.`;
  }
  const fine = isWhole ? "; nothing is wrong" : "; nothing is wrong with those";
  const nothing = isAnythingFound(report) ? "" : fine;
  return `Looked at ${count(looked, "entry", "entries")}${nothing}${ended}.`;
}

/** The report as a table. */
export function auditText(report: AuditReport): string {
  const { refused, exposed, hidden, more, unread } = report;
  const files = count(sumOf(refused), "file");
  const lines = [
    ...table(`Refused to visitors: ${files}`, refused),
    ...table("Served, and looks as if it should not be", exposed),
    ...optionLines(report.options),
  ];
  if (more > 0) lines.push(`And ${more} more, beyond auditFindingsMax.`);
  lines.push(...unreadLines(unread));
  if (hidden > 0) {
    const names = hidden === 1 ? "1 name that begins" : `${hidden} names that begin`;
    lines.push(`${names} with a dot: hidden, as --hidden isn't given.`);
  }
  if (report.open !== undefined) {
    const open = report.open.map((one) => displayName(one)).join("; ");
    lines.push(`Visitors need a password${open === "" ? "" : `, but for ${open}`}.`);
  }
  if (report.options.uploads !== undefined) lines.push(uploadsLine(report.options.uploads));
  if (report.withheld > 0) {
    const kept = count(report.withheld, "file");
    lines.push(`Where uploads go, visitors don't get ${kept}, on purpose (--upload-mode).`);
  }
  lines.push(lookedLine(report));
  return `${lines.join("\n")}\n`;
}

/** The report as JSON: one object, and a line break. */
export function auditJson(report: AuditReport): string {
  const { root, served, end, looked, refused, exposed, hidden, withheld, more, unread } = report;
  const whole = {
    exitStatus: exitStatusOf(report),
    root,
    served,
    complete: end === "complete" && unread.length === 0,
    stoppedBy: end === "complete" ? null : end,
    looked,
    hidden,
    withheld,
    refusedFiles: sumOf(refused),
    refused,
    exposed,
    more,
    unread,
    options: report.options.findings,
    ...(report.options.uploads === undefined ? {} : { uploads: report.options.uploads }),
    ...(report.open === undefined ? {} : { auth: { open: report.open } }),
  };
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}
