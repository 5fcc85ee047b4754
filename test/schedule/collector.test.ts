import { describe, expect, spyOn, test } from "bun:test";

import { bytes, mebibytes } from "../../src/base/units.ts";
import { ownMemory, Collector } from "../../src/schedule/collector.ts";
import { FakeClock } from "./fake-clock.ts";

/** A process that has `bytes`, of which a collection leaves `live`. */
class FakeMemory {
  bytes = 100;
  live = 100;
  collections = 0;

  residentBytes(): number {
    return this.bytes;
  }

  collect(): void {
    this.collections++;
    this.bytes = this.live;
  }
}

function begin() {
  const [clock, memory] = [new FakeClock(), new FakeMemory()];
  const limits = { collectGrowthBytes: bytes(100), collectProcessBytesMax: bytes(10_000) };
  const server = { turns: 0, connections: 0 };
  const scheduler = { turn: () => ++server.turns, alarm: () => clock };
  const hasConnections = (): boolean => server.connections > 0;
  const collection = new Collector(limits, hasConnections, scheduler, memory);
  return { clock, memory, server, collection };
}

describe("garbage", () => {
  test("is collected when the server has become quiet, once", () => {
    const { clock, memory, server, collection } = begin();
    memory.bytes += 100;
    collection.note();
    server.turns += 100;
    clock.advance(500);
    expect(memory.collections).toBe(0);
    server.turns += 9;
    clock.advance(500);
    expect(memory.collections).toBe(1);
    clock.advance(60_000);
    expect(memory.collections).toBe(1);
  });

  test("is collected while the server is busy, when the process has grown by three times that", () => {
    const { clock, memory, server, collection } = begin();
    server.connections = 1;
    collection.note();
    const busy = (): void => {
      server.turns += 1000;
      clock.advance(500);
    };
    memory.bytes += 299;
    busy();
    busy();
    expect(memory.collections).toBe(0);
    memory.bytes++;
    busy();
    expect(memory.collections).toBe(1);
    memory.bytes += 299;
    busy();
    expect(memory.collections).toBe(1);
  });

  test("is left to the engine in a process that is larger than a server is", () => {
    const { clock, memory, collection } = begin();
    memory.bytes = 10_001;
    collection.note();
    clock.advance(500);
    expect(memory.collections).toBe(0);
    memory.bytes = 10_000;
    collection.note();
    clock.advance(500);
    expect(memory.collections).toBe(1);
  });

  test("is left while the process has grown by less, also since the collection before", () => {
    const { clock, memory, server, collection } = begin();
    server.connections = 1;
    memory.bytes += 99;
    collection.note();
    clock.advance(3000);
    expect(memory.collections).toBe(0);
    memory.bytes++;
    memory.live = 150;
    clock.advance(500);
    expect(memory.collections).toBe(1);
    memory.bytes = 249;
    clock.advance(3000);
    expect(memory.collections).toBe(1);
    memory.bytes++;
    clock.advance(500);
    expect(memory.collections).toBe(2);
  });

  test("is left while a large process has grown by less than an eighth", () => {
    const { clock, memory, server, collection } = begin();
    server.connections = 1;
    [memory.bytes, memory.live] = [4000, 4000];
    collection.note();
    clock.advance(500);
    expect(memory.collections).toBe(1);
    memory.bytes = 4499;
    clock.advance(3000);
    expect(memory.collections).toBe(1);
    memory.bytes = 4500;
    clock.advance(500);
    expect(memory.collections).toBe(2);
  });

  test("is looked for once more after the last connection, and then no more", () => {
    const { clock, server, collection } = begin();
    server.connections = 1;
    collection.note();
    clock.advance(10_000);
    const { alarmsSet } = clock;
    expect(clock.alarmMs).toBeLessThan(Infinity);
    server.connections = 0;
    collection.note();
    clock.advance(60_000);
    expect(clock.alarmsSet).toBe(alarmsSet + 1);
    expect(clock.alarmMs).toBe(Infinity);
  });

  test("of this process is collected, whole and at once", () => {
    const collect = spyOn(Bun, "gc");
    ownMemory.collect();
    expect(collect.mock.calls).toEqual([[true]]);
    collect.mockRestore();
    expect(ownMemory.residentBytes()).toBeGreaterThan(mebibytes(1));
  });
});
