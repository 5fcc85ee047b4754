/**
 * What the clients are put to: for each fault of the table one rule or more, the requests that meet
 * it, and what RFC 9110 or RFC 9112 asks of a client then.
 */

import type { FaultName } from "../src/server/faults/fault-table.ts";
import { isEarly, isOfHandshake } from "../src/server/faults/accepted/accepted-rows.ts";
import type { RuleOptions } from "../src/server/faults/fault-options.ts";
import type { Habit, Outcome } from "./client.ts";

/** One thing that clients are put to. */
export interface Trial {
  /** The row of the table that it shows. */
  readonly fault: FaultName;
  readonly rule: RuleOptions;
  /** A rule that holds when the first is over. */
  readonly next: RuleOptions | undefined;
  readonly method: "GET" | "POST";
  /** Requests, one after the other. */
  readonly times: number;
  /** What the client is asked to do besides, if it can. */
  readonly habit: Habit | undefined;
  /** Whether the fault is met before a request, so that a browser has no page to ask from. */
  readonly isBeforeRequests: boolean;
  readonly isSecure: boolean;
  /** The section by which `outcomes` are a client's mistake; undefined when they are none. */
  readonly departure: (outcomes: readonly Outcome[], seen: number) => string | undefined;
}

type Departure = Trial["departure"];

/** A rule with how it is met, where that isn't by one GET. */
type Draft = Partial<Pick<Trial, "method" | "times" | "next" | "habit" | "departure">> &
  Pick<Trial, "rule">;

const never: Departure = () => undefined;

/** It is a mistake to tell no error. */
function unnoticed(section: string): Departure {
  return (outcomes) => (outcomes.some(({ kind }) => kind === "ok") ? section : undefined);
}

/** RFC 9112 §8: a message whose end didn't come is incomplete, and to be known as such. */
const incomplete = unnoticed("RFC 9112 §8");

/** RFC 9110 §4.3.4: a certificate that isn't valid for the host ends the connection. */
const uncertified = unnoticed("RFC 9110 §4.3.4");

/** RFC 9110 §9.2.2: what isn't idempotent isn't sent again without being asked for. */
const repeated: Departure = (outcomes, seen) =>
  seen > outcomes.length ? "RFC 9110 §9.2.2" : undefined;

/** RFC 9110 §15.2: an interim response is followed by a final one, and isn't it. */
const interimTaken: Departure = (outcomes) =>
  outcomes.some(({ status = 200 }) => status < 200) ? "RFC 9110 §15.2" : undefined;

/** RFC 9110 §15.3.7.3: parts are joined if their strong validators are equal. */
const joined: Departure = (outcomes) =>
  outcomes.at(-1)?.status === 206 ? "RFC 9110 §15.3.7.3" : undefined;

/** RFC 9112 §9.2: octets that came before a request are no answer to it. */
const leftRead: Departure = (outcomes) =>
  outcomes.some(({ kind }) => kind === "failed") ? "RFC 9112 §9.2" : undefined;

const requests2 = { times: 2 };
const posts2 = { times: 2, method: "POST", departure: repeated } as const;

