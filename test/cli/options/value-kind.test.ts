import { describe, expect, test } from "bun:test";

import {
  path,
  readTimeMs,
  secondsText,
  sizeText,
  text,
  timeMsText,
  truth,
  whole,
  wholeText,
  word,
  wordList,
} from "../../../src/cli/options/value-kind.ts";

describe("a flag's whole number", () => {
  test.each([
    ["0", 0],
    ["100", 100],
    ["007", 7],
    ["101", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["1e1", undefined],
    ["0x1", undefined],
    [" 1", undefined],
    ["", undefined],
  ])("%j is read in decimal digits, up to its maximum", (given, value) => {
    expect(wholeText("N", "a number", 100).read(given)).toBe(value);
  });
});

describe("a flag's size", () => {
  test.each([
    ["0", 0],
    ["4095", 4095],
    ["10k", 10_240],
    ["10K", 10_240],
    ["3M", 3 * 1024 * 1024],
    ["1G", 1_073_741_824],
    ["2G", undefined],
    ["1073741825", undefined],
    ["1.5M", undefined],
    ["10kB", undefined],
    ["10 k", undefined],
    ["-1k", undefined],
    ["k", undefined],
    ["", undefined],
  ])("%j is in bytes, or in units of powers of 1024, up to its maximum", (given, value) => {
    expect(sizeText(1024 ** 3).read(given)).toBe(value);
  });
});

describe("a flag's time", () => {
  test.each([
    ["0", 0],
    ["90", 90_000],
    ["0.25", 250],
    ["1.5s", 1500],
    ["500ms", 500],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["604800", 604_800_000],
    ["604801", undefined],
    ["8d", undefined],
    ["5M", undefined],
    ["5min", undefined],
    ["5 m", undefined],
    ["1h30m", undefined],
    ["1e3", undefined],
    [".5", undefined],
    ["5.", undefined],
    ["-1s", undefined],
    ["m", undefined],
    ["", undefined],
  ])("%j is in seconds, or in ms, s, m, h or d, up to its maximum", (given, timeMs) => {
    expect(readTimeMs(given, 604_800_000)).toBe(timeMs);
    expect(timeMsText(604_800_000, "7d").read(given)).toBe(timeMs);
  });

  test("may have to be whole seconds", () => {
    const { read } = secondsText(86_400);
    expect(["10", "2m", "3000ms", "1d", "0"].map(read)).toEqual([10, 120, 3, 86_400, 0]);
    for (const given of ["1.5", "500ms", "86401", "2d"]) expect(read(given)).toBeUndefined();
  });
});

test("a configuration's whole number is a number from 0 to its maximum", () => {
  const kind = whole("a number", undefined, 100);
  expect([0, 100].map((value) => kind.fault(value, "n"))).toEqual([undefined, undefined]);
  for (const value of [-1, 101, 1.5, Number.NaN, "1"]) {
    expect(kind.fault(value, "n")?.text).toStartWith("expected a number, got ");
  }
});

describe("one of a few words", () => {
  const kind = word("WHICH", ["left", "right"]);

  test("is that word, in a configuration and on the command line", () => {
    expect(kind.fault("left", "side")).toBeUndefined();
    expect(kind.fault("up", "side")?.text).toBe('expected one of "left", "right", got "up"');
    expect(kind.text).toMatchObject({ choices: ["left", "right"], expected: "one of left, right" });
  });

  test("is listed in the help with its note", () => {
    expect(wordList(["left", "right"], { right: "default" })).toBe("left, right (default)");
  });
});

test("a path is resolved unless it is none", () => {
  const kind = path("a path", (value) => !value.includes("\n"));
  expect(kind.resolvePaths?.("a", (one) => `/etc/${one}`)).toBe("/etc/a");
  expect(kind.resolvePaths?.("a\nb", (one) => `/etc/${one}`)).toBe("a\nb");
});

/** `value` as a message shows it. */
function shown(value: unknown): string | undefined {
  return truth.fault(value, "a")?.text.replace("expected true or false, got ", "");
}

describe("a message", () => {
  test("shows a value in one line, whatever it is", () => {
    expect([undefined, null, [], {}, 5n, "a\nb"].map(shown)).toEqual([
      "none",
      "null",
      "a list",
      "an object",
      "5",
      '"a\\nb"',
    ]);
  });

  test("shows the beginning of a text that is too long for a line", () => {
    const fault = whole("a port").fault("x".repeat(500), "port");
    expect(fault?.text).toEndWith(`, got "${"x".repeat(60)}"…`);
    expect(text("a name").fault("x".repeat(500), "name")).toBeUndefined();
  });
});
