/**
 * Plays the scripts against servers that already run. All scripts whose trees can be merged share
 * one tree; each of the others is played on its own afterwards.
 *
 * On one tree, scripts that only ask are played first, many at once: nearly all of their time is
 * silence, in which the player sees that nothing more comes. What failed then is played again with
 * few others, since a server with a short backlog drops connections when many are opened at once.
 * Then come the scripts that change the tree, at once where they change different names of it.
 */

import type { Result } from "../../base/result.ts";
import { success } from "../../base/result.ts";
import type { Asked } from "../blame/profile.ts";
import { reasonNotToAsk } from "../blame/profile.ts";
import { settled } from "../blame/settle.ts";
import { Traits } from "../blame/traits.ts";
import { Connection } from "../play/connection.ts";
import { foreignHosts } from "../play/foreign-hosts.ts";
import { inParallel } from "../play/parallel.ts";
import { canBeReplayed, playsByItself, playScript, replayScript } from "../play/replay.ts";
import { mergeTrees, rewriteNames, writeNamedTree } from "../play/script-tree.ts";
import type { Stage } from "../play/stage.ts";
import { endpointOf, reasonNotToPlay } from "../play/stage.ts";
import { chainsOf, stemOf, touchedStems } from "../play/tree-names.ts";
import type { Gone } from "../report/column.ts";
import type { Script, ScriptFault, TreeEntry } from "../script/script.ts";
import type { Course, OpenColumn } from "./course.ts";
import { hasFailed } from "./course.ts";
import { Presence } from "./presence.ts";
import { checkLimits } from "../limits.ts";

const { foreignScriptsAtOnce: scriptsAtOnce, replayedAtOnce, lastAskTimeMs } = checkLimits;

/** Scripts that are played on one tree. */
export interface TreeGroup {
  readonly scripts: readonly Script[];
  readonly tree: readonly TreeEntry[];
}

interface ForeignColumn extends OpenColumn {
  readonly url: URL;
  readonly traits: Traits;
  gone?: Gone;
  /** Hosts that scripts need and that the server doesn't answer to. */
  readonly foreign: ReadonlySet<string>;
}

/** First all scripts that can share a tree, then each script that needs a tree of its own. */
export function treeGroups(
  scripts: readonly Script[],
  ownsTree: boolean,
  asked: Asked = {},
): Result<readonly TreeGroup[], readonly ScriptFault[]> {
  const only = scripts.length === 1;
  const playable = scripts.filter(
    (script) => reasonNotToPlay(script, { tree: ownsTree, only, asked }) === undefined,
  );
  const together = only ? playable : playable.filter(({ settings }) => !settings.alone);
  const merged = mergeTrees(together);
  if (!merged.ok) return merged;
  const alone = playable.filter((script) => !together.includes(script));
  const single = alone.map((script) => ({ scripts: [script], tree: script.tree }));
  return success([{ scripts: together, tree: merged.value }, ...single]);
}

/** Plays the groups against the servers at `urls`. An error says why the tree can't be written. */
export async function playRunning(
  scripts: readonly Script[],
  groups: readonly TreeGroup[],
  urls: readonly URL[],
  root: string | undefined,
  course: Course,
  asked: Asked = {},
): Promise<Result<readonly ForeignColumn[], string>> {
  const columns: ForeignColumn[] = [];
  const hosts = new Set(scripts.flatMap(({ settings }) => settings.hosts));
  for (const url of urls) columns.push(await reach(url, hosts, course.bounds.responseMs));
  for (const column of columns) skipUnplayable(column, scripts, root !== undefined, asked);
  const plays = columns
    .filter(({ unreachable }) => unreachable === undefined)
    .reduce((sum, { outcomes }) => sum + scripts.length - outcomes.size, 0);
  course.progress?.planned({ play: plays, replay: course.replays ? plays : 0 });
  for (const group of groups) {
    const failed = await playGroup(group, columns, root, course, asked);
    if (failed !== undefined) return { ok: false, error: failed };
  }
  return success(columns.map(settled));
}

