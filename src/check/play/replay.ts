/**
 * Replays a script with its bytes cut: each block of sent bytes in two at every offset, and once
 * all blocks byte by byte. TCP is a stream without message boundaries (RFC 9293 §2.2), so the
 * responses must not change.
 *
 * A run of phases that share connections is replayed by itself, many replays at once, with the
 * values that the script had saved before it. A script that changes its tree or the server's state
 * depends on its earlier phases: for each cut it is played from its original tree up to the run
 * that is cut, one replay at a time on each stage. A replay that fails is repeated alone, and is
 * reported if it fails again.
 */

import type { Memory } from "./judgement.ts";
import { freshMemory } from "./judgement.ts";
import { inParallel } from "./parallel.ts";
import type { Cut } from "./exchange/block.ts";
import { cutsOf } from "./exchange/block.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Play } from "./player.ts";
import { playRun } from "./player.ts";
import type { Phase, Script } from "../script/script.ts";
import { changesTree, phaseRuns } from "../script/script.ts";
import type { Stage } from "./stage.ts";
import { Stalls } from "./stalls.ts";
import { checkLimits } from "../limits.ts";

const {
  responseTimeMs: responseMsDefault,
  settleMs,
  replaySettleMs,
  replaysMax,
  replaysAtOnce,
  failedReplaysMax: failuresMax,
  aloneTimes,
  aloneAfterMs,
  stallMsMax,
  playsMax,
} = checkLimits;

/** The outcomes of a script's phases, and the number of replays. */
export interface Played {
  readonly phases: readonly PhaseOutcome[];
  readonly replays: number;
}

/** How a script is played. */
export interface PlayBounds {
  /** How long a response may take; 5 s if absent. */
  readonly responseMs?: number;
  /** Whether the outcomes of the uncut play come with what passed on the connections. */
  readonly record?: boolean;
}

/** Whether two plays of the script must not run at the same time on one stage. */
export function playsByItself(script: Script): boolean {
  return changesTree(script) || script.settings.stateful;
}

/**
 * Plays a script uncut. Each run is played once, except a run that measures time and fails while
 * the player is stalled. The tree must be as the script declares it.
 */
export async function playScript(
  script: Script,
  stage: Stage,
  bounds: PlayBounds = {},
): Promise<Played> {
  const { record = false } = bounds;
  const play = { ...playOn(stage, settleMs, { kind: "none" }, bounds), record };
  const phases: PhaseOutcome[] = [];
  let memory = freshMemory(script);
  for (const run of phaseRuns(script)) {
    const stop = stage.watch?.reasonToStop;
    const unasked = run.map((phase) => stop ?? stage.reasonNotToAsk?.(phase));
    const without = (played: readonly PhaseOutcome[]): void => {
      phases.push(...played.map((outcome, index) => askedOutcome(outcome, unasked[index])));
    };
    if (playsByItself(script) && stop === undefined) {
      // Later phases build on what this one changes, so it is played and not counted.
      without(await playRun(run, play, memory));
    } else if (unasked.every((reason) => reason !== undefined)) {
      phases.push(...unasked.map((reason) => ({ kind: "not-played", reason }) as const));
    } else if (measuresTime(run)) {
      const inTime = await playInTime(run, play, memory);
      without(inTime.phases);
      memory = inTime.memory;
    } else without(await playRun(run, play, memory));
    await stage.watch?.ended(script, phases.slice(-run.length));
  }
  return { phases, replays: 0 };
}

function askedOutcome(outcome: PhaseOutcome, unasked: string | undefined): PhaseOutcome {
  return unasked === undefined ? outcome : { kind: "not-played", reason: unasked };
}

/** Whether the outcome of the script depends on time, and so on how busy the machine is. */
export function playsInTime(script: Script): boolean {
  return measuresTime(script.phases);
}

/** Whether the outcome of a run depends on time, and not only on the order of events. */
function measuresTime(run: readonly Phase[]): boolean {
  return run.some(({ steps }) =>
    steps.some((step) => {
      if (step.kind === "pause" || step.kind === "silence") return true;
      return (step.kind === "response" || step.kind === "end") && step.withinMs !== undefined;
    }),
  );
}

/**
 * Plays a run until it holds, or until it fails in a play without a stall. If a stall makes a pause
 * twice as long as the script says, the server may rightly close the connection, and the failure
 * shows nothing about the server.
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
    if (phases.every(held) || lostMs <= stallMsMax) return { phases, memory };
    if (plays < playsMax) continue;
    return { phases: phases.map((outcome) => noteStall(outcome, lostMs)), memory };
  }
}

/** Adds to a failure that a stall of the player may have caused it. */
function noteStall(outcome: PhaseOutcome, lostMs: number): PhaseOutcome {
  if (outcome.kind !== "failed") return outcome;
  const came = `${outcome.failure.came} (the player was held up for ${Math.round(lostMs)} ms)`;
  return { ...outcome, failure: { ...outcome.failure, came } };
}

/** Whether the script may be cut, and enough of it held uncut to be replayed. */
export function canBeReplayed(script: Script, { phases }: Played): boolean {
  if (script.settings.uncutReason !== undefined) return false;
  return playsByItself(script) ? phases.every(held) : phases.some(held);
}

function held(outcome: PhaseOutcome): boolean {
  return outcome.kind === "held";
}

/**
 * Replays the phases of a script that held uncut, on one stage or on several equal ones. A phase's
 * outcome is the one of the uncut play, or the first failed replay.
 */
