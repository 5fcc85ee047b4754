/**
 * Where a server departs from what scripts about everything else expect by the way: it closes its
 * connections, or sends no Date. Each is one finding, with the phases that it touched. It counts
 * once, in a row of its own, unless a phase that is about it failed and counts already.
 */

import type { Column } from "../report/column.ts";
import { isCounted } from "../report/column.ts";
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
  for (const script of scripts) {
    const outcome = column.outcomes.get(script);
    if (outcome?.kind !== "played") continue;
    for (const [index, phase] of script.phases.entries()) {
      const result = outcome.phases[index];
      if (result === undefined) continue;
      for (const behind of result.behind ?? []) {
        seen.push({ place: { script, phase, line: behind.line }, behind });
      }
      for (const line of result.dateless ?? []) dateless.push({ script, phase, line });
      if (result.kind !== "failed") continue;
      if (result.failure.closedBehind === true) blamed.add("closes");
      if (subjectOf(phase).date) blamed.add("dateless");
    }
  }
  const all = [
    ...closings(seen, !blamed.has("closes")),
    ...dates(dateless, !blamed.has("dateless")),
  ];
  return all.filter(({ strength }) => isCounted(strength, column));
}

function closings(seen: readonly Seen[], counts: boolean): readonly Departure[] {
  const closed = seen.filter(({ behind }) => behind.closed);
  if (closed.length === 0) return [];
  const old = closed.every(({ behind }) => behind.version === "HTTP/1.0");
  const where = whereClosed(seen);
  const touched = closed.map(({ place }) => place);
  const closes: Departure = {
    title: `closes the connection behind ${where}`,
    references: ["RFC 9112 §9.3"],
    strength: old ? "may" : "should",
    touched,
    counts,
  };
  const silent = closed.filter(({ behind }) => !behind.announced);
  if (silent.length === 0) return [closes];
  const allSilent = silent.length === closed.length;
  const some = `${silent.length} of ${seen.length} answers`;
  const never = allSilent && closed.length === seen.length;
  const unannounced: Departure = {
    title: `says nothing of it (no Connection: close) behind ${allSilent ? where : some}`,
    references: [never ? "RFC 9112 §9.3" : "RFC 9112 §9.6"],
    strength: never ? "must" : "should",
    touched: silent.map(({ place }) => place),
    counts: true,
  };
  return [closes, unannounced];
}

/** The answers behind which a server closes, in words. */
function whereClosed(seen: readonly Seen[]): string {
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
  const count = seen.filter(({ behind }) => behind.closed).length;
  return `${count} of ${seen.length} answers`;
}

function dates(touched: readonly Place[], counts: boolean): readonly Departure[] {
  if (touched.length === 0) return [];
  const references = ["RFC 9110 §6.6.1"];
  const title = "sends answers without a Date";
  return [{ title, references, strength: "must", touched, counts }];
}
