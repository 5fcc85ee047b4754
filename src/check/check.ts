/**
 * Plays wire scripts and reports which phases held: the entry point of this layer. By default each
 * script gets a postern of its own, started for it on a fresh folder. Against other servers, all
 * scripts whose trees can be merged share one tree, which `--tree` writes.
 */

import { writeFileSync } from "node:fs";

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import type { Asked } from "./blame/profile.ts";
import { writeNamedTree } from "./play/script-tree.ts";
import type { StartServer } from "./play/stage.ts";
import type { Column } from "./report/column.ts";
import { githubAnnotations } from "./report/formats/github-annotations.ts";
import { reportJson } from "./report/formats/json-report.ts";
import { reportJunit } from "./report/formats/junit-report.ts";
import { reportTap } from "./report/formats/tap-report.ts";
import { totals } from "./report/totals.ts";
import { reportText } from "./report/text-report.ts";
import type { CourseOptions } from "./run/course.ts";
import { Course } from "./run/course.ts";
import { playOwn } from "./run/own-servers.ts";
import type { TreeGroup } from "./run/running-servers.ts";
import { playRunning, treeGroups } from "./run/running-servers.ts";
import type { Selection } from "./run/selection.ts";
import { countedPhases, listText, selected } from "./run/selection.ts";
import { collectScripts } from "./script/collection.ts";
import type { Script, ScriptFault } from "./script/script.ts";

/**
 * 0: every `must` that was played held, and each server played at least one phase; 1: not so; 2: a
 * script or an argument can't be read, the tree or a report can't be written, or a server can't be
 * reached, went away or hangs.
 */
type ExitStatus = 0 | 1 | 2;

export interface CheckOptions
  extends Selection, Asked, Pick<CourseOptions, "jobs" | "bail" | "seed" | "progress"> {
  /** Scripts, and folders of scripts. */
  readonly paths: readonly string[];
  /** URLs of other servers. If empty, `start` starts a server for each script. */
  readonly against: readonly string[];
  /** Clients to test instead, as `NAME=COMMAND` or a command. */
  readonly clients?: readonly string[];
  /** The words of one more client's command. */
  readonly clientWords?: readonly string[];
  /** The folder that the other servers serve; the merged tree is written there. */
  readonly tree?: string;
  /** Whether the report is JSON. */
  readonly json: boolean;
  /** Whether the report is in the Test Anything Protocol. */
  readonly tap?: boolean;
  /** Whether GitHub's annotations follow the report. */
  readonly github?: boolean;
  /** Files for the report as JUnit XML and as an HTML page. */
  readonly junit?: string;
  readonly html?: string;
  /** Whether the text leaves out all but the failures. */
  readonly failuresOnly?: boolean;
  /** Whether to print which scripts are selected, and play nothing. */
  readonly list?: boolean;
  /** Whether to replay the scripts with their bytes cut. */
  readonly replay: boolean;
  /** How long a response may take. */
  readonly responseMs?: number;
  readonly start: StartServer;
  readonly out: (text: string) => void;
}

/** Runs the check that the options ask for. Returns the exit status. */
export async function check(options: CheckOptions): Promise<ExitStatus> {
  const collected = collectScripts(options.paths);
  if (!collected.ok) return unreadable(options, collected.error);
  const scripts = selected(collected.value, options);
  if (scripts.length === 0) return refused(options, "no script is left by what was selected");
  if (options.list === true) {
    options.out(listText(scripts, options.strengths));
    return 0;
  }
  const { clients = [], clientWords = [] } = options;
  if (clients.length + clientWords.length > 0) return checkClients(options, scripts);
  if (scripts.every(({ settings }) => settings.client === true)) {
    return refused(options, "these are scripts for clients: add -- COMMAND, or --client COMMAND");
  }
  const urls = options.against.map(readUrl);
  const wrong = urls.find((url) => !url.ok);
  if (wrong?.ok === false) return refused(options, wrong.error);
  if (urls.length === 0 && options.tree === undefined) {
    const column = await playOwn(scripts, courseOf(options), options.start);
    return conclude(options, scripts, [column]);
  }
  const groups = treeGroups(scripts, options.tree !== undefined, options);
  if (!groups.ok) return unreadable(options, groups.error);
  const { tree } = options;
  if (urls.length === 0 && tree !== undefined) return writeOnly(options, tree, groups.value);
  const readable = urls.flatMap((url) => (url.ok ? [url.value] : []));
  const course = courseOf(options);
  const played = await playRunning(scripts, groups.value, readable, tree, course, options);
  return played.ok ? conclude(options, scripts, played.value) : refused(options, played.error);
}

