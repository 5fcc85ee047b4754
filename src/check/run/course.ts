/**
 * How the scripts of a check are played, and who is told while they are: how many at a time, in
 * which order, for how long an answer is awaited, and whether the first failed must ends it.
 */

import { inParallel } from "../play/parallel.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import type { PlayBounds } from "../play/replay.ts";
import { playsInTime } from "../play/replay.ts";
import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Script } from "../script/script.ts";
import { shuffled } from "./shuffle.ts";
import { checkLimits } from "../limits.ts";

const { timedAtOnceMax } = checkLimits;

/** Is told how a check goes on. */
export interface Progress {
  /** How many plays and replays of scripts there will be. Called once, before the first. */
  planned(counts: Readonly<Record<Turn, number>>): void;
  began(turn: Turn, script: Script): void;
  /** A play or replay is over. It may have been stopped before it began. */
  ended(turn: Turn, script: Script, outcome: ScriptOutcome): void;
  /** Nothing more is played. */
  over(): void;
}

/** A script is played as it is written, and then replayed with its bytes cut. */
export type Turn = "play" | "replay";

/** Why a script after the first failed must is not played. */
const bailedReason = "a must failed before it, and --bail was given";

export interface CourseOptions {
  readonly replay: boolean;
  /** How many scripts are played at once; without it, as many as don't disturb each other. */
  readonly jobs?: number;
  readonly bail?: boolean;
  /** Plays in an order that follows from this number, and not by name. */
  readonly seed?: number;
  readonly bounds: PlayBounds;
  readonly progress?: Progress;
}

export class Course {
  readonly replays: boolean;
  readonly bounds: PlayBounds;
  readonly #options: CourseOptions;
  #bailed = false;

  constructor(options: CourseOptions) {
    this.#options = options;
    this.replays = options.replay;
    this.bounds = options.bounds;
  }

  get progress(): Progress | undefined {
    return this.#options.progress;
  }

  /** The scripts in the order in which they are to be played. */
  ordered(scripts: readonly Script[]): readonly Script[] {
    const { seed } = this.#options;
    return seed === undefined ? scripts : shuffled(scripts, seed);
  }

  /** How many scripts are played at once, if `safe` of them don't disturb each other. */
  width(safe: number): number {
    return this.#options.jobs ?? safe;
  }

  /**
   * How many scripts are played at once where a failure among too many is looked at again before it
   * counts. With `--bail` none may have to wait for that.
   */
  crowdedWidth(safe: number): number {
    return this.#options.bail === true ? this.narrowWidth() : this.width(safe);
  }

  /** The same for scripts of which too many at once would disturb each other. */
  narrowWidth(): number {
    return Math.min(this.width(timedAtOnceMax), timedAtOnceMax);
  }

  /**
   * Plays or replays one script and tells of it, unless a must failed before with `--bail`. Where
   * `final` says that the outcome doesn't count yet, nothing is told.
   */
  async take(
    turn: Turn,
    script: Script,
    outcomes: Map<Script, ScriptOutcome>,
    play: () => Promise<void>,
    final: () => boolean = () => true,
  ): Promise<void> {
    if (this.#bailed) {
      if (turn === "play") outcomes.set(script, { kind: "not-played", reason: bailedReason });
    } else {
      this.progress?.began(turn, script);
      await play();
      if (!final()) return;
    }
    this.#done(turn, script, outcomes);
  }

  #done(turn: Turn, script: Script, outcomes: ReadonlyMap<Script, ScriptOutcome>): void {
    const outcome = outcomes.get(script);
    if (outcome === undefined) return;
    this.progress?.ended(turn, script, outcome);
    if (this.#options.bail === true && failedMust(script, outcome)) this.#bailed = true;
  }

  /**
   * First the scripts that only wait for events, `safe` at once: `crowded`. Then, fewer at once,
   * those that measure time.
   */
  async inTurn(
    scripts: readonly Script[],
    safe: number,
    play: (script: Script, crowded: boolean) => Promise<void>,
  ): Promise<void> {
    const width = this.crowdedWidth(safe);
    const crowded = width > this.narrowWidth();
    const patient = scripts.filter((script) => !playsInTime(script));
    await inParallel(patient, width, (script) => play(script, crowded));
    const timed = scripts.filter(playsInTime);
    await inParallel(timed, this.narrowWidth(), (script) => play(script, false));
  }
}

function failedMust(script: Script, outcome: ScriptOutcome): boolean {
  if (outcome.kind !== "played") return false;
  return script.phases.some((phase, index) => {
    return phase.strength === "must" && outcome.phases[index]?.kind === "failed";
  });
}

/** Whether a phase of the outcome failed. */
export function hasFailed(outcome: ScriptOutcome | undefined): boolean {
  return outcome?.kind === "played" && outcome.phases.some(isFailed);
}

function isFailed(outcome: PhaseOutcome): boolean {
  return outcome.kind === "failed";
}

/** A server, with outcomes that are still being added. */
export interface OpenColumn extends Column {
  readonly outcomes: Map<Script, ScriptOutcome>;
}