async function reach(
  url: URL,
  hosts: ReadonlySet<string>,
  responseMs: number | undefined,
): Promise<ForeignColumn> {
  const endpoint = endpointOf(url);
  const column = {
    url,
    server: url.host,
    foreign: new Set<string>(),
    outcomes: new Map(),
    traits: new Traits(),
  };
  const connection = await Connection.open(endpoint);
  if (!connection.ok) return { ...column, unreachable: connection.error };
  connection.value.abort();
  return { ...column, foreign: await foreignHosts(endpoint, hosts, responseMs) };
}

function skipUnplayable(
  column: ForeignColumn,
  scripts: readonly Script[],
  ownsTree: boolean,
  asked: Asked,
): void {
  if (column.unreachable !== undefined) return;
  for (const script of scripts) {
    const secure = column.url.protocol === "https:";
    const only = scripts.length === 1;
    const { foreign } = column;
    const reason = reasonNotToPlay(script, { tree: ownsTree, only, secure, foreign, asked });
    if (reason !== undefined) column.outcomes.set(script, { kind: "not-played", reason });
  }
}

/** Plays the scripts of one tree against each server. Returns why the tree can't be written. */
async function playGroup(
  group: TreeGroup,
  columns: readonly ForeignColumn[],
  root: string | undefined,
  course: Course,
  { profile }: Asked,
): Promise<string | undefined> {
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
    const stage: Stage = {
      endpoint: endpointOf(column.url),
      root,
      restore,
      foreign: true,
      traits: column.traits,
      reasonNotToAsk: (phase) => reasonNotToAsk(phase, profile),
    };
    await playForeign(group, column, stage, course);
  }
  return undefined;
}

async function playForeign(
  group: TreeGroup,
  column: ForeignColumn,
  server: Stage,
  course: Course,
): Promise<void> {
  const { bounds } = course;
  const { outcomes } = column;
  const askTimeMs = Math.max(bounds.responseMs ?? 0, lastAskTimeMs);
  const presence = new Presence(column, server.endpoint, askTimeMs);
  const stage = { ...server, watch: presence };
  const playable = course.ordered(group.scripts.filter((script) => !outcomes.has(script)));
  const play = async (script: Script, on: Stage): Promise<void> => {
    await presence.during(script, async () => {
      outcomes.set(script, { kind: "played", ...(await playScript(script, on, bounds)) });
    });
  };
  const replay = (script: Script, on: Stage): Promise<void> =>
    course.take("replay", script, outcomes, async () => {
      const uncut = outcomes.get(script);
      if (uncut?.kind !== "played" || !canBeReplayed(script, uncut)) return;
      await presence.during(script, async () => {
        const played = await replayScript(script, uncut, [on], bounds);
        outcomes.set(script, { kind: "played", ...played });
      });
    });
  const beside = playable.filter((script) => !playsByItself(script));
  const doubtful: Script[] = [];
  const ask = (script: Script, crowded: boolean): Promise<void> => {
    const isFinal = (): boolean => {
      const isDoubtful = crowded && hasFailed(outcomes.get(script));
      if (isDoubtful) doubtful.push(script);
      return !isDoubtful;
    };
    return course.take("play", script, outcomes, () => play(script, stage), isFinal);
  };
  await course.inTurn(beside, scriptsAtOnce, ask);
  await inParallel(doubtful, course.narrowWidth(), (script) => ask(script, false));
  if (course.replays) {
    await inParallel(beside, course.width(replayedAtOnce), (script) => replay(script, stage));
  }
  const change = async (script: Script): Promise<void> => {
    const on = narrowed(stage, script, group.tree);
    on.restore();
    await course.take("play", script, outcomes, () => play(script, on));
    if (course.replays) await replay(script, on);
    on.restore();
  };
  const { chains, exclusive } = chainsOf(playable.filter(playsByItself));
  await inParallel(chains, course.narrowWidth(), async (chain) => {
    for (const script of chain) await change(script);
  });
  for (const script of exclusive) await change(script);
}

/** The stage for a script that changes only some names of the tree: only they are restored. */
function narrowed(stage: Stage, script: Script, tree: readonly TreeEntry[]): Stage {
  const { root } = stage;
  const stems = touchedStems(script);
  if (root === undefined || stems === undefined) return stage;
  return { ...stage, restore: () => rewriteNames(root, tree, (name) => stems.has(stemOf(name))) };
}
