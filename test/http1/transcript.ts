/**
 * What a parser says about some octets, as plain values that can be compared. Body events that
 * follow each other are joined, since how a body is cut is the network's doing and means nothing.
 */

import { defaultLimits } from "../../src/base/limits.ts";
import type { Limits } from "../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";
import type { Fields } from "../../src/http/fields/fields.ts";
import type { RequestHeadCache } from "../../src/http1/request-head-cache.ts";
import type { Http1RequestHead } from "../../src/http1/request-head.ts";
import type { ParserEvent } from "../../src/http1/request-parser.ts";
import { RequestParser } from "../../src/http1/request-parser.ts";

/** What a head holds, without what follows from it. */
type HeadValues = Omit<
  Http1RequestHead,
  "fields" | "octets" | "octetCount" | "version" | "hasContent" | "contentLength" | "acceptsInterim"
>;

/** One thing that was said. */
export type Said =
  | { readonly head: HeadValues; readonly fields: string[][] }
  | { readonly body: string }
  | { readonly end: string[][] }
  | { readonly error: string; readonly method: string | undefined; readonly limit?: string };

const pairs = (fields: Fields): string[][] => Array.from(fields, ([name, value]) => [name, value]);

function said(event: Exclude<ParserEvent, { kind: "need-data" }>): Said {
  switch (event.kind) {
    case "head": {
      const { fields, octets, ...head } = event.head;
      const lines = pairs(fields);
      // The octets of a head have to be its own, whatever the buffer has become meanwhile.
      return { head, fields: [...lines, ["octets", latin1Text(octets)]] };
    }
    case "body":
      return { body: latin1Text(event.octets) };
    case "end":
      return { end: pairs(event.trailers) };
    case "error": {
      const { kind, limit } = event.refusal;
      const error = { error: kind, method: event.method };
      return limit === undefined ? error : { ...error, limit: limit.name };
    }
  }
}

/** What was said, but for whether heads will be given out again. */
export const meaning = (all: readonly Said[]): unknown[] =>
  all.map((one) => {
    if (!("head" in one)) return one;
    const { slot: _slot, ...head } = one.head;
    return { ...one, head };
  });

function add(all: Said[], next: Said): void {
  const before = all.at(-1);
  if (before !== undefined && "body" in before && "body" in next) {
    all[all.length - 1] = { body: before.body + next.body };
  } else all.push(next);
}

/**
 * Everything that is said about `pieces`, pushed one after the other. Throws when the parser goes
 * on talking for longer than the octets it was given could account for. With `heads` the parser
 * shares that memory with others.
 */
export function transcript(
  pieces: readonly Uint8Array[],
  limits: Limits = defaultLimits,
  heads?: RequestHeadCache,
): Said[] {
  const parser = new RequestParser(limits, heads);
  const events: ParserEvent[] = [];
  let octets = 0;
  for (const piece of pieces) {
    octets += piece.length;
    parser.push(piece);
    for (;;) {
      const event = parser.next();
      if (event.kind === "need-data") break;
      events.push(event);
      if (event.kind === "error") break;
      // A head or an octet of body, and an end: never more than two events for an octet.
      if (events.length > 2 * octets + 2) throw new Error("the parser does not come to an end");
    }
  }
  // Only now is anything looked at: what was said early must still be true.
  const all: Said[] = [];
  for (const event of events) {
    if (event.kind !== "need-data") add(all, said(event));
    if (event.kind === "error") break;
  }
  return all;
}

/** What is said about `text` when it comes in one piece. */
export function read(text: string, limits: Limits = defaultLimits): Said[] {
  return transcript([latin1Bytes(text)], limits);
}

/** The head of the one request in `text`; throws when there is none. */
export function headOf(text: string, limits: Limits = defaultLimits): Http1RequestHead {
  const parser = new RequestParser(limits);
  parser.push(latin1Bytes(text));
  const event = parser.next();
  if (event.kind !== "head") throw new Error(JSON.stringify(event));
  return event.head;
}

/** The last thing said about `text`, if it is an error: its kind; else "accepted". */
export function refusal(text: string, limits: Limits = defaultLimits): string {
  const last = read(text, limits).at(-1);
  return last !== undefined && "error" in last ? last.error : "accepted";
}

/** Octet by octet. */
export function singly(octets: Uint8Array): Uint8Array[] {
  return Array.from(octets, (octet) => Uint8Array.of(octet));
}

/** `octets` cut at `places`, which may be in any order, repeated, or beyond the end. */
export function cut(octets: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (octets.length + 1)).toSorted((a, b) => a - b);
  const edges = [0, ...sorted, octets.length];
  return edges.slice(1).map((edge, i) => octets.subarray(edges[i], edge));
}

/** The default limits with some of them changed, without asking whether they go together. */
export function limitsWith(changes: Partial<Record<keyof Limits, number>>): Limits {
  return { ...defaultLimits, ...changes } as Limits;
}
