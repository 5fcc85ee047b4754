import { describe, expect, test } from "bun:test";

import { WorkGate } from "../../../src/site/preview/work-gate.ts";

/** Work at a gate, which goes on until it is told to end. */
class Work {
  readonly #end = Promise.withResolvers<void>();
  readonly done: Promise<void>;
  isInside = false;

  constructor(gate: WorkGate, weight: number) {
    this.done = gate.run(weight, async () => {
      this.isInside = true;
      await this.#end.promise;
      this.isInside = false;
    });
  }

  async end(): Promise<void> {
    this.#end.resolve();
    await this.done;
    await Promise.resolve();
  }
}

const inside = (...works: Work[]): boolean[] => works.map(({ isInside }) => isInside);

describe("a gate", () => {
  test("lets in what has room, and the rest in its order", async () => {
    const gate = new WorkGate(10);
    const [a, b] = [new Work(gate, 6), new Work(gate, 4)];
    const [c, d] = [new Work(gate, 7), new Work(gate, 1)];
    expect(inside(a, b, c, d)).toEqual([true, true, false, false]);
    // There is room for d, but c is before it.
    await b.end();
    expect(inside(a, c, d)).toEqual([true, false, false]);
    await a.end();
    expect(inside(c, d)).toEqual([true, true]);
    await c.end();
    await d.end();
  });

  test("lets in what is larger than the room, alone", async () => {
    const gate = new WorkGate(2);
    const large = new Work(gate, 50);
    const small = new Work(gate, 1);
    expect(inside(large, small)).toEqual([true, false]);
    await large.end();
    expect(small.isInside).toBe(true);
    await small.end();
  });

  test("is left by work that fails", async () => {
    const gate = new WorkGate(1);
    const failing = gate.run(1, () => Promise.reject(new Error("no")));
    const next = gate.run(1, () => Promise.resolve("next"));
    expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
  });
});
