/**
 * Plays wire scripts and reports which phases held: the entry point of this layer. By default each
 * script gets a postern of its own, started for it on a fresh folder. Against other servers, all
 * scripts whose trees can be merged share one tree, which `--tree` writes.
 *
 * All scripts are first played once, a few at a time, since some of them measure time. The scripts
 * that held are then replayed with their bytes cut, many replays at a time.
 */

import type { Result } from "../base/result.ts";
import { failure, success } from "../base/result.ts";
import { collectScripts } from "./script/collection.ts";
import { Connection } from "./play/connection.ts";
import { foreignHosts } from "./play/foreign-hosts.ts";
import { inParallel } from "./play/parallel.ts";
import type { PhaseOutcome } from "./play/player.ts";
import type { Played } from "./play/replay.ts";
import { canBeReplayed, playsByItself, playScript, replayScript } from "./play/replay.ts";
import type { Column, ScriptOutcome } from "./report/report.ts";
import { reportJson, reportText, tally } from "./report/report.ts";
import type { Script, ScriptFault, TreeEntry } from "./script/script.ts";
import type { Stage, StartServer } from "./play/stage.ts";
import { endpointOf, reasonNotToPlay, withOwnStages } from "./play/stage.ts";
import { mergeTrees, writeNamedTree } from "./play/script-tree.ts";

/**
 * 0: every `must` phase that was played held, and each server played at least one phase; 1: not so;
 * 2: a script or an argument can't be read, or the tree can't be written.
 */
type ExitStatus = 0 | 1 | 2;

export interface CheckOptions {
  /** Scripts, and folders of scripts. */
  readonly paths: readonly string[];
  /** URLs of other servers. If empty, `start` starts a server for each script. */
  readonly against: readonly string[];
  /** The folder that the other servers serve; the merged tree is written there. */
  readonly tree?: string;
  readonly json: boolean;
  /** Whether to replay the scripts with their bytes cut. */
  readonly replay: boolean;
  readonly start: StartServer;
  readonly out: (text: string) => void;
}

type Stages = readonly [Stage, ...Stage[]];

const scriptsAtOnce = 6;
const replayedAtOnce = 6;
/** Servers started for one script whose replays can't share a server. */
const stagesAtOnce = 4;

/** Runs the check that the options ask for. Returns the exit status. */
export async function check(options: CheckOptions): Promise<ExitStatus> {
  const collected = collectScripts(options.paths);
  if (!collected.ok) return unreadable(options, collected.error);
  const scripts = collected.value;
  const urls = options.against.map(readUrl);
  const wrong = urls.find((url) => !url.ok);
  if (wrong?.ok === false) return refused(options, wrong.error);
  if (urls.length === 0 && options.tree === undefined) {
    return conclude(options, scripts, [await playOwn(scripts, options)]);
  }
  const groups = treeGroups(scripts, options.tree !== undefined);
  if (!groups.ok) return unreadable(options, groups.error);
  const { tree } = options;
  if (urls.length === 0 && tree !== undefined) return writeOnly(options, tree, groups.value);
  const columns: ForeignColumn[] = [];
  const hosts = new Set(scripts.flatMap(({ settings }) => settings.hosts));
  for (const url of urls) if (url.ok) columns.push(await reach(url.value, hosts));
  for (const column of columns) skipUnplayable(column, scripts, tree !== undefined);
  for (const group of groups.value) {
    const failed = await playGroup(group, columns, options);
    if (failed !== undefined) return refused(options, failed);
  }
  return conclude(options, scripts, columns);
}

function unreadable(options: CheckOptions, faults: readonly ScriptFault[]): ExitStatus {
  for (const { file, line, expected, missing } of faults) {
    const place = line === 0 ? file : `${file}:${line}`;
    options.out(`${place}: ${missing === true ? "no such file" : `expected ${expected}`}\n`);
  }
  return 2;
}

