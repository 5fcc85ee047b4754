import { expect, test } from "bun:test";

import { counted, summary } from "../../../src/check/report/summary.ts";
import { column, failed, first, scriptOf, second } from "./sample.ts";

test("a server's line has musts first, and what was not played", () => {
  expect(summary([first, second], column)).toBe(
    "a:80: every must held (1/1), should 0/2, may 0/0, 1 script not played",
  );
  const script = scriptOf("s/a.wire", ["must"]);
  const outcomes = new Map([[script, { kind: "played" as const, phases: [failed], replays: 0 }]]);
  expect(summary([script], { server: "b", outcomes })).toBe(
    "b: 1 must FAILED (0/1), should 0/0, may 0/0",
  );
});

test("a server on which nothing was played does not look as if all had held", () => {
  expect(summary([first], { server: "b", outcomes: new Map() })).toBe("b: nothing was played");
  const away = { server: "b", unreachable: "ECONNREFUSED", outcomes: new Map() };
  expect(summary([first], away)).toBe("b: not reached");
});

test("one thing has no plural", () => {
  expect([counted(1, "script"), counted(2, "script")]).toEqual(["1 script", "2 scripts"]);
});
