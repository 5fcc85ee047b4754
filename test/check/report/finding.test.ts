import { expect, test } from "bun:test";

import { asidesOf, findingsOf, proseOf } from "../../../src/check/report/finding.ts";
import { strengths } from "../../../src/check/script/script.ts";
import { failed, held, scriptOf } from "./sample.ts";

const script = scriptOf("s/a.wire", ["may", "should", "must"]);
const phases = [failed, failed, failed];
const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);

test("findings are in the order of their strength; another server's may is a taste", () => {
  const column = { server: "a:80", outcomes };
  const found = strengths.flatMap((strength) => findingsOf(strength, [script], column));
  expect(found.map(({ phase, taste }) => [phase.strength, taste])).toEqual([
    ["must", false],
    ["should", false],
    ["may", true],
  ]);
  const own = { server: "postern", own: true as const, outcomes };
  expect(findingsOf("may", [script], own)[0]?.taste).toBe(false);
});

test("a phase without prose of its own has that under the title", () => {
  const [phase] = script.phases;
  if (phase === undefined) throw new Error("no phase");
  expect(proseOf(script, phase)).toEqual(['About s/a.wire & "more".']);
  expect(proseOf({ ...script, prose: new Map([[phase.line, ["Own."]]]) }, phase)).toEqual(["Own."]);
});

test("an expectation with a strength of its own is a finding of that strength, or held", () => {
  const [phase] = script.phases;
  if (phase === undefined) throw new Error("no phase");
  const own = { strength: "must", references: ["RFC 9110 §6.6.1"] } as const;
  const failure = { line: 7, expected: "the field Date", came: "no Date" };
  const result = {
    ...held,
    asides: [
      { line: 7, own, failure },
      { line: 8, own },
    ],
  };
  expect(asidesOf(script, phase, result)).toMatchObject([
    { title: "P1: line 7 (RFC 9110 §6.6.1, must)", finding: { phase: own, outcome: { failure } } },
    { title: "P1: line 8 (RFC 9110 §6.6.1, must)" },
  ]);
  const outcome = { kind: "played" as const, phases: [result, held, held], replays: 0 };
  const column = { server: "a:80", outcomes: new Map([[script, outcome]]) };
  expect(findingsOf("must", [script], column)).toHaveLength(1);
  expect(findingsOf("may", [script], column)).toEqual([]);
  expect(findingsOf("must", [script], { ...column, counted: ["may"] })).toEqual([]);
});
