import { describe, expect, test } from "bun:test";

import { logRows, readRotation } from "../../../src/cli/options/log-rows.ts";

describe("a rotation", () => {
  test.each([
    ["10M", { bytes: 10 * 2 ** 20, files: 5 }],
    ["10Mx7", { bytes: 10 * 2 ** 20, files: 7 }],
    ["4096x1", { bytes: 4096, files: 1 }],
    ["4k", { bytes: 4096, files: 5 }],
    ["1gx100", { bytes: 2 ** 30, files: 100 }],
    ["1024G", { bytes: 2 ** 40, files: 5 }],
  ])("%p is a size and a count of files", (text, rotation) => {
    expect(readRotation(text)).toEqual(rotation);
  });

  test.each(["", "M", "10", "4095", "10Mx", "10Mx0", "10Mx101", "1025G", "-1M", "10 M", "10MB"])(
    "%p is none",
    (text) => {
      expect(readRotation(text)).toBeUndefined();
      expect(logRows.logRotate.kind.fault(text, "")).toBeDefined();
      expect(logRows.logRotate.kind.text.read(text)).toBeUndefined();
    },
  );

  test("must be text in a configuration", () => {
    expect(logRows.logRotate.kind.fault(10, "logRotate")?.text).toContain("expected a size");
    expect(logRows.logRotate.kind.fault("10M", "logRotate")).toBeUndefined();
  });
});

test("the log's file is relative to the configuration that names it", () => {
  expect(logRows.logFile.kind.resolvePaths?.("a.log", (path) => `/etc/${path}`)).toBe("/etc/a.log");
});
