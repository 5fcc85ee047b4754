/**
 * A script played with its bytes cut: every block of sent bytes in two at every place, and once all
 * of it byte by byte. TCP knows no packets, so the answers must not change.
 *
 * A run of phases that shares connections is replayed by itself, many replays at once, with what the
 * script had saved before it. A script that changes its tree or the server's state is replayed
 * whole, one replay after the other, each from the tree as written.
 */

import type { Memory } from "./judgement.ts";
import { inParallel } from "./parallel.ts";
import type { Cut, PhaseOutcome, Play } from "./player.ts";
import { cutsOf, freshMemory, playRun } from "./player.ts";
import type { Phase, Script } from "./script.ts";
import { changesTree, phaseRuns } from "./script.ts";
import type { Stage } from "./stage.ts";

/** A script's phases after one or more plays, and how many replays there were. */
export interface Played {
  readonly phases: readonly PhaseOutcome[];
  readonly replays: number;
}

const responseMs = 5000;
const settleMs = 40;
const replaySettleMs = 15;
/** A script with more places than this is cut at so many of them, evenly spread. */
const replaysMax = 2000;
/** A server that fails so often has shown what there is to see. */
const failuresMax = 8;

/** Whether plays of the script must not run beside each other. */
export function playsByItself(script: Script): boolean {
  return changesTree(script) || script.settings.stateful;
}

/** Plays a script once, uncut. The tree must be as written. */
export async function playScript(script: Script, stage: Stage): Promise<Played> {
  const play = playOn(stage, settleMs, { kind: "none" });
  const phases: PhaseOutcome[] = [];
  const memory = freshMemory(script);
  for (const run of phaseRuns(script)) phases.push(...(await playRun(run, play, memory)));
  return { phases, replays: 0 };
}

/**
 * Replays a script that held uncut, `width` replays at once. The phases' outcomes hold the first
 * replay that failed in each.
 */
export async function replayScript(script: Script, stage: Stage, width: number): Promise<Played> {
  const outcomes = new Map<Phase, PhaseOutcome>();
  const scenes = await rehearse(script, stage, outcomes);
  const byItself = playsByItself(script);
  const replays = thinned(scenes.flatMap((scene) => cutsIn(scene).map((cut) => ({ scene, cut }))));
  let count = 0;
  let failed = 0;
  await inParallel(replays, byItself ? 1 : width, async ({ scene, cut }) => {
    if (failed >= failuresMax) return;
    count += 1;
    const play = playOn(stage, replaySettleMs, cut);
    const held = byItself
      ? await replayWhole(script, stage, play, outcomes)
      : await replayRun(scene.run, play, copyMemory(scene.before), outcomes);
    if (!held) failed += 1;
  });
  const phases = script.phases.map((phase) => outcomes.get(phase) ?? { kind: "held" as const });
  return { phases, replays: count };
}

function playOn({ endpoint, root }: Stage, quietMs: number, cut: Cut): Play {
  return { endpoint, root, settleMs: quietMs, responseMs, cut };
}

/** A run of phases, with what the script knew before it and after it. */
interface Scene {
  readonly run: readonly Phase[];
  readonly before: Memory;
  readonly after: Memory;
}

/** Plays the script uncut for what it saves on the way. */
async function rehearse(
  script: Script,
  stage: Stage,
  outcomes: Map<Phase, PhaseOutcome>,
): Promise<readonly Scene[]> {
  if (playsByItself(script)) stage.restore();
  const play = playOn(stage, replaySettleMs, { kind: "none" });
  const memory = freshMemory(script);
  const scenes: Scene[] = [];
  for (const run of phaseRuns(script)) {
    const before = copyMemory(memory);
    await replayRun(run, play, memory, outcomes);
    scenes.push({ run, before, after: copyMemory(memory) });
  }
  return scenes;
}

function cutsIn({ run, after }: Scene): readonly Cut[] {
  const cuts = cutsOf(run, after);
  return cuts.length === 0 ? [] : [...cuts, { kind: "every" }];
}

function copyMemory({ captures, files }: Memory): Memory {
  return { captures: new Map(captures), files: new Map(files) };
}

function thinned<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= replaysMax) return items;
  const step = items.length / replaysMax;
  return Array.from({ length: replaysMax }, (_, index) => items[Math.floor(index * step)]).filter(
    (item) => item !== undefined,
  );
}

async function replayWhole(
  script: Script,
  stage: Stage,
  play: Play,
  outcomes: Map<Phase, PhaseOutcome>,
): Promise<boolean> {
  stage.restore();
  const memory = freshMemory(script);
  let held = true;
  for (const run of phaseRuns(script)) {
    held = (await replayRun(run, play, memory, outcomes)) && held;
  }
  return held;
}

/** Replays one run, and notes for each phase the first failure. Answers whether all held. */
async function replayRun(
  run: readonly Phase[],
  play: Play,
  memory: Memory,
  outcomes: Map<Phase, PhaseOutcome>,
): Promise<boolean> {
  const played = await playRun(run, play, memory);
  let held = true;
  for (const [index, phase] of run.entries()) {
    const outcome = played[index];
    if (outcome?.kind !== "failed") continue;
    held = false;
    if (!outcomes.has(phase)) outcomes.set(phase, { ...outcome, replay: cutText(play.cut) });
  }
  return held;
}

/** The cut in words, to stand after "held uncut, failed". */
function cutText(cut: Cut): string {
  switch (cut.kind) {
    case "none":
      return "when played again uncut";
    case "every":
      return "when sent byte by byte";
    case "at":
      return `with the block at line ${cut.line} cut behind its byte ${cut.offset}`;
  }
}
