/**
 * A script played with its bytes cut: every block of sent bytes in two at every place, and once all
 * of it byte by byte. TCP knows no packets, so the answers must not change.
 *
 * A run of phases that shares connections is replayed by itself, many replays at once, with what
 * the script had saved before it. A script that changes its tree or the server's state needs what
 * came before: it is played from its tree as written up to the run that is cut, one replay after
 * the other on each stage. A replay that fails is played again alone, and counts if it fails again.
 */

import type { Memory } from "../report/judgement.ts";
import { inParallel } from "./parallel.ts";
import type { Cut, PhaseOutcome, Play } from "./player.ts";
import { cutsOf, freshMemory, playRun } from "./player.ts";
import type { Phase, Script } from "../script/script.ts";
import { changesTree, phaseRuns } from "../script/script.ts";
import type { Stage } from "./stage.ts";
import { Stalls } from "./stalls.ts";

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
const replaysAtOnce = 16;
/** A server that fails so often has shown what there is to see. */
const failuresMax = 8;
/** A replay that failed among others is played so often alone before it is blamed. */
const aloneTimes = 2;
const aloneAfterMs = 50;
/** A run that tells of time is not played as it is written by a player held up for longer. */
const heldUpMaxMs = 20;
/** Plays of such a run that failed meanwhile; what comes in the last of them counts. */
const playsMax = 5;

/** Whether plays of the script must not run beside each other. */
export function playsByItself(script: Script): boolean {
  return changesTree(script) || script.settings.stateful;
}

/**
 * Plays a script uncut: once, but for runs that hang on time and failed while the player was held
 * up. The tree must be as written.
 */
export async function playScript(script: Script, stage: Stage): Promise<Played> {
  const play = playOn(stage, settleMs, { kind: "none" });
  const phases: PhaseOutcome[] = [];
  let memory = freshMemory(script);
  for (const run of phaseRuns(script)) {
    if (playsByItself(script) || !tellsOfTime(run)) {
      phases.push(...(await playRun(run, play, memory)));
      continue;
    }
    const inTime = await playInTime(run, play, memory);
    phases.push(...inTime.phases);
    memory = inTime.memory;
  }
  return { phases, replays: 0 };
}

/** Whether a run hangs on when things happen, and not only on their order. */
function tellsOfTime(run: readonly Phase[]): boolean {
  return run.some(({ steps }) =>
    steps.some((step) => {
      if (step.kind === "pause" || step.kind === "silence") return true;
      return (step.kind === "response" || step.kind === "end") && step.withinMs !== undefined;
    }),
  );
}

/**
 * Plays a run until it holds, or fails while the player keeps the script's time. Where a pause took
 * twice as long as it says, the server has rightly closed, and nothing is shown of it.
 */
async function playInTime(
  run: readonly Phase[],
  play: Play,
  before: Memory,
): Promise<{ readonly phases: readonly PhaseOutcome[]; readonly memory: Memory }> {
  for (let plays = 1; ; plays++) {
    using stalls = new Stalls();
    const memory = copyMemory(before);
    const phases = await playRun(run, play, memory);
    const lostMs = stalls.lostMs();
    if (phases.every(held) || lostMs <= heldUpMaxMs) return { phases, memory };
    if (plays < playsMax) continue;
    return { phases: phases.map((outcome) => excuse(outcome, lostMs)), memory };
  }
}

/** Says with a failure that the player may be to blame. */
function excuse(outcome: PhaseOutcome, lostMs: number): PhaseOutcome {
  if (outcome.kind === "held") return outcome;
  const came = `${outcome.failure.came} (the player was held up for ${Math.round(lostMs)} ms)`;
  return { ...outcome, failure: { ...outcome.failure, came } };
}

/** Whether there is something in a script that held uncut and can be cut. */
export function canBeReplayed(script: Script, { phases }: Played): boolean {
  if (script.settings.uncutReason !== undefined) return false;
  return playsByItself(script) ? phases.every(held) : phases.some(held);
}

function held(outcome: PhaseOutcome): boolean {
  return outcome.kind === "held";
}

/**
 * Replays what of a script held in its play uncut, on one stage or on several alike. The phases'
 * outcomes are those of that play, with the first replay that failed in each.
 */
