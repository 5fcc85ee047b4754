/**
 * The table of faults: what a server can do wrong on purpose, so that a client can be tested. The
 * types, the checks of what is given, the text file, `postern faults` and docs/faults.md follow
 * from it.
 *
 * A fault is a name with a value. Those of one rule work together: first what replaces or changes
 * the answer, then what happens to its head, its framing and its content, then how the connection
 * ends. A row with `needs` says how another fault works, and does nothing by itself.
 */

import { acceptedRows } from "./accepted/accepted-rows.ts";
import type { FaultKind } from "./fault-kind.ts";
import {
  count,
  difference,
  fieldLine,
  fieldValue,
  milliseconds,
  octets,
  on,
  rate,
  secondsOrText,
  seed,
  share,
  statuses,
  word,
} from "./fault-kind.ts";

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

export type FaultPhase = (typeof faultPhases)[number];

/** What the table says of a fault whose parameter is a `Value`. */
export interface FaultRow<Value = unknown, Phase extends FaultPhase = FaultPhase> {
  readonly phase: Phase;
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

type RowText = Pick<FaultRow, "does" | "tests" | "needs" | "excludes">;

/** What the table says of a key that isn't a fault. */
interface ChanceRow {
  readonly kind: FaultKind<number>;
  readonly does: string;
}

function row<Value, Phase extends FaultPhase>(
  phase: Phase,
  kind: FaultKind<Value>,
  rest: RowText,
): FaultRow<Value, Phase> {
  return { phase, kind, ...rest };
}

export const faultTable = {
  ...acceptedRows,
  statuses: row("answer", statuses, {
    does: "answers with these statuses in turn, of which the last repeats; 200 is the real answer",
    tests: "retries: how many, after what, and that they stop",
  }),
  retryAfter: row("answer", secondsOrText, {
    does: "adds Retry-After to these statuses: seconds, or any text",
    tests: "that a client waits as it is told, and reads both forms",
    needs: ["statuses"],
  }),
  changingValidator: row("answer", on, {
    does: "gives each answer another ETag and Last-Modified, and takes none of before",
    tests: "that parts of two versions aren't joined when a download is resumed",
  }),
  latencyMs: row("head", milliseconds, {
    does: "waits before the first octet of the head",
    tests: "the timeout for an answer to begin",
  }),
  jitterMs: row("head", milliseconds, {
    does: "adds a pseudorandom time to the latency, up to this",
    tests: "whatever depends on the order of answers",
    needs: ["latencyMs"],
  }),
  interim: row("head", count("interim responses", "faultInterimMax"), {
    does: "sends so many 102 (Processing) before the head",
    tests: "that interim responses are skipped, and bounded (RFC 9110 §15.2)",
    excludes: ["garbageHead"],
  }),
  garbageHead: row("head", count("bytes", "faultHeadBytesMax"), {
    does: "sends so many pseudorandom octets in place of the answer, and ends the connection",
    tests: "that what isn't HTTP is an error, and no answer",
    excludes: [
      "headBytes",
      "headFields",
      "duplicateField",
      "bareLf",
      "cutHeadAfterBytes",
      "charset",
      "contentCoding",
      "date",
      "contentLength",
      "chunk",
      "bodyLatencyMs",
      "bytesPerSecond",
      "stallAfterBytes",
      "corruptBytes",
      "cutAfterBytes",
      "keepAliveClose",
    ],
  }),
  headBytes: row("head", count("bytes", "faultHeadBytesMax"), {
    does: "adds a field with a value of so many octets",
    tests: "the bound on a field line and on the head",
  }),
  headFields: row("head", count("field lines", "faultFieldsMax"), {
    does: "adds so many field lines",
    tests: "the bound on the number of fields",
  }),
  duplicateField: row("head", fieldLine, {
    does: "sends the field of that name twice; with a value, the second time with that",
    tests: "that two of a kind are refused or joined as the RFCs say (RFC 9112 §6.3)",
  }),
  bareLf: row("head", on, {
    does: "ends the lines of the head with LF alone",
    tests: "how strictly lines are read (RFC 9112 §2.2)",
  }),
  charset: row("head", fieldValue, {
    does: "names this charset in Content-Type, or none if empty; the content stays",
    tests: "what is made of text whose charset is wrong",
  }),
  contentCoding: row("head", fieldValue, {
    does: "says this in Content-Encoding, or nothing if empty; the content stays",
    tests: "that content which can't be decoded is an error",
  }),
  date: row("head", fieldValue, {
    does: "says this in Date, or sends none if empty",
    tests: "caching and clocks that trust a date",
  }),
  headBytesPerSecond: row("head", rate, {
    does: "sends the head at this rate",
    tests: "that a timeout for the head is one for all of it, and not for each octet",
  }),
  cutHeadAfterBytes: row("head", octets, {
    does: "ends the connection after so many octets of the head; 0 for no answer at all",
    tests: "that an incomplete head is no answer, and is retried where that is safe",
    excludes: ["contentLength", "chunk", "keepAliveClose"],
  }),
  contentLength: row("framing", difference, {
    does: "declares so many octets more or fewer; behind too long a length the connection ends",
    tests: "that short content is an error, and that what is left over isn't read as an answer",
    excludes: ["chunk"],
  }),
  chunk: row("framing", word("malformed", "overflow", "missing", "endless"), {
    does:
      "sends the content in chunks, of which the first has no size or one of 17 digits, the last " +
      "is missing, or none is the last",
    tests: "that broken chunks are an error, and endless content is bounded (RFC 9112 §7.1)",
  }),
  bodyLatencyMs: row("body", milliseconds, {
    does: "waits between the head and the content",
    tests: "the timeout for content after a head that came at once",
  }),
  bytesPerSecond: row("body", rate, {
    does: "sends the content at this rate",
    tests: "timeouts for all of an answer, progress bars, players",
  }),
  stallAfterBytes: row("body", octets, {
    does: "stops after so many octets of content, until the client leaves",
    tests: "the timeout between two octets",
  }),
  stallMs: row("body", milliseconds, {
    does: "goes on after this time",
    tests: "that a pause which is short enough is none",
    needs: ["stallAfterBytes"],
  }),
  corruptBytes: row("body", count("bytes"), {
    does: "inverts the lowest bit of so many octets, spread over the content; its length is right",
    tests: "checksums",
  }),
  cutAfterBytes: row("body", octets, {
    does: "ends the connection after so many octets of content",
    tests: "that a truncated answer isn't taken for a whole one; resuming by range",
    excludes: ["cutHeadAfterBytes", "keepAliveClose"],
  }),
  keepAliveClose: row("connection", word("now", "on-request"), {
    does:
      "closes a connection that the head said stays open: right behind the answer, or when the " +
      "next request has come, which gets no answer",
    tests: "that a request which crosses a close is sent again, where that is safe",
    excludes: ["contentLength", "chunk"],
  }),
  by: row("connection", word("fin", "reset"), {
    does: "says how the connection ends: properly (FIN, the default), or by a reset",
    tests: "both ends, which the client's system tells apart",
    needs: [
      "garbageHead",
      "cutHeadAfterBytes",
      "contentLength",
      "chunk",
      "cutAfterBytes",
      "keepAliveClose",
    ],
  }),
} as const;

/** How often the faults of a rule hit. */
export const chanceTable = {
  probability: {
    kind: share,
    does: "hits this share of the requests, chosen pseudorandomly; all of them by default",
  },
  seed: {
    kind: seed,
    does:
      "begins the pseudorandom numbers, 0 by default: the same seed and the same requests in the " +
      "same order give the same faults",
  },
  times: {
    kind: count("requests"),
    does: "hits so many requests, and then none",
  },
} as const satisfies Readonly<Record<string, ChanceRow>>;

/** The name of a fault. */
export type FaultName = keyof typeof faultTable;
