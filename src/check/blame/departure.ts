/**
 * Where a server departs from what scripts about everything else expect by the way: it closes its
 * connections, or sends no Date. Each is one finding, with the phases that it touched. It counts
 * once, in a row of its own, unless a phase that is about it failed and counts already.
 */

import type { Column } from "../report/column.ts";
import { isCounted, playedPhases } from "../report/column.ts";
import type { Phase, Script, Strength } from "../script/script.ts";
import type { Behind } from "./notes.ts";
import { subjectOf } from "./subject.ts";

export interface Departure {
  /** What the server does, to follow its name: `closes the connection behind every answer`. */
  readonly title: string;
  readonly references: readonly string[];
  readonly strength: Strength;
  /** Where it was seen, in the order of the scripts. */
  readonly touched: readonly Place[];
  /** Whether it is counted by itself, since no phase about it failed. */
  readonly counts: boolean;
}

interface Place {
  readonly script: Script;
  readonly phase: Phase;
  readonly line: number;
}

interface Seen {
  readonly place: Place;
  readonly behind: Behind;
}

/** The departures of a server of others; none of one whose phases failed by them. */
export function departuresOf(scripts: readonly Script[], column: Column): readonly Departure[] {
  const seen: Seen[] = [];
  const dateless: Place[] = [];
  const blamed = new Set<"closes" | "dateless">();
  for (const { script, phase, result } of playedPhases(scripts, column)) {
    for (const behind of result.behind ?? []) {
      seen.push({ place: { script, phase, line: behind.line }, behind });
    }
    for (const line of result.dateless ?? []) dateless.push({ script, phase, line });
    if (result.kind !== "failed") continue;
    if (result.failure.closedBehind === true) blamed.add("closes");
    if (subjectOf(phase).date) blamed.add("dateless");
  }
  const all = [
    ...closings(seen, !blamed.has("closes")),
    ...dates(dateless, !blamed.has("dateless")),
  ];
  return all.filter(({ strength }) => isCounted(strength, column));
}

/**
 * A server that keeps its connections may close one now and then if it says so. What it does behind
 * every answer of a kind is told all the same.
 */
function closings(seen: readonly Seen[], counts: boolean): readonly Departure[] {
  const never = seen.every(({ behind }) => behind.closed);
  const told = never ? seen : seen.filter(({ behind }) => !(behind.closed && isRefusal(behind)));
  const where = whereClosed(told);
  const closed = told.filter(
    ({ behind }) => behind.closed && (where !== undefined || !behind.announced),
  );
  if (closed.length === 0) return [];
  const old = closed.every(({ behind }) => behind.version === "HTTP/1.0");
  const touched = closed.map(({ place }) => place);
  const closes: Departure = {
    title: `closes the connection behind ${where ?? countOf(closed, seen)}`,
    references: ["RFC 9112 §9.3"],
    strength: old ? "may" : "should",
    touched,
    counts,
  };
  const silent = closed.filter(({ behind }) => !behind.announced);
  if (silent.length === 0) return [closes];
  const allSilent = silent.length === closed.length;
  const whereSilent = (allSilent ? where : undefined) ?? countOf(silent, seen);
  const unannounced: Departure = {
    title: `says nothing of it (no Connection: close) behind ${whereSilent}`,
    references: [never && allSilent ? "RFC 9112 §9.3" : "RFC 9112 §9.6"],
    strength: never && allSilent ? "must" : "should",
    touched: silent.map(({ place }) => place),
    counts: true,
  };
  return [closes, unannounced];
}

/**
 * Whether a server that keeps its connections may close them behind such an answer: it refuses a
 * request which isn't read then, or has no known end (RFC 9112 §2.2, §6.3, §9.3; RFC 9110 §15.5.9,
 * §15.5.14).
 */
function isRefusal({ status }: Behind): boolean {
  return refusals.has(status);
}

const refusals: ReadonlySet<number> = new Set([400, 408, 411, 413, 414, 417, 431, 501, 505]);

function countOf(some: readonly Seen[], seen: readonly Seen[]): string {
  return `${some.length} of ${seen.length} answers`;
}

/** The kind of answers behind all of which a server closes and behind no others, in words. */
function whereClosed(seen: readonly Seen[]): string | undefined {
  const kinds: readonly (readonly [words: string, is: (behind: Behind) => boolean])[] = [
    ["every answer", () => true],
    ["every error", ({ status }) => status >= 400],
    ["every answer to HEAD", ({ toHead }) => toHead],
    ["every answer without content", ({ status }) => status === 204 || status === 304],
  ];
  for (const [words, is] of kinds) {
    const exact = seen.every(({ behind }) => behind.closed === is(behind));
    if (exact && seen.some(({ behind }) => is(behind))) return words;
  }
  return undefined;
}

function dates(touched: readonly Place[], counts: boolean): readonly Departure[] {
  if (touched.length === 0) return [];
  const references = ["RFC 9110 §6.6.1"];
  const title = "sends answers without a Date";
  return [{ title, references, strength: "must", touched, counts }];
}
