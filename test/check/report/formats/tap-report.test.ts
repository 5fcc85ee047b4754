import { expect, test } from "bun:test";

import { reportTap } from "../../../../src/check/report/formats/tap-report.ts";
import { column, failed, first, scriptOf, second } from "../sample.ts";

test("TAP has a point for each phase, a should as to do, an unplayed script as skipped", () => {
  const lines = reportTap([first, second], [column]).split("\n");
  expect(lines.slice(0, 3)).toEqual(["TAP version 14", "1..4", "ok 1 - P1 (RFC 9110 §9, must)"]);
  expect(lines[3]).toBe("not ok 2 - P2 (RFC 9110 §9, should) # todo a should");
  expect(lines[4]).toBe("  ---");
  expect(lines).toContain('  message: "expected this; came that <b>"');
  expect(lines).toContain('  at: "one/first.wire:9"');
  expect(lines).toContain('    - "> GET /<a> HTTP/1.1"');
  expect(lines.at(-2)).toBe("ok 4 - two/second.wire # skip needs its own tree");
});

test("TAP lets no title begin a directive, and fails a must and a server that is away", () => {
  const script = scriptOf("s/a.wire", ["must"]);
  const [phase] = script.phases;
  if (phase === undefined) throw new Error("no phase");
  const titled = { ...script, phases: [{ ...phase, title: "x # SKIP" }] };
  const outcomes = new Map([[titled, { kind: "played" as const, phases: [failed], replays: 0 }]]);
  expect(reportTap([titled], [{ server: "a:80", outcomes }])).toContain(
    "not ok 1 - x \\# SKIP (RFC 9110 §9, must)\n",
  );
  const away = { server: "b:80", unreachable: "ECONNREFUSED", outcomes: new Map() };
  expect(reportTap([script], [away])).toContain("not ok 1 - b:80 is reached\n# not reached: ECONN");
});