/** Plays the scripts with clients, which are loaded only for that. */
async function checkClients(
  options: CheckOptions,
  scripts: readonly Script[],
): Promise<ExitStatus> {
  const { clients = [], clientWords = [] } = options;
  if (options.against.length > 0 || options.tree !== undefined) {
    return refused(options, "--client plays no server: leave out --against and --tree");
  }
  const { commandOf, readClientCommand } = await import("./clients/client-command.ts");
  const { playClients } = await import("./clients/play-clients.ts");
  const read = clients.map(readClientCommand);
  if (clientWords.length > 0) read.push(commandOf(clientWords));
  const wrong = read.find((command) => !command.ok);
  if (wrong?.ok === false) return refused(options, wrong.error);
  const commands = read.flatMap((command) => (command.ok ? [command.value] : []));
  return conclude(options, scripts, await playClients(scripts, commands, courseOf(options)));
}

function courseOf(options: CheckOptions): Course {
  const { responseMs } = options;
  const bounds = { record: true, ...(responseMs === undefined ? {} : { responseMs }) };
  return new Course({ ...options, bounds });
}

function unreadable(options: CheckOptions, faults: readonly ScriptFault[]): ExitStatus {
  for (const { file, line, expected, missing } of faults) {
    const place = line === 0 ? file : `${file}:${line}`;
    options.out(`${place}: ${missing === true ? "no such file" : `expected ${expected}`}\n`);
  }
  return 2;
}

function refused(options: CheckOptions, reason: string): ExitStatus {
  options.progress?.over();
  options.out(`${reason}\n`);
  return 2;
}

/** The URL of a server to play against. It has no path: scripts name paths from the root. */
function readUrl(text: string): Result<URL, string> {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    return failure(`--against: expected an http:// or https:// URL, not ${text}`);
  }
  if (url.pathname !== "/" || url.search !== "") {
    return failure(`--against: expected a URL without a path, not ${text}`);
  }
  return success(url);
}

async function conclude(
  options: CheckOptions,
  played: readonly Script[],
  playedColumns: readonly Column[],
): Promise<ExitStatus> {
  options.progress?.over();
  const { strengths = [], out } = options;
  const { scripts, columns } = countedPhases(played, playedColumns, strengths);
  const status = exitStatus(scripts, columns);
  if (options.json) out(reportJson(scripts, columns, status));
  else if (options.tap === true) out(reportTap(scripts, columns));
  else out(reportText(scripts, columns, options.failuresOnly));
  if (options.github === true) out(githubAnnotations(scripts, columns));
  const { junit, html } = options;
  try {
    if (junit !== undefined) writeFileSync(junit, reportJunit(scripts, columns));
    if (html !== undefined) {
      const { reportHtml } = await import("./report/html/html-report.ts");
      writeFileSync(html, reportHtml(scripts, columns));
    }
  } catch (error) {
    return refused(options, error instanceof Error ? error.message : String(error));
  }
  return status;
}

/** 0 if every server played at least one phase, and each `must` that it played held. */
function exitStatus(scripts: readonly Script[], columns: readonly Column[]): ExitStatus {
  if (columns.some(({ unreachable, gone }) => (unreachable ?? gone) !== undefined)) return 2;
  const good = columns.every((column) => {
    const { must, should, may } = totals(scripts, column);
    return must.held === must.played && must.played + should.played + may.played > 0;
  });
  return good ? 0 : 1;
}

function writeOnly(
  options: CheckOptions,
  tree: string,
  [shared, ...single]: readonly TreeGroup[],
): ExitStatus {
  const written = writeNamedTree(tree, shared?.tree ?? []);
  if (!written.ok) return refused(options, `--tree: ${written.error}`);
  const left = single.flatMap(({ scripts }) => scripts.map(({ file }) => file));
  options.out(`The tree of ${shared?.scripts.length ?? 0} scripts is in ${tree}\n`);
  for (const file of left) options.out(`left out, since it needs a tree alone: ${file}\n`);
  return 0;
}
