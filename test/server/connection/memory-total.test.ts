import { describe, expect, test } from "bun:test";

import { kibibytes, mebibytes } from "../../../src/base/units.ts";
import { MemoryTotal } from "../../../src/server/connection/memory-total.ts";
import { IncomingBody } from "../../../src/server/connection/request-body.ts";

const max = mebibytes(1);
const half = max / 2;

/** A body without a length that is gathered in `memory`, and what fills it. */
function gathered(memory: MemoryTotal): {
  readonly body: IncomingBody;
  readonly deliver: (octets: number) => Promise<void>;
} {
  const body = new IncomingBody(undefined, {
    wanted: () => undefined,
    take: (octets, before) => memory.take(octets, before, max),
    release: (octets) => memory.release(octets),
    hold: (octets, before) => memory.hold(octets, before),
  });
  const deliver = async (octets: number): Promise<void> => {
    body.deliver(new Uint8Array(octets));
    await Bun.sleep(0);
  };
  return { body, deliver };
}

describe("the memory of all bodies", () => {
  test("is bounded together, and what is given back can be taken again", () => {
    const memory = new MemoryTotal();
    expect(memory.take(half, 0, max)).toBe(true);
    expect(memory.take(half, 0, max)).toBe(true);
    expect(memory.take(half, 0, max)).toBe(false);
    expect(memory.octets).toBe(max);
    memory.release(half);
    expect(memory.take(half, 0, max)).toBe(true);
  });

  test("counts a buffer that grows once, and small ones not at all", () => {
    const memory = new MemoryTotal();
    expect(memory.take(kibibytes(16), 0, max)).toBe(true);
    expect(memory.octets).toBe(0);
    expect(memory.take(half, kibibytes(16), max)).toBe(true);
    expect(memory.take(max, half, max)).toBe(true);
    expect(memory.octets).toBe(max);
    expect(memory.take(kibibytes(16), 0, max)).toBe(true);
    memory.release(max);
    expect(memory.octets).toBe(0);
  });

  test("is granted to a body that is alone, however large it is", () => {
    const memory = new MemoryTotal();
    expect(memory.take(half, 0, max)).toBe(true);
    expect(memory.take(4 * max, half, max)).toBe(true);
    expect(memory.take(half, 0, max)).toBe(false);
  });
});

describe("a body that nothing reads", () => {
  test("counts what has arrived of it, more or less, until its exchange is over", () => {
    const memory = new MemoryTotal();
    const { body } = gathered(memory);
    for (const octets of [half, 2 * max, half, kibibytes(16), half]) {
      body.waitWith(octets);
      expect(memory.octets).toBe(octets === kibibytes(16) ? 0 : octets);
    }
    body.release();
    expect(memory.octets).toBe(0);
    body.waitWith(half);
    expect(memory.octets).toBe(0);
  });

  test("waits with more when there is too much, unless it has little", () => {
    const memory = new MemoryTotal();
    memory.hold(max, 0);
    expect(memory.isFull(max, max)).toBe(false);
    memory.hold(half, 0);
    expect(memory.isFull(half, max)).toBe(true);
    expect(memory.isFull(kibibytes(16), max)).toBe(false);
  });
});

describe("a body that is gathered", () => {
  test("is refused with 503 when there is no memory for it", async () => {
    const memory = new MemoryTotal();
    memory.take(max, 0, max);
    const { body, deliver } = gathered(memory);
    const content = body.readAll().catch((error: unknown) => error);
    await deliver(1000);
    await deliver(kibibytes(16));
    expect(await content).toMatchObject({ kind: "overloaded", refusal: { status: 503 } });
    body.release();
    expect(memory.octets).toBe(max);
  });

  test("holds its memory until its exchange and its handler are over", async () => {
    const memory = new MemoryTotal();
    const { body, deliver } = gathered(memory);
    body.hold();
    void body.readAll();
    await deliver(half);
    expect(memory.octets).toBe(0);
    await deliver(1);
    expect(memory.octets).toBeGreaterThan(half);
    body.release();
    expect(memory.octets).toBeGreaterThan(half);
    body.release();
    expect(memory.octets).toBe(0);
    body.release();
    expect(memory.octets).toBe(0);
  });
});
