/**
 * The table of faults: what a server can do wrong on purpose, so that a client can be tested. The
 * types, the checks of what is given, the text file, `postern faults` and docs/faults.md follow
 * from it.
 *
 * A fault is a name with a value. A rule has one or more, which work together in the order of what
 * they happen to: the answer, the head, the framing, the body, the connection.
 */

import { acceptedRows } from "./accepted/accepted-rows.ts";
import type { FaultKind } from "./fault-kind.ts";
import { milliseconds, octets, word } from "./fault-kind.ts";

/** What faults happen to, in the order in which a client meets them. */
export const faultPhases = [
  "accept",
  "handshake",
  "answer",
  "head",
  "framing",
  "body",
  "connection",
] as const;

type FaultPhase = (typeof faultPhases)[number];

/** What the table says of a fault whose parameter is a `Value`. */
export interface FaultRow<Value = unknown> {
  readonly phase: FaultPhase;
  readonly kind: FaultKind<Value>;
  /** What the server does, as a sentence without its subject. */
  readonly does: string;
  /** Which behaviour of a client it tests. */
  readonly tests: string;
  /** Other faults of which one has to be given, too: alone this one would mean nothing. */
  readonly needs?: readonly string[];
  /** Faults that contradict it. */
  readonly excludes?: readonly string[];
}

function row<Value>(kind: FaultKind<Value>, rest: Omit<FaultRow, "kind">): FaultRow<Value> {
  return { ...rest, kind };
}

export const faultTable = {
  ...acceptedRows,
  latencyMs: row(milliseconds, {
    phase: "head",
    does: "waits before the first octet of the head",
    tests: "the timeout for a response, and what is shown meanwhile",
  }),
  cutAfterBytes: row(octets, {
    phase: "body",
    does: "ends the connection after so many octets of content",
    tests: "that a truncated answer isn't taken for a whole one; resuming by range",
  }),
  by: row(word("fin", "reset"), {
    phase: "connection",
    does: "says how a connection that is cut ends: properly (FIN, the default) or by a reset",
    tests: "both kinds of ends, which a client's system tells apart",
    needs: ["cutAfterBytes"],
  }),
} as const;

/** The name of a fault. */
export type FaultName = keyof typeof faultTable;
