import { describe, expect, test } from "bun:test";

import { serve } from "../../../index.ts";
import { defaultLimits } from "../../../src/base/limits.ts";
import { readLineSpeed } from "../../../src/server/throttle/line-speed.ts";

describe("the speed of a line", () => {
  test.each<readonly [text: string, bytesPerSecond: number, latencyMs: number]>([
    ["3g", 200_000, 150],
    ["3G", 200_000, 150],
    ["4g", 1_125_000, 170],
    ["dsl", 187_500, 50],
    ["1.6Mbit/150ms", 200_000, 150],
    ["1600kbit/150ms", 200_000, 150],
    ["200kB", 200_000, 0],
    ["2MB/10000ms", 2_000_000, 10_000],
    ["1kb", 1000, 0],
    ["56kbit/0ms", 7000, 0],
  ])("is written %s", (text, bytesPerSecond, latencyMs) => {
    expect(readLineSpeed(text, defaultLimits)).toEqual({
      ok: true,
      value: { bytesPerSecond, latencyMs },
    });
  });

  test.each(["", "2g", "5g", "100", "1.6 Mbit", "1.6Mbit/150", "/150ms", "-1kB", "1e3kB", "1.kB"])(
    "is not written %j",
    (text) => {
      const expected = "3g, 4g, dsl, or a rate and a latency such as 1.6Mbit/150ms or 200kB";
      expect(readLineSpeed(text, defaultLimits)).toEqual({
        ok: false,
        error: `the line must be ${expected}, not ${text}`,
      });
    },
  );

  test("has bounds", () => {
    expect(readLineSpeed("7.999kbit", defaultLimits)).toEqual({
      ok: false,
      error: "a line carries at least 1000 bytes per second, not 7.999kbit",
    });
    expect(readLineSpeed("3g/1ms", defaultLimits).ok).toBe(false);
    expect(readLineSpeed("1MB/10001ms", defaultLimits)).toEqual({
      ok: false,
      error: "a line's latency is at most 10000 ms, not 1MB/10001ms",
    });
    const limits = { ...defaultLimits, writeBytesPerSecondMin: defaultLimits.sendPieceBytes };
    expect(readLineSpeed("8kB", limits).ok).toBe(false);
  });

  test("is refused at the start when it is none", () => {
    expect(serve({ files: {}, throttle: "slow" })).rejects.toMatchObject({ code: "throttle" });
  });
});
