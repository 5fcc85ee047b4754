/**
 * Shows how a check goes on: on a terminal one line that is written over (played, failed, the time
 * left, the script now), elsewhere plain lines: each script that failed, and each tenth of the way.
 *
 * Plays and replays take different times, so the time left is reckoned for each by itself. It is
 * unknown for replays until the first of them is over.
 */

import type { ScriptOutcome } from "../report/column.ts";
import type { Script } from "../script/script.ts";
import type { Progress, Turn } from "./course.ts";

/** Where progress is shown. */
export interface ProgressScreen {
  readonly write: (text: string) => void;
  /** The width of the terminal; absent if it is none. */
  readonly columns?: number;
  /** Milliseconds that only go forward; this process's if absent. */
  readonly nowMs?: () => number;
}

const eraseLine = "\r\x1b[K";
/** How often the line of a terminal changes at most. */
const redrawMs = 80;
const steps = 10;

interface Count {
  planned: number;
  done: number;
  spentMs: number;
}

export class ProgressLine implements Progress {
  readonly #screen: ProgressScreen;
  readonly #nowMs: () => number;
  readonly #counts: Record<Turn, Count> = {
    play: { planned: 0, done: 0, spentMs: 0 },
    replay: { planned: 0, done: 0, spentMs: 0 },
  };
  readonly #failed = new Set<Script>();
  #lastMs: number;
  #drawnMs = -Infinity;
  #step = 0;

  constructor(screen: ProgressScreen) {
    this.#screen = screen;
    this.#nowMs = screen.nowMs ?? (() => performance.now());
    this.#lastMs = this.#nowMs();
  }

  planned(counts: Readonly<Record<Turn, number>>): void {
    this.#counts.play.planned = counts.play;
    this.#counts.replay.planned = counts.replay;
    this.#lastMs = this.#nowMs();
  }

  began(_: Turn, script: Script): void {
    this.#draw(script);
  }

  ended(turn: Turn, script: Script, outcome: ScriptOutcome): void {
    const now = this.#nowMs();
    const count = this.#counts[turn];
    count.done += 1;
    count.spentMs += now - this.#lastMs;
    this.#lastMs = now;
    const lines = this.#note(script, outcome);
    if (this.#screen.columns === undefined) {
      const step = Math.floor((steps * this.#done()) / Math.max(1, this.#total()));
      if (step > this.#step && this.#done() < this.#total()) lines.push(this.#text());
      this.#step = step;
      for (const line of lines) this.#screen.write(`${line}\n`);
    } else if (lines.length > 0) {
      this.#screen.write(`${eraseLine}${lines.join("\n")}\n`);
      this.#drawnMs = -Infinity;
    }
    this.#draw(script);
  }

  over(): void {
    if (this.#screen.columns !== undefined) this.#screen.write(eraseLine);
  }

  /** A line for a script that failed just now. */
  #note(script: Script, outcome: ScriptOutcome): string[] {
    if (outcome.kind !== "played" || this.#failed.has(script)) return [];
    for (const [index, phase] of script.phases.entries()) {
      const played = outcome.phases[index];
      if (phase.strength === "may" || played?.kind !== "failed") continue;
      this.#failed.add(script);
      return [`failed (${phase.strength}) ${script.file}:${played.failure.line}: ${phase.title}`];
    }
    return [];
  }

  #draw(script: Script): void {
    const { columns, write } = this.#screen;
    const now = this.#nowMs();
    if (columns === undefined || now - this.#drawnMs < redrawMs) return;
    this.#drawnMs = now;
    const text = `${this.#text()}  ${script.file}`;
    write(`${eraseLine}${text.slice(0, Math.max(0, columns - 1))}`);
  }

  #done(): number {
    return this.#counts.play.done + this.#counts.replay.done;
  }

  #total(): number {
    return this.#counts.play.planned + this.#counts.replay.planned;
  }

  #text(): string {
    const { play, replay } = this.#counts;
    const parts = [`played ${play.done} of ${play.planned}`];
    if (replay.done > 0) parts.push(`replayed ${replay.done} of ${replay.planned}`);
    parts.push(`${this.#failed.size} failed`);
    const leftMs = timeLeftMs(play) + timeLeftMs(replay);
    if (Number.isFinite(leftMs)) parts.push(`about ${Math.ceil(leftMs / 1000)} s left`);
    return parts.join(", ");
  }
}

/** Infinite as long as there is nothing to reckon from. */
function timeLeftMs({ planned, done, spentMs }: Count): number {
  const left = Math.max(0, planned - done);
  return left === 0 ? 0 : (left * spentMs) / done;
}
