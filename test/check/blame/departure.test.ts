import { expect, test } from "bun:test";

import { departuresOf } from "../../../src/check/blame/departure.ts";
import type { Behind } from "../../../src/check/blame/notes.ts";
import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import type { Column } from "../../../src/check/report/column.ts";
import { held, scriptOf } from "../report/sample.ts";

const script = scriptOf("s/a.wire", ["must", "may", "should"]);

function columnOf(...phases: readonly PhaseOutcome[]): Column {
  return { server: "a:80", outcomes: new Map([[script, { kind: "played", phases, replays: 0 }]]) };
}

function behind(closed: boolean, of: Partial<Behind> = {}): Behind {
  const answer = { version: "HTTP/1.1", status: 200, toHead: false, announced: true };
  return { line: 7, ...answer, closed, ...of };
}

/** The departures of a server behind whose answers this became of the connections. */
function told(...seen: readonly Behind[]): readonly string[] {
  return departuresOf([script], columnOf({ ...held, behind: seen })).map(
    ({ title, references, strength }) => `${strength}: ${title} (${references.join()})`,
  );
}

test("a server that keeps its connections departs from nothing", () => {
  expect(told(behind(false), behind(false, { status: 404 }))).toEqual([]);
  expect(told()).toEqual([]);
});

const unannounced = { announced: false };
const where = (...seen: readonly Behind[]): string | undefined => told(...seen)[0];

test("one that closes them is told once, with the answers behind which it does", () => {
  const closes = "should: closes the connection behind";
  expect(where(behind(true), behind(true))).toBe(`${closes} every answer (RFC 9112 §9.3)`);
  const error = { status: 404 };
  expect(where(behind(false), behind(true, error))).toBe(`${closes} every error (RFC 9112 §9.3)`);
  const head = { toHead: true };
  expect(where(behind(false), behind(true, head))).toContain("behind every answer to HEAD (");
  const empty = { status: 304 };
  expect(where(behind(false), behind(true, empty))).toContain("every answer without content (");
  const some = [behind(true, unannounced), behind(true, { ...head, ...unannounced })];
  expect(where(behind(false), ...some)).toContain("behind 2 of 3 answers");
});

test("a server of HTTP/1.0 may close them", () => {
  expect(told(behind(true, { version: "HTTP/1.0" }))).toEqual([
    "may: closes the connection behind every answer (RFC 9112 §9.3)",
  ]);
});

test("one that keeps them may close some, if it says so or refuses what it doesn't read", () => {
  const some = [behind(true), behind(true, { toHead: true })];
  expect(told(behind(false), ...some)).toEqual([]);
  const refusals = [400, 413, 431].map((status) => behind(true, { status, ...unannounced }));
  expect(told(behind(false), ...refusals)).toEqual([]);
  const silent = behind(true, { toHead: true, ...unannounced });
  expect(told(behind(false), ...some, silent, ...refusals)).toEqual([
    "should: closes the connection behind 1 of 7 answers (RFC 9112 §9.3)",
    "should: says nothing of it (no Connection: close) behind 1 of 7 answers (RFC 9112 §9.6)",
  ]);
  expect(told(...refusals)).toHaveLength(2);
});

test("one that doesn't say so must, if it never keeps one, and else should", () => {
  expect(told(behind(true, unannounced))[1]).toBe(
    "must: says nothing of it (no Connection: close) behind every answer (RFC 9112 §9.3)",
  );
  expect(told(behind(true, unannounced), behind(false))[1]).toBe(
    "should: says nothing of it (no Connection: close) behind 1 of 2 answers (RFC 9112 §9.6)",
  );
});

test("answers without a Date are one must, with the phases that they touched", () => {
  const [found, more] = departuresOf(
    [script],
    columnOf({ ...held, dateless: [3] }, { ...held, dateless: [8, 9] }, held),
  );
  expect(found).toMatchObject({
    title: "sends answers without a Date",
    references: ["RFC 9110 §6.6.1"],
    strength: "must",
    counts: true,
    touched: [{ line: 3 }, { line: 8 }, { line: 9 }],
  });
  expect(more).toBeUndefined();
});

test("a departure that a phase failed by isn't counted again", () => {
  const failure = { line: 9, expected: "", came: "", closedBehind: true } as const;
  const column = columnOf({ ...held, behind: [behind(true)] }, { kind: "failed", failure });
  expect(departuresOf([script], column)).toMatchObject([{ counts: false }]);
});

test("one whose strength isn't counted isn't told", () => {
  const column = { ...columnOf({ ...held, behind: [behind(true)] }), counted: ["must"] as const };
  expect(departuresOf([script], column)).toEqual([]);
});
