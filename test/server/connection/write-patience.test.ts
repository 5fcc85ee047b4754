import { describe, expect, test } from "bun:test";

import { WritePatience } from "../../../src/server/connection/write-patience.ts";
import { limitsWith } from "../../http1/transcript.ts";

const limits = limitsWith({
  writeTimeMs: 60_000,
  writeTimeScarceMs: 10_000,
  unreadScarceBytes: 1000,
});

describe("how long a client may pause", () => {
  test("is writeTimeMs while half of the connections is free, then less, and least at the last", () => {
    const times = [0, 0.5, 0.75, 1, 2].map((share) =>
      new WritePatience(() => share).timeMs(limits),
    );
    expect(times).toEqual([60_000, 60_000, 35_000, 10_000, 10_000]);
  });

  test("shrinks with the octets that are not read, too, and grows when they are gone", () => {
    const patience = new WritePatience(() => 0);
    patience.hold(750);
    expect(patience.timeMs(limits)).toBe(35_000);
    patience.hold(5000);
    expect(patience.timeMs(limits)).toBe(10_000);
    patience.hold(-5750);
    expect(patience.timeMs(limits)).toBe(60_000);
  });

  test("is never longer because things are scarce", () => {
    const short = limitsWith({ writeTimeMs: 100 });
    const times = [0, 1].map((share) => new WritePatience(() => share).timeMs(short));
    expect(times).toEqual([100, 100]);
    expect(new WritePatience(() => 0).earnedMsMax(short)).toBe(0);
  });

  test("may be earned five times more by reading, and not when things are scarce", () => {
    const earned = [0, 0.75, 1].map((share) => new WritePatience(() => share).earnedMsMax(limits));
    expect(earned).toEqual([250_000, 125_000, 0]);
  });
});
