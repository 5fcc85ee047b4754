/**
 * Plays scripts with each of several clients, and again with the bytes that they are sent one by
 * one. Each script has a process of the client to itself, several at a time.
 */

import { checkLimits } from "../limits.ts";
import type { PhaseOutcome } from "../blame/outcome.ts";
import { freshMemory } from "../play/judgement.ts";
import { inParallel } from "../play/parallel.ts";
import type { Played } from "../play/replay.ts";
import { canBeReplayed } from "../play/replay.ts";
import type { Column, ScriptOutcome } from "../report/column.ts";
import type { Course } from "../run/course.ts";
import type { Script } from "../script/script.ts";
import { phaseRuns } from "../script/script.ts";
import type { ClientCommand } from "./client-command.ts";
import { reasonNotToAsk } from "./client-command.ts";
import type { ClientPlay } from "./client-player.ts";
import { playClientRun } from "./client-player.ts";

const {
  clientScriptsAtOnce: scriptsAtOnce,
  clientStartMs: startMs,
  responseTimeMs,
  settleMs,
} = checkLimits;
/** Why a script that tests a server isn't played with a client. */
const serversOnly = "plays the client's part, against a server";

/** Plays the scripts with each client. */
export async function playClients(
  scripts: readonly Script[],
  commands: readonly ClientCommand[],
  course: Course,
): Promise<readonly Column[]> {
  const columns = commands.map((command) => columnOf(command, scripts));
  const plays = columns
    .filter(({ column }) => column.unreachable === undefined)
    .reduce((sum, { outcomes }) => sum + scripts.length - outcomes.size, 0);
  course.progress?.planned({ play: plays, replay: course.replays ? plays : 0 });
  for (const each of columns) {
    if (each.column.unreachable === undefined) await playClient(each, scripts, course);
  }
  return columns.map(({ column }) => column);
}

/** Plays with one client. An adapter that says nothing in its first script is asked no more. */
async function playClient(
  each: ReturnType<typeof columnOf>,
  scripts: readonly Script[],
  course: Course,
): Promise<void> {
  const { command, outcomes } = each;
  const playable = course.ordered(scripts.filter((script) => !outcomes.has(script)));
  const responseMs = course.bounds.responseMs ?? responseTimeMs;
  const play = { command, settleMs, responseMs, startMs };
  const playAll = (some: readonly Script[], bounds: Bounds = play): Promise<void> =>
    inParallel(some, course.width(scriptsAtOnce), async (script) => {
      await course.take("play", script, outcomes, async () => {
        const phases = await playUncut(script, bounds);
        outcomes.set(script, { kind: "played", phases, replays: 0 });
      });
      if (!course.replays) return;
      await course.take("replay", script, outcomes, async () => {
        const uncut = outcomes.get(script);
        if (uncut?.kind !== "played" || !canBeReplayed(script, uncut)) return;
        outcomes.set(script, { kind: "played", ...(await replay(script, uncut, bounds)) });
      });
    });
  const first = command.plain ? [] : playable.slice(0, 1);
  const silences: string[] = [];
  await playAll(first, { ...play, saidNothing: (how) => silences.push(how) });
  const [how] = silences;
  if (how === undefined || silences.length < first.flatMap(phaseRuns).length) {
    return playAll(playable.slice(first.length));
  }
  outcomes.clear();
  const unreachable = `its command has no {url}, and as an adapter it said nothing (${how})`;
  each.column = { ...each.column, unreachable };
}

/** Whether a script tests a client, and this one can be asked for some of its phases. */
function playableWith(script: Script, command: ClientCommand): boolean {
  if (script.settings.client !== true) return false;
  return phaseRuns(script).some((run) => reasonNotToAsk(run, command) === undefined);
}

/** The column of a client, with the scripts that it can't play. */
function columnOf(command: ClientCommand, scripts: readonly Script[]) {
  const outcomes = new Map<Script, ScriptOutcome>();
  const base = { server: command.name, client: true, outcomes } as const;
  const [program] = command.words;
  if (Bun.which(program) === null) {
    const column: Column = { ...base, unreachable: `${program} is not there` };
    return { command, column, outcomes };
  }
  for (const script of scripts) {
    if (playableWith(script, command)) continue;
    const [reason] = phaseRuns(script).map((run) => reasonNotToAsk(run, command));
    const isClients = script.settings.client === true && reason !== undefined;
    outcomes.set(script, { kind: "not-played", reason: isClients ? reason : serversOnly });
  }
  const column: Column = base;
  return { command, column, outcomes };
}

type Bounds = Omit<ClientPlay, "cut">;

async function playUncut(script: Script, bounds: Bounds): Promise<readonly PhaseOutcome[]> {
  const memory = freshMemory(script);
  const phases: PhaseOutcome[] = [];
  for (const run of phaseRuns(script)) {
    const reason = reasonNotToAsk(run, bounds.command);
    if (reason === undefined) {
      phases.push(...(await playClientRun(run, { ...bounds, cut: { kind: "none" } }, memory)));
    } else phases.push(...run.map((): PhaseOutcome => ({ kind: "not-played", reason })));
  }
  return phases;
}

/** Plays the runs that held once more, each byte by itself. */
async function replay(script: Script, uncut: Played, bounds: Bounds): Promise<Played> {
  const memory = freshMemory(script);
  const phases: PhaseOutcome[] = [];
  let replays = 0;
  for (const run of phaseRuns(script)) {
    const before = uncut.phases.slice(phases.length, phases.length + run.length);
    const again = before.every(({ kind }) => kind === "held");
    if (again) replays += 1;
    const play = { ...bounds, cut: { kind: "every" } } as const;
    const after = again ? await playClientRun(run, play, memory) : before;
    phases.push(...before.map((outcome, index) => joined(outcome, after[index])));
  }
  return { phases, replays };
}

/** The outcome of a phase that held, or how it failed in the replay. */
function joined(uncut: PhaseOutcome, cut: PhaseOutcome | undefined): PhaseOutcome {
  if (cut?.kind !== "failed" || cut === uncut) return uncut;
  return { ...cut, replay: "when sent byte by byte" };
}
