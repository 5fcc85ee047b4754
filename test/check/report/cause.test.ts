import { expect, test } from "bun:test";

import type { PhaseOutcome } from "../../../src/check/blame/outcome.ts";
import { Traits } from "../../../src/check/blame/traits.ts";
import type { HttpResponse } from "../../../src/check/play/response-reader.ts";
import { allCauses, causesOf } from "../../../src/check/report/cause.ts";
import type { Column } from "../../../src/check/report/column.ts";
import { findingsOf } from "../../../src/check/report/finding.ts";
import { scriptOf } from "./sample.ts";

function answer(status: number, ...names: readonly string[]): HttpResponse {
  const fields = names.map((name) => ({ name, value: "x" }));
  return { version: "HTTP/1.1", status, reason: "", fields, trailers: [], body: new Uint8Array(0) };
}

function failedBy(expected: string, came: string, response?: HttpResponse): PhaseOutcome {
  const of = response === undefined ? {} : { response };
  return { kind: "failed", failure: { line: 9, expected, came, ...of } };
}

const script = scriptOf("s/a.wire", ["must", "must", "must", "must"]);

function titles(traits: Traits, ...phases: readonly PhaseOutcome[]): readonly string[] {
  const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);
  const column: Column = { server: "a:80", outcomes, traits };
  return causesOf(findingsOf("must", [script], column), column).map(
    ({ title, findings }) => `${findings.length} ${title ?? "-"}`,
  );
}

test("a field that no answer had is one cause, and one that some had is none", () => {
  const traits = new Traits();
  const lacks = failedBy("the field ETag", "no ETag", answer(200));
  expect(titles(traits, lacks, lacks)).toEqual(["2 never sends ETag"]);
  traits.note(answer(200, "ETag"));
  expect(titles(traits, lacks, lacks)).toEqual(["2 -"]);
});

test("conditions that are never evaluated are one cause", () => {
  const traits = new Traits();
  const unmodified = failedBy("status 304", "HTTP/1.1 200 OK", answer(200));
  const failing = failedBy("status 412", "HTTP/1.1 200 OK", answer(200));
  expect(titles(traits, unmodified, failing)).toEqual(["2 ignores conditional requests"]);
  traits.note(answer(304));
  expect(titles(traits, unmodified, failing)).toEqual(["1 -", "1 never answers 412"]);
});

test("the same status in place of the same one, for one requirement, is one cause from three on", () => {
  const wrong = failedBy("status 400", "HTTP/1.1 200 OK", answer(200));
  expect(titles(new Traits(), wrong, wrong)).toEqual(["2 -"]);
  expect(titles(new Traits(), wrong, wrong, wrong)).toEqual([
    "3 answers 200 where RFC 9110 §9 asks for 400",
  ]);
});

test("of postern nothing is supposed: each script's findings are its own", () => {
  const phases = [failedBy("the field ETag", "no ETag", answer(200))];
  const outcomes = new Map([[script, { kind: "played" as const, phases, replays: 0 }]]);
  const own = { server: "postern", own: true as const, outcomes, traits: new Traits() };
  expect(allCauses([script], own)).toMatchObject([{ findings: [{}] }]);
  expect(allCauses([script], own)[0]).not.toHaveProperty("title");
});
