/**
 * What a phase is about, by its references. Two expectations stand in scripts about everything
 * else: that the connection stays open behind an answer, and that an answer has a Date. A server
 * that falls short of one of them does so everywhere. It is blamed for it where that is the
 * subject; elsewhere it is only noted, and the report says it once.
 */

import type { FieldCheck, Phase } from "../script/script.ts";

/** What a phase needn't be about to expect it. */
export interface Subject {
  /** Whether the connection is the subject, so that a server which closes it fails the phase. */
  readonly persistence: boolean;
  /** Whether requests that are sent before the answer to the first one are. */
  readonly pipelining: boolean;
  /** Whether the time of the answer is the subject. */
  readonly date: boolean;
}

/** Everything is the subject, and nothing is let off: so postern itself is played. */
export const strictly: Subject = { persistence: true, pipelining: true, date: true };

/** The sections on connections that persist, and on the options that end them. */
const persistenceSections = new Set(["RFC 9112 §9.3", "RFC 9110 §7.6.1"]);
const pipeliningSection = "RFC 9112 §9.3.2";
const dateSection = "RFC 9110 §6.6.1";

/**
 * The subject of a phase. No must is about persistence: a server SHOULD support it (RFC 9112 §9.3),
 * and may close any connection behind an answer.
 */
export function subjectOf({ references, strength }: Phase): Subject {
  return {
    persistence: strength !== "must" && references.some((each) => persistenceSections.has(each)),
    pipelining: references.includes(pipeliningSection),
    date: references.includes(dateSection),
  };
}

/** Whether a check asks for nothing but a Date. */
export function asksForDate({ kind, name }: FieldCheck): boolean {
  return (kind === "present" || kind === "once") && name.toLowerCase() === "date";
}