export async function replayScript(
  script: Script,
  uncut: Played,
  stages: readonly [Stage, ...Stage[]],
): Promise<Played> {
  const outcomes = new Map<Phase, PhaseOutcome>();
  for (const [index, phase] of script.phases.entries()) {
    const outcome = uncut.phases[index];
    if (outcome?.kind === "failed") outcomes.set(phase, outcome);
  }
  const scenes = await rehearse(script, stages[0], outcomes);
  const byItself = playsByItself(script);
  const width = byItself ? stages.length : replaysAtOnce;
  const replays = thinned(scenes.flatMap((scene) => cutsIn(scene).map((cut) => ({ scene, cut }))));
  const replayOnce = (replay: Replay, lane: number, into: Outcomes): Promise<boolean> => {
    const { scene, cut } = replay;
    const stage = stages[lane % stages.length] ?? stages[0];
    const play = playOn(stage, replaySettleMs, cut);
    return byItself
      ? replayUpTo(scene.run, script, stage, play, into)
      : replayRun(scene.run, play, copyMemory(scene.before), into);
  };
  let count = 0;
  const suspects: Replay[] = [];
  await inParallel(replays, width, async (replay, lane) => {
    if (suspects.length >= failuresMax) return;
    count += 1;
    if (!(await replayOnce(replay, lane, new Map()))) suspects.push(replay);
  });
  // A server with a short backlog drops connections in a crowd: only what fails alone, each time,
  // is the cut's fault.
  for (const suspect of suspects) {
    if (suspect.scene.run.some((phase) => outcomes.has(phase))) continue;
    for (let again = 1; again <= aloneTimes; again++) {
      await Bun.sleep(again * aloneAfterMs);
      const alone = new Map<Phase, PhaseOutcome>();
      if (await replayOnce(suspect, 0, alone)) break;
      if (again < aloneTimes) continue;
      for (const [phase, outcome] of alone) {
        if (!outcomes.has(phase)) outcomes.set(phase, outcome);
      }
    }
  }
  const phases = script.phases.map((phase) => outcomes.get(phase) ?? { kind: "held" as const });
  return { phases, replays: count };
}

function playOn({ endpoint, root }: Stage, quietMs: number, cut: Cut): Play {
  return { endpoint, root, settleMs: quietMs, responseMs, cut };
}

type Outcomes = Map<Phase, PhaseOutcome>;

interface Replay {
  readonly scene: Scene;
  readonly cut: Cut;
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
  outcomes: Outcomes,
): Promise<readonly Scene[]> {
  if (playsByItself(script)) stage.restore();
  const play = playOn(stage, replaySettleMs, { kind: "none" });
  const memory = freshMemory(script);
  const scenes: Scene[] = [];
  for (const run of phaseRuns(script)) {
    const before = copyMemory(memory);
    await replayRun(run, play, memory, outcomes);
    if (run.some((phase) => outcomes.has(phase))) continue;
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

/** Plays the script from its tree as written, with the cut in `last`, and no further. */
async function replayUpTo(
  last: readonly Phase[],
  script: Script,
  stage: Stage,
  play: Play,
  outcomes: Outcomes,
): Promise<boolean> {
  stage.restore();
  const memory = freshMemory(script);
  const before = playOn(stage, 0, { kind: "none" });
  for (const run of phaseRuns(script)) {
    const isLast = run[0] === last[0];
    const passed = await replayRun(run, isLast ? play : before, memory, outcomes);
    if (isLast || !passed) return passed;
  }
  return true;
}

/** Replays one run, and notes for each phase the first failure. Answers whether all held. */
async function replayRun(
  run: readonly Phase[],
  play: Play,
  memory: Memory,
  outcomes: Outcomes,
): Promise<boolean> {
  const played = await playRun(run, play, memory);
  let passed = true;
  for (const [index, phase] of run.entries()) {
    const outcome = played[index];
    if (outcome?.kind !== "failed") continue;
    passed = false;
    if (!outcomes.has(phase)) outcomes.set(phase, { ...outcome, replay: cutText(play.cut) });
  }
  return passed;
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
