import { expect, test } from "bun:test";

import { brokenBefore, closedEarly, outcomeOf } from "../../../src/check/blame/outcome.ts";

test("a phase held, failed, or could not be played, with the reason", () => {
  const failure = { line: 3, expected: "status 200", came: "HTTP/1.1 404 Not Found" };
  expect(outcomeOf(undefined)).toEqual({ kind: "held" });
  expect(outcomeOf(failure)).toEqual({ kind: "failed", failure });
  for (const end of [brokenBefore, closedEarly]) {
    expect(outcomeOf(end)).toEqual({ kind: "not-played", reason: end.obstacle });
  }
});

test("one that needs what no phase saved is not played", () => {
  const failure = {
    line: 3,
    expected: "{{tag}}",
    came: "nothing was saved",
    unsaved: true,
  } as const;
  expect(outcomeOf(failure)).toEqual({
    kind: "not-played",
    reason: "{{tag}}: nothing was saved",
  });
});
