import { describe, expect, test } from "bun:test";

import { ReadProgress } from "../../../src/server/connection/read-progress.ts";

const rate = { writeBytesPerSecondMin: 256 };

/** What checks at each second find, when the kernel holds `queued` at one after the other. */
function checks(queued: readonly (number | undefined)[], stepMs = 1000): string[] {
  const progress = new ReadProgress(rate);
  return queued.map((octets, i) => progress.check(octets, 5000 + i * stepMs));
}

describe("a client that is sent octets", () => {
  test("has nothing to be compared with at the first check", () => {
    expect(checks([1_000_000])).toEqual(["first"]);
    expect(checks([undefined])).toEqual(["first"]);
  });

  test("reads at the least rate, or faster", () => {
    expect(checks([1000, 744, 488, 0])).toEqual(["first", "reads", "reads", "reads"]);
  });

  test("has stalled when it reads more slowly, nothing, or is sent more than it reads", () => {
    expect(checks([1000, 745])).toEqual(["first", "stalled"]);
    expect(checks([1000, 1000])).toEqual(["first", "stalled"]);
    expect(checks([1000, 1100])).toEqual(["first", "stalled"]);
  });

  test("has to read an octet at least, however soon the checks follow each other", () => {
    expect(checks([1000, 1000], 0)).toEqual(["first", "stalled"]);
    expect(checks([1000, 999], 0)).toEqual(["first", "reads"]);
  });

  test("has stalled where the kernel can't tell, now or at the check before", () => {
    expect(checks([1000, undefined, 0])).toEqual(["first", "stalled", "stalled"]);
  });

  test("is compared with the check before, and not with the first", () => {
    expect(checks([10_000, 5000, 5000])).toEqual(["first", "reads", "stalled"]);
  });

  test("has nothing to be compared with after a restart", () => {
    const progress = new ReadProgress(rate);
    expect(progress.hasBegun).toBe(false);
    progress.check(1000, 0);
    expect(progress.hasBegun).toBe(true);
    progress.restart();
    expect(progress.hasBegun).toBe(false);
    expect(progress.check(1000, 1000)).toBe("first");
    expect(progress.check(0, 2000)).toBe("reads");
  });
});
