import { describe, expect, test } from "bun:test";

import { PacedLine, shareOctets, spanMs } from "../../src/schedule/pace.ts";

/**
 * How many octets a line of `bytesPerSecond` carries until `endMs` to one that always has more, and
 * comes `lateMs` after each moment at which there is room.
 */
function carried(bytesPerSecond: number, endMs: number, lateMs = 0, pieceMax = Infinity): number {
  const line = new PacedLine(bytesPerSecond);
  let octets = 0;
  for (let nowMs = 0; nowMs < endMs;) {
    const room = Math.min(line.room(nowMs), pieceMax);
    if (room > 0) {
      line.carry(room, nowMs);
      octets += room;
    } else nowMs = line.freeMs + lateMs;
  }
  return octets;
}

describe("a rate", () => {
  test("is kept by twenty shares in a second, of an octet or more", () => {
    expect(shareOctets(200_000)).toBe(10_000);
    expect(shareOctets(19)).toBe(1);
    expect(shareOctets(Infinity)).toBe(Infinity);
    expect(spanMs(10_000, 200_000)).toBe(50);
    expect(spanMs(10_000, Infinity)).toBe(0);
  });
});

describe("a line", () => {
  test.each([1000, 187_500, 1_125_000, 125_000_000])("carries %d octets per second", (rate) => {
    const octets = carried(rate, 10_000);
    expect(octets / (rate * 10)).toBeCloseTo(1, 2);
  });

  test.each([1, 60, 300, 900])("makes up for %d ms by which it is given octets late", (lateMs) => {
    // The last time that it was late isn't made up for yet.
    const octets = carried(200_000, 10_000, lateMs);
    expect(octets).toBeGreaterThan(2_000_000 - (lateMs + 60) * 200);
    expect(octets).toBeLessThanOrEqual(2_010_000);
  });

  test("is as fast for one who has small pieces", () => {
    expect(carried(200_000, 10_000, 60, 300) / 2_000_000).toBeCloseTo(1, 1);
  });

  test("catches up on one second at most", () => {
    const line = new PacedLine(1000);
    line.carry(line.room(0), 0);
    expect(line.room(1)).toBe(0);
    expect(line.isAwaited).toBe(true);
    let octets = 0;
    for (let room = line.room(60_000); room > 0; room = line.room(60_000)) {
      line.carry(room, 60_000);
      octets += room;
    }
    expect(octets).toBe(1050);
  });

  test("saves no time while it stands idle", () => {
    const line = new PacedLine(1000);
    for (const nowMs of [1000, 5000, 60_000]) {
      expect(line.room(nowMs)).toBe(50);
      line.carry(50, nowMs);
      expect(line.room(nowMs)).toBe(0);
      expect(line.freeMs).toBe(nowMs + 50);
      line.carry(line.room(nowMs + 50), nowMs + 50);
    }
  });

  test("can be held back", () => {
    const line = new PacedLine(1000);
    line.holdUntil(150);
    line.holdUntil(100);
    expect(line.room(149)).toBe(0);
    expect(line.room(150)).toBe(50);
  });
});
