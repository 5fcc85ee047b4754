/**
 * Plays each script against a server of the house, started for it on a fresh folder. All scripts
 * are played once; those that held are then replayed with their bytes cut, many replays at a time.
 */

import { inParallel } from "../play/parallel.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { Played } from "../play/replay.ts";
import { canBeReplayed, playsByItself, playScript, replayScript } from "../play/replay.ts";
import type { Stage, StartServer } from "../play/stage.ts";
import { clientsOnly, withOwnStages } from "../play/stage.ts";
import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Script } from "../script/script.ts";
import type { Course } from "./course.ts";
import { checkLimits } from "../limits.ts";

const { ownScriptsAtOnce: scriptsAtOnce, replayedAtOnce, stagesAtOnce } = checkLimits;

type Stages = readonly [Stage, ...Stage[]];

/** Plays the scripts, and replays them if the course says so. */
export async function playOwn(
  scripts: readonly Script[],
  course: Course,
  start: StartServer,
): Promise<Column> {
  const outcomes = new Map<Script, ScriptOutcome>();
  const column = { server: "postern", own: true as const, outcomes };
  const { bounds } = course;
  const playable = scripts.filter(({ settings }) => settings.client !== true);
  for (const script of scripts) {
    if (playable.includes(script)) continue;
    outcomes.set(script, { kind: "not-played", reason: clientsOnly });
  }
  course.progress?.planned({ play: playable.length, replay: course.replays ? playable.length : 0 });
  const ordered = course.ordered(playable);
  await course.inTurn(ordered, scriptsAtOnce, (script) =>
    course.take("play", script, outcomes, () =>
      onStages(script, 1, start, outcomes, ([stage]) => playScript(script, stage, bounds)),
    ),
  );
  if (!course.replays) return column;
  await inParallel(ordered, course.width(replayedAtOnce), (script) =>
    course.take("replay", script, outcomes, async () => {
      const uncut = outcomes.get(script);
      if (uncut?.kind !== "played" || !canBeReplayed(script, uncut)) return;
      const count = playsByItself(script) ? stagesAtOnce : 1;
      const replay = (stages: Stages): Promise<Played> =>
        replayScript(script, uncut, stages, bounds);
      await onStages(script, count, start, outcomes, replay);
    }),
  );
  return column;
}

async function onStages(
  script: Script,
  count: number,
  start: StartServer,
  outcomes: Map<Script, ScriptOutcome>,
  play: (stages: Stages) => Promise<Played>,
): Promise<void> {
  try {
    await withOwnStages(script, start, count, async (stages) => {
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