const drafts: Readonly<Record<FaultName, readonly Draft[]>> = {
  acceptAfterMs: [{ rule: { acceptAfterMs: 500 } }],
  closeAtAccept: [
    { rule: { closeAtAccept: "fin" } },
    { rule: { closeAtAccept: "reset" } },
    { rule: { closeAtAccept: "fin", times: 1 } },
    { rule: { closeAtAccept: "fin", times: 1 }, method: "POST", departure: repeated },
  ],
  certificate: (
    ["expired", "not-yet-valid", "wrong-name", "unknown-ca", "self-signed"] as const
  ).map((certificate) => ({ rule: { certificate }, departure: uncertified })),
  cutHandshake: (["fin", "reset", "stall"] as const).map((cutHandshake) => ({
    rule: { cutHandshake },
  })),
  handshakePart: (["fin", "reset"] as const).map((cutHandshake) => ({
    rule: { cutHandshake, handshakePart: 0.5 },
  })),
  statuses: [{ rule: { statuses: [503, 503, 200] } }],
  retryAfter: [
    { rule: { statuses: [503, 200], retryAfter: 1 } },
    { rule: { statuses: [503, 200], retryAfter: 1 }, habit: "retry" },
  ],
  changingValidator: [
    { rule: { changingValidator: true }, ...requests2 },
    {
      rule: { changingValidator: true, cutAfterBytes: 1000, times: 1 },
      next: { changingValidator: true },
      habit: "resume",
      times: 2,
      departure: joined,
    },
  ],
  latencyMs: [{ rule: { latencyMs: 500 } }],
  jitterMs: [{ rule: { latencyMs: 200, jitterMs: 300 } }],
  interim: [1, 1000].map((interim) => ({ rule: { interim }, departure: interimTaken })),
  garbageHead: [{ rule: { garbageHead: 100 }, departure: unnoticed("RFC 9112 §4") }],
  headBytes: [10_000, 50_000, 200_000, 1_000_000].map((headBytes) => ({ rule: { headBytes } })),
  headFields: [50, 200, 2000].map((headFields) => ({ rule: { headFields } })),
  duplicateField: [
    { rule: { duplicateField: "Content-Length" } },
    {
      rule: { duplicateField: "Content-Length: 1000" },
      departure: unnoticed("RFC 9112 §6.3 step 5"),
    },
  ],
  bareLf: [{ rule: { bareLf: true } }],
  charset: [{ rule: { charset: "utf-16" } }],
  contentCoding: ["gzip", "br", "unheard-of"].map((contentCoding) => ({
    rule: { contentCoding },
  })),
  date: ["Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", ""].map((date) => ({ rule: { date } })),
  headBytesPerSecond: [{ rule: { headBytesPerSecond: 200 } }],
  cutHeadAfterBytes: [
    { rule: { cutHeadAfterBytes: 0 } },
    { rule: { cutHeadAfterBytes: 0, times: 1 } },
    { rule: { cutHeadAfterBytes: 0, times: 1 }, method: "POST", departure: repeated },
    { rule: { cutHeadAfterBytes: 30 }, departure: incomplete },
  ],
  contentLength: [
    { rule: { contentLength: 100 }, departure: incomplete },
    { rule: { contentLength: -100 }, ...requests2, departure: leftRead },
  ],
  chunk: [
    { rule: { chunk: "malformed" }, departure: unnoticed("RFC 9112 §7.1") },
    { rule: { chunk: "overflow" }, departure: unnoticed("RFC 9112 §7.1") },
    { rule: { chunk: "missing" }, departure: incomplete },
    { rule: { chunk: "missing" }, habit: "pieces", departure: incomplete },
    { rule: { chunk: "endless" }, departure: incomplete },
  ],
  bodyLatencyMs: [{ rule: { bodyLatencyMs: 500 } }],
  bytesPerSecond: [{ rule: { bytesPerSecond: 4000 } }],
  stallAfterBytes: [{ rule: { stallAfterBytes: 1000 } }],
  stallMs: [{ rule: { stallAfterBytes: 1000, stallMs: 500 } }],
  corruptBytes: [{ rule: { corruptBytes: 1 } }],
  cutAfterBytes: [
    { rule: { cutAfterBytes: 1000 }, departure: incomplete },
    { rule: { cutAfterBytes: 1000 }, habit: "pieces", departure: incomplete },
    { rule: { cutAfterBytes: 1000, times: 1 }, habit: "resume", times: 2 },
  ],
  keepAliveClose: [
    { rule: { keepAliveClose: "now" }, ...requests2 },
    { rule: { keepAliveClose: "on-request" }, ...requests2 },
    { rule: { keepAliveClose: "on-request" }, ...posts2 },
  ],
  by: [
    { rule: { cutAfterBytes: 1000, by: "reset" }, departure: incomplete },
    { rule: { cutHeadAfterBytes: 0, by: "reset" } },
    { rule: { keepAliveClose: "on-request", by: "reset" }, ...requests2 },
    { rule: { keepAliveClose: "on-request", by: "reset" }, ...posts2 },
  ],
};

/** All trials, in the order of the table. */
export const trials: readonly Trial[] = Object.entries(drafts).flatMap(([fault, some]) =>
  some.map((draft) => ({
    method: "GET" as const,
    times: 1,
    next: undefined,
    habit: undefined,
    departure: never,
    ...draft,
    fault: fault as FaultName,
    isBeforeRequests: isEarly(fault),
    isSecure: isOfHandshake(fault),
  })),
);
