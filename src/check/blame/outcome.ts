/**
 * What became of a phase: it held, it failed, or the server gave no occasion to tell. No phase is
 * blamed for another's fault: a phase that builds on one that failed is not played.
 */

import type { ExchangePart } from "../play/exchange/exchange.ts";
import type { Failure } from "../play/judgement.ts";
import type { PhaseNotes } from "./notes.ts";

export type PhaseOutcome = PhaseNotes & {
  /** What passed on the connections when the phase was played uncut. */
  readonly exchange?: readonly ExchangePart[];
} & (
    | { readonly kind: "held" }
    | {
        readonly kind: "failed";
        readonly failure: Failure;
        /** The cut, in words, with which the phase failed after it had held uncut. */
        readonly replay?: string;
      }
    /** The server gave no occasion to tell whether it holds. */
    | { readonly kind: "not-played"; readonly reason: string }
  );

/** The end of a phase before all its steps were played, without the server's being wrong. */
export interface Obstacle {
  readonly obstacle: string;
}

export const closedEarly: Obstacle = {
  obstacle: "the server closed the connection behind an earlier answer",
};
export const brokenBefore: Obstacle = {
  obstacle: "the phase before, which it continues, did not hold",
};

/** The outcome of a phase by how its steps ended. */
export function outcomeOf(end: Failure | Obstacle | undefined): PhaseOutcome {
  if (end === undefined) return { kind: "held" };
  if ("obstacle" in end) return { kind: "not-played", reason: end.obstacle };
  if (end.unsaved !== true) return { kind: "failed", failure: end };
  return { kind: "not-played", reason: `${end.expected}: ${end.came}` };
}
