/**
 * What the clients are put to: for each fault of the table one rule or more, the requests that meet
 * it, and what RFC 9110 or RFC 9112 asks of a client then.
 */

import type { FaultName } from "../src/server/faults/fault-table.ts";
import { isEarly, isOfHandshake } from "../src/server/faults/accepted/accepted-rows.ts";
import type { RuleOptions } from "../src/server/faults/fault-options.ts";
import type { Outcome } from "./client.ts";

/** One thing that clients are put to. */
export interface Trial {
  /** The row of the table that it shows. */
  readonly fault: FaultName;
  readonly rule: RuleOptions;
  readonly method: "GET" | "POST";
  /** Requests, one after the other. */
  readonly times: number;
  /** The value of the field Range. */
  readonly range: string | undefined;
  /** Whether the fault is met before a request, so that a browser has no page to ask from. */
  readonly isBeforeRequests: boolean;
  readonly isSecure: boolean;
  /** The section by which `outcomes` are a client's mistake; undefined when they are none. */
  readonly departure: (outcomes: readonly Outcome[], seen: number) => string | undefined;
}

type Departure = Trial["departure"];

/** A rule with how it is met, where that isn't by one GET. */
type Draft = Partial<Pick<Trial, "method" | "times" | "range" | "departure">> & Pick<Trial, "rule">;

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
  latencyMs: [{ rule: { latencyMs: 500 } }],
  cutAfterBytes: [{ rule: { cutAfterBytes: 1000 }, departure: incomplete }],
  by: [{ rule: { cutAfterBytes: 1000, by: "reset" }, departure: incomplete }],
};

/** All trials, in the order of the table. */
export const trials: readonly Trial[] = Object.entries(drafts).flatMap(([fault, some]) =>
  some.map((draft) => ({
    method: "GET" as const,
    times: 1,
    range: undefined,
    departure: never,
    ...draft,
    fault: fault as FaultName,
    isBeforeRequests: isEarly(fault),
    isSecure: isOfHandshake(fault),
  })),
);
