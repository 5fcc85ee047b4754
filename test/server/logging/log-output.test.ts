import { describe, expect, test } from "bun:test";

import type { BunFile } from "bun";

import { milliseconds, bytes } from "../../../src/base/units.ts";
import { LogOutput } from "../../../src/server/logging/log-output.ts";
import { StandardStream } from "../../../src/system/standard-streams.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

/** A standard stream whose reader takes a write when the test says so. */
function slowStream(): { stream: StandardStream; written: string[]; read: () => Promise<void> } {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const writer = {
    write: (text: string | Uint8Array): number => {
      written.push(typeof text === "string" ? text : Buffer.from(text).toString());
      return text.length;
    },
    flush: () => new Promise<number>((resolve) => waiting.push(() => resolve(0))),
  };
  const read = async (): Promise<void> => {
    waiting.shift()?.();
    await Bun.sleep(0);
  };
  return {
    stream: new StandardStream({ writer: () => writer } as unknown as BunFile),
    written,
    read,
  };
}

describe("a log whose reader is slow", () => {
  const limits = {
    logQueueBytesMax: bytes(20),
    logDropsTimeMs: milliseconds(1000),
    logDropsIntervalMs: milliseconds(60_000),
    logStallTimeMs: milliseconds(20),
  };

  test("drops the lines that the queue has no room for, and says how many", async () => {
    const { stream, written, read } = slowStream();
    const clock = new FakeClock();
    const said: string[] = [];
    const output = new LogOutput(limits, clock, stream, (text) => said.push(text));
    void output.write("first one\n");
    void output.write("second\n");
    expect(stream.queued).toBe(17);
    void output.write("third\nand fourth\n");
    void output.write("5.\n");
    void output.write("6.\n");
    expect(stream.queued).toBe(20);
    clock.advance(999);
    expect(said).toEqual([]);
    clock.advance(1);
    expect(said).toEqual(["3 lines of the access log were dropped: its reader is too slow"]);
    await read();
    await read();
    expect(written).toEqual(["first one\n", "second\n5.\n"]);
    expect(stream.queued).toBe(0);
    void output.write("much more than the queue holds\n");
    await read();
    expect(written.at(-1)).toBe("much more than the queue holds\n");
    clock.advance(5000);
    expect(said).toHaveLength(1);
  });

  test("ends without a reader that takes nothing, and says what was lost", async () => {
    const { stream } = slowStream();
    const said: string[] = [];
    const output = new LogOutput(limits, new FakeClock(), stream, (text) => said.push(text));
    void output.write("first\n");
    void output.write("second\n");
    void output.write("third\n");
    await output.end();
    expect(said).toEqual(["2 lines of the access log were dropped: its reader is too slow"]);
  });

  test("ends when a reader that goes on reading has all of it", async () => {
    const { stream, written, read } = slowStream();
    const said: string[] = [];
    const output = new LogOutput(limits, new FakeClock(), stream, (text) => said.push(text));
    void output.write("first\n");
    void output.write("second\n");
    const ended = output.end();
    await Bun.sleep(10);
    await read();
    await Bun.sleep(10);
    await read();
    await ended;
    expect(written).toEqual(["first\n", "second\n"]);
    expect(said).toEqual([]);
  });

  test("says it soon, and then once a minute, for as long as lines are dropped", () => {
    const { stream } = slowStream();
    const clock = new FakeClock();
    const said: string[] = [];
    const output = new LogOutput(limits, clock, stream, (text) => said.push(text));
    output.lost(1, "the disk is full");
    clock.advance(1000);
    expect(said).toEqual(["1 line of the access log was dropped: the disk is full"]);
    output.lost(2, "the disk is full");
    clock.advance(59_999);
    output.lost(3, "the disk is full");
    expect(said).toHaveLength(1);
    clock.advance(1);
    expect(said[1]).toBe("5 lines of the access log were dropped: the disk is full");
    // A minute without a dropped line: the next one is told of soon again.
    clock.advance(60_000);
    output.lost(1, "the disk is full");
    clock.advance(1000);
    expect(said).toHaveLength(3);
  });
});
