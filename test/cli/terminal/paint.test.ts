import { describe, expect, test } from "bun:test";

import { choosePaint, plainPaint } from "../../../src/cli/terminal/paint.ts";

describe("colours", () => {
  test.each<readonly [isTerminal: boolean, environment: Record<string, string>, on: boolean]>([
    [true, {}, true],
    [true, { TERM: "xterm-256color" }, true],
    [true, { TERM: "dumb" }, false],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { NO_COLOR: "1", FORCE_COLOR: "1" }, true],
    [true, { FORCE_COLOR: "0" }, false],
    [true, { FORCE_COLOR: "false" }, false],
    [true, { FORCE_COLOR: "" }, true],
    [false, {}, false],
    [false, { TERM: "xterm" }, false],
    [false, { FORCE_COLOR: "1" }, true],
    [false, { FORCE_COLOR: "true", TERM: "dumb" }, true],
    [false, { FORCE_COLOR: "0" }, false],
  ])("a terminal: %p, with %p: %p", (isTerminal, environment, on) => {
    expect(choosePaint(isTerminal, environment) !== undefined).toBe(on);
  });

  test("begin and end by themselves", () => {
    const paint = choosePaint(true, {});
    expect(paint?.("red", "a")).toBe("\u001b[31ma\u001b[39m");
    expect(paint?.("bold", "a")).toBe("\u001b[1ma\u001b[22m");
    expect(plainPaint("red", "a")).toBe("a");
  });
});
