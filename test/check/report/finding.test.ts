import { expect, test } from "bun:test";

import { allFindings, findingsOf, proseOf } from "../../../src/check/report/finding.ts";
import { failed, scriptOf } from "./sample.ts";

const script = scriptOf("s/a.wire", ["may", "should", "must"]);
const phases = [failed, failed, failed];
const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);

test("findings are in the order of their strength; another server's may is a taste", () => {
  const found = allFindings([script], { server: "a:80", outcomes });
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