export async function replayScript(
  script: Script,
  uncut: Played,
  stages: readonly [Stage, ...Stage[]],
  bounds: PlayBounds = {},
): Promise<Played> {
  const outcomes = new Map<Phase, PhaseOutcome>();
  for (const [index, phase] of script.phases.entries()) {
    const outcome = uncut.phases[index];
    if (outcome !== undefined && !held(outcome)) outcomes.set(phase, outcome);
  }
  const recordedRuns = await recordRuns(script, stages[0], bounds, outcomes);
  const byItself = playsByItself(script);
  const width = byItself ? stages.length : replaysAtOnce;
  const replays = thinned(
    recordedRuns.flatMap((each) => cutsIn(each).map((cut) => ({ recorded: each, cut }))),
  );
  const replayOnce = (replay: Replay, lane: number, into: Outcomes): Promise<boolean> => {
    const { recorded: of, cut } = replay;
    const stage = stages[lane % stages.length] ?? stages[0];
    const play = playOn(stage, replaySettleMs, cut, bounds);
    return byItself
      ? replayUpTo(of.run, script, stage, play, into)
      : replayRun(of.run, play, copyMemory(of.before), into);
  };
  let count = 0;
  const failed: Replay[] = [];
  await inParallel(replays, width, async (replay, lane) => {
    if (failed.length >= failuresMax) return;
    count += 1;
    if (!(await replayOnce(replay, lane, new Map()))) failed.push(replay);
  });
  // A server with a short backlog drops connections when many are opened at once. The cut is the
  // cause only if the replay also fails alone, each time.
  for (const replay of failed) {
    if (replay.recorded.run.some((phase) => outcomes.has(phase))) continue;
    for (let again = 1; again <= aloneTimes; again++) {
      await Bun.sleep(again * aloneAfterMs);
      const alone = new Map<Phase, PhaseOutcome>();
      if (await replayOnce(replay, 0, alone)) break;
      if (again < aloneTimes) continue;
      for (const [phase, outcome] of alone) {
        if (!outcomes.has(phase)) outcomes.set(phase, outcome);
      }
    }
  }
  const phases = script.phases.map((phase, index): PhaseOutcome => {
    const before: PhaseOutcome = uncut.phases[index] ?? { kind: "held" };
    const replayed = outcomes.get(phase);
    if (before.kind !== "held" || replayed?.kind !== "failed") return before;
    const { failure, replay = "when played again uncut" } = replayed;
    return { ...before, kind: "failed", failure, replay };
  });
  return { phases, replays: count };
}

function playOn(
  { endpoint, root, foreign = false, traits }: Stage,
  quietMs: number,
  cut: Cut,
  { responseMs = responseMsDefault }: PlayBounds,
): Play {
  const seen = traits === undefined ? {} : { traits };
  return { endpoint, root, settleMs: quietMs, responseMs, cut, foreign, ...seen };
}

type Outcomes = Map<Phase, PhaseOutcome>;

interface Replay {
  readonly recorded: RecordedRun;
  readonly cut: Cut;
}

/** A run of phases, and the script's memory before and after it. */
interface RecordedRun {
  readonly run: readonly Phase[];
  readonly before: Memory;
  readonly after: Memory;
}

/** Plays the script uncut, and records the memory around each run that holds. */
async function recordRuns(
  script: Script,
  stage: Stage,
  bounds: PlayBounds,
  outcomes: Outcomes,
): Promise<readonly RecordedRun[]> {
  if (playsByItself(script)) stage.restore();
  const play = playOn(stage, replaySettleMs, { kind: "none" }, bounds);
  const memory = freshMemory(script);
  const recorded: RecordedRun[] = [];
  for (const run of phaseRuns(script)) {
    const before = copyMemory(memory);
    await replayRun(run, play, memory, outcomes);
    if (run.some((phase) => outcomes.has(phase))) continue;
    recorded.push({ run, before, after: copyMemory(memory) });
  }
  return recorded;
}

function cutsIn({ run, after }: RecordedRun): readonly Cut[] {
  const cuts = cutsOf(run, after);
  return cuts.length === 0 ? [] : [...cuts, { kind: "every" }];
}

function copyMemory(memory: Memory): Memory {
  return { ...memory, captures: new Map(memory.captures), files: new Map(memory.files) };
}

function thinned<Item>(items: readonly Item[]): readonly Item[] {
  if (items.length <= replaysMax) return items;
  const step = items.length / replaysMax;
  return Array.from({ length: replaysMax }, (_, index) => items[Math.floor(index * step)]).filter(
    (item) => item !== undefined,
  );
}

/** Plays the script from its original tree, uncut up to `last` and with the cut in `last`. */
async function replayUpTo(
  last: readonly Phase[],
  script: Script,
  stage: Stage,
  play: Play,
  outcomes: Outcomes,
): Promise<boolean> {
  stage.restore();
  const memory = freshMemory(script);
  const before: Play = { ...play, settleMs: 0, cut: { kind: "none" } };
  for (const run of phaseRuns(script)) {
    const isLast = run[0] === last[0];
    const passed = await replayRun(run, isLast ? play : before, memory, outcomes);
    if (isLast || !passed) return passed;
  }
  return true;
}

/** Replays one run and keeps the first failure of each phase. Returns whether all phases held. */
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

/** The cut in words, to follow "held uncut, failed". */
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