function refused(options: CheckOptions, reason: string): ExitStatus {
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

function conclude(
  options: CheckOptions,
  scripts: readonly Script[],
  columns: readonly Column[],
): ExitStatus {
  const status = exitStatus(scripts, columns);
  const { json, out } = options;
  out(json ? reportJson(scripts, columns, status) : reportText(scripts, columns));
  return status;
}

/** 0 if every server played at least one phase, and each `must` phase that it played held. */
function exitStatus(scripts: readonly Script[], columns: readonly Column[]): ExitStatus {
  const good = columns.every((column) => {
    const { must, should, may } = tally(scripts, column);
    return must.held === must.played && must.played + should.played + may.played > 0;
  });
  return good ? 0 : 1;
}

// --- One postern for each script.

async function playOwn(scripts: readonly Script[], options: CheckOptions): Promise<Column> {
  const outcomes = new Map<Script, ScriptOutcome>();
  await inParallel(scripts, scriptsAtOnce, async (script) => {
    await onOwnStages(script, 1, options, outcomes, ([stage]) => playScript(script, stage));
  });
  if (!options.replay) return { server: "postern", outcomes };
  await inParallel(scripts, replayedAtOnce, async (script) => {
    const uncut = outcomes.get(script);
    if (uncut?.kind !== "played" || !canBeReplayed(script, uncut)) return;
    const count = playsByItself(script) ? stagesAtOnce : 1;
    const replay = (stages: Stages): Promise<Played> => replayScript(script, uncut, stages);
    await onOwnStages(script, count, options, outcomes, replay);
  });
  return { server: "postern", outcomes };
}

async function onOwnStages(
  script: Script,
  count: number,
  options: CheckOptions,
  outcomes: Map<Script, ScriptOutcome>,
  play: (stages: Stages) => Promise<Played>,
): Promise<void> {
  try {
    await withOwnStages(script, options.start, count, async (stages) => {
      outcomes.set(script, { kind: "played", ...(await play(stages)) });
    });
  } catch (error) {
    const came = error instanceof Error ? error.message : String(error);
    const phases = script.phases.map(({ line }): PhaseOutcome => {
      return { kind: "failed", failure: { line, expected: "a server and its tree", came } };
    });
    outcomes.set(script, { kind: "played", phases, replays: 0 });
  }
}

// --- Servers that are already running.

/** Scripts that are played on one tree. */
interface TreeGroup {
  readonly scripts: readonly Script[];
  readonly tree: readonly TreeEntry[];
}

interface ForeignColumn extends Column {
  readonly url: URL;
  /** Hosts that scripts need and that the server doesn't answer to. */
  readonly foreign: ReadonlySet<string>;
  readonly outcomes: Map<Script, ScriptOutcome>;
}

/** First all scripts that can share a tree, then each script that needs a tree of its own. */
function treeGroups(
  scripts: readonly Script[],
  ownsTree: boolean,
): Result<readonly TreeGroup[], readonly ScriptFault[]> {
  const only = scripts.length === 1;
  const playable = scripts.filter(
    (script) => reasonNotToPlay(script, { tree: ownsTree, only }) === undefined,
  );
  const together = only ? playable : playable.filter(({ settings }) => !settings.alone);
  const merged = mergeTrees(together);
  if (!merged.ok) return merged;
  const alone = playable.filter((script) => !together.includes(script));
  const single = alone.map((script) => ({ scripts: [script], tree: script.tree }));
  return success([{ scripts: together, tree: merged.value }, ...single]);
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

async function reach(url: URL, hosts: ReadonlySet<string>): Promise<ForeignColumn> {
  const endpoint = endpointOf(url);
  const outcomes = new Map<Script, ScriptOutcome>();
  const column = { url, server: url.host, foreign: new Set<string>(), outcomes };
  const connection = await Connection.open(endpoint);
  if (!connection.ok) return { ...column, unreachable: connection.error };
  connection.value.abort();
  return { ...column, foreign: await foreignHosts(endpoint, hosts) };
}

function skipUnplayable(
  column: ForeignColumn,
  scripts: readonly Script[],
  ownsTree: boolean,
): void {
  if (column.unreachable !== undefined) return;
  for (const script of scripts) {
    const secure = column.url.protocol === "https:";
    const only = scripts.length === 1;
    const { foreign } = column;
    const reason = reasonNotToPlay(script, { tree: ownsTree, only, secure, foreign });
    if (reason !== undefined) column.outcomes.set(script, { kind: "not-played", reason });
  }
}

/** Plays the scripts of one tree against each server. Returns why the tree can't be written. */
async function playGroup(
  group: TreeGroup,
  columns: readonly ForeignColumn[],
  options: CheckOptions,
): Promise<string | undefined> {
  const root = options.tree;
  const write = (): string | undefined => {
    if (root === undefined) return undefined;
    const written = writeNamedTree(root, group.tree);
    return written.ok ? undefined : `--tree: ${written.error}`;
  };
  const restore = (): void => {
    const failed = write();
    if (failed !== undefined) throw new Error(failed);
  };
  for (const column of columns) {
    const failed = write();
    if (failed !== undefined) return failed;
    if (column.unreachable !== undefined) continue;
    await playForeign(group, column, { endpoint: endpointOf(column.url), root, restore }, options);
  }
  return undefined;
}

async function playForeign(
  { scripts }: TreeGroup,
  { outcomes }: ForeignColumn,
  stage: Stage,
  options: CheckOptions,
): Promise<void> {
  const playable = scripts.filter((script) => !outcomes.has(script));
  const apart = playable.filter(playsByItself);
  const beside = playable.filter((script) => !playsByItself(script));
  const play = async (script: Script): Promise<void> => {
    outcomes.set(script, { kind: "played", ...(await playScript(script, stage)) });
  };
  const replay = async (script: Script): Promise<void> => {
    const uncut = outcomes.get(script);
    if (uncut?.kind !== "played" || !canBeReplayed(script, uncut)) return;
    outcomes.set(script, { kind: "played", ...(await replayScript(script, uncut, [stage])) });
  };
  await inParallel(beside, scriptsAtOnce, play);
  if (options.replay) await inParallel(beside, replayedAtOnce, replay);
  for (const script of apart) {
    stage.restore();
    await play(script);
    if (options.replay) await replay(script);
  }
  if (apart.length > 0) stage.restore();
}
