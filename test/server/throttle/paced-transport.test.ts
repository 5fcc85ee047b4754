import { describe, expect, test } from "bun:test";

import type { FileSource } from "../../../src/http/message/response.ts";
import { PacedTransport } from "../../../src/server/throttle/paced-transport.ts";
import { WakeUps } from "../../../src/server/throttle/wake-ups.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { FakeFile } from "../fake-client.ts";
import { FakeTransport } from "../fake-transport.ts";

/** A transport over a line, whose connection always has more. */
class Writer {
  readonly clock = new FakeClock(0);
  readonly below = new FakeTransport();
  readonly paced: PacedTransport;
  left = 0;

  constructor(bytesPerSecond: number, latencyMs = 0) {
    const wakeUps = new WakeUps(this.clock, this.clock);
    const speed = { bytesPerSecond, latencyMs };
    this.paced = new PacedTransport(this.below, speed, this.clock, wakeUps);
    this.paced.drained = () => this.write();
  }

  /** Writes what is left, in pieces of 64 KiB, until the transport is full. */
  write(octets = 0): void {
    this.left += octets;
    while (this.left > 0) {
      const piece = new Uint8Array(Math.min(this.left, 65_536));
      const taken = this.paced.write(piece);
      if (taken < 0) return;
      this.left -= taken;
      if (taken < piece.length) return;
    }
  }
}

describe("a throttled transport", () => {
  test.each([1000, 200_000, 1_125_000, 20_000_000])("takes %d octets per second", (rate) => {
    const writer = new Writer(rate);
    writer.write(rate * 60);
    writer.clock.advance(10_000);
    expect(writer.below.taken / (rate * 10)).toBeCloseTo(1, 2);
  });

  test("takes the whole of what is short at once, and no octet twice", () => {
    const writer = new Writer(200_000);
    writer.write(9000);
    expect(writer.below.taken).toBe(9000);
    writer.write(9000);
    expect(writer.below.taken).toBe(9000);
    writer.clock.advance(50);
    expect(writer.below.taken).toBe(18_000);
    expect(writer.left).toBe(0);
    expect(writer.clock.alarmMs).toBe(Infinity);
  });

  test("waits for a round trip before it answers", () => {
    const writer = new Writer(200_000, 150);
    writer.paced.heard();
    writer.write(100);
    writer.clock.advance(149);
    expect(writer.below.taken).toBe(0);
    writer.clock.advance(1);
    expect(writer.below.taken).toBe(100);
    writer.clock.advance(1000);
    writer.write(100);
    expect(writer.below.taken).toBe(200);
  });

  test("counts the round trip from the last octet of the request", () => {
    const writer = new Writer(200_000, 150);
    writer.paced.heard();
    writer.clock.advance(400);
    writer.paced.heard();
    writer.clock.advance(100);
    writer.write(1);
    expect(writer.below.taken).toBe(0);
    writer.clock.advance(50);
    expect(writer.below.taken).toBe(1);
  });

  test("isn't held up by what comes while it answers", () => {
    const writer = new Writer(200_000, 150);
    writer.write(40_000);
    writer.clock.advance(60);
    writer.paced.heard();
    writer.clock.advance(140);
    expect(writer.below.taken).toBe(40_000);
  });

  test("waits for a client that is slower, and catches up on nothing", () => {
    const writer = new Writer(200_000);
    writer.below.room = 5000;
    writer.write(100_000);
    writer.clock.advance(10_000);
    expect(writer.below.taken).toBe(5000);
    writer.below.room = Infinity;
    writer.write();
    expect(writer.below.taken).toBe(15_000);
  });

  test("says that the client is gone", () => {
    const writer = new Writer(200_000);
    writer.below.broken = true;
    expect(writer.paced.write(new Uint8Array(9))).toBe(-1);
    expect(writer.paced.writeMore(new Uint8Array(9))).toBe(-1);
  });

  test.each(["close", "terminate"] as const)("leaves no timer after %s", (how) => {
    const writer = new Writer(200_000);
    writer.write(100_000);
    expect(writer.clock.alarmMs).toBeLessThan(Infinity);
    writer.paced[how]();
    expect(writer.below.calls).toEqual([how]);
    expect(writer.clock.alarmMs).toBe(Infinity);
  });
});

describe("a file over a slow line", () => {
  const handle = Object.freeze({}) as unknown as FileSource["handle"];

  /** A file that the kernel can send. */
  function carried(size: number): FileSource {
    return Object.assign(new FakeFile(size), { handle }) as FileSource;
  }

  test("is sent by the kernel, as much as the line carries", () => {
    const writer = new Writer(200_000);
    const file = carried(100_000);
    writer.below.carries = true;
    expect(writer.paced.sendFile(file, 0, 100_000)).toBe(10_000);
    expect(writer.paced.sendFile(file, 10_000, 90_000)).toBe(-1);
    writer.clock.advance(50);
    expect(writer.paced.sendFile(file, 10_000, 90_000)).toBe(10_000);
    writer.clock.advance(500);
    expect(writer.paced.sendFile(file, 100_000, 1)).toBe(0);
  });

  test("is read where the kernel can't", () => {
    const writer = new Writer(200_000);
    expect(writer.paced.sendFile(carried(9), 0, 9)).toBeUndefined();
    expect(writer.paced.write(new Uint8Array(9))).toBe(9);
  });

  test("waits for a client that is slower, or is gone", () => {
    const writer = new Writer(20_000_000);
    const file = carried(3_000_000);
    writer.below.carries = true;
    writer.below.room = 1_500_000;
    expect(writer.paced.sendFile(file, 0, 3_000_000)).toBe(1_000_000);
    writer.clock.advance(60);
    expect(writer.paced.sendFile(file, 1_000_000, 2_000_000)).toBe(500_000);
    writer.clock.advance(60);
    expect(writer.paced.sendFile(file, 1_500_000, 1_500_000)).toBe(-1);
  });
});
