/**
 * What is noted while a phase is played and doesn't decide whether it held: expectations with a
 * strength of their own, whether the server kept its connections open, and answers without a Date.
 */

import type { Failure } from "../play/judgement.ts";
import type { OwnStrength } from "../script/script.ts";

/** An expectation with a strength of its own. It held if there is no failure. */
interface Aside {
  readonly line: number;
  readonly own: OwnStrength;
  readonly failure?: Failure;
}

/** The last whole answer on a connection: what a closing behind it is told by. */
export interface Answer {
  /** As in `HTTP/1.1`. */
  readonly version: string;
  readonly status: number;
  readonly toHead: boolean;
  /** Whether it said that the connection ends: by the close option, or as HTTP/1.0 does. */
  readonly announced: boolean;
}

/** What became of the connection behind an answer, where a script expects it to stay open. */
export interface Behind extends Answer {
  readonly line: number;
  readonly closed: boolean;
}

export interface PhaseNotes {
  readonly asides?: readonly Aside[];
  readonly behind?: readonly Behind[];
  /** The lines of checks that an answer without a Date failed. */
  readonly dateless?: readonly number[];
}

/** Collects the notes of one phase after another. */
export class Notes {
  #asides: Aside[] = [];
  #behind: Behind[] = [];
  #dateless: number[] = [];

  aside(line: number, own: OwnStrength, failure: Failure | undefined): void {
    this.#asides.push({ line, own, ...(failure === undefined ? {} : { failure }) });
  }

  behind(line: number, answer: Answer, closed: boolean): void {
    this.#behind.push({ line, ...answer, closed });
  }

  dateless(line: number): void {
    this.#dateless.push(line);
  }

  /** The notes since the last call; nothing of a kind that there is none of. */
  take(): PhaseNotes {
    const notes = {
      ...(this.#asides.length === 0 ? {} : { asides: this.#asides }),
      ...(this.#behind.length === 0 ? {} : { behind: this.#behind }),
      ...(this.#dateless.length === 0 ? {} : { dateless: this.#dateless }),
    };
    this.#asides = [];
    this.#behind = [];
    this.#dateless = [];
    return notes;
  }
}
