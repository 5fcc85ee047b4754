import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import type { Timed } from "../../src/schedule/timers.ts";
import { Timers } from "../../src/schedule/timers.ts";
import { FakeClock } from "./fake-clock.ts";

/** The width of a slot: how late a deadline may be kept. */
const slotMs = 32;
/** The wheel's turn. */
const turnMs = 512 * slotMs;

class Owner implements Timed {
  deadlineMs = Infinity;
  slot = -1;
  /** When it expired. */
  readonly expired: number[] = [];
  readonly #then: () => void;

  constructor(then: () => void = () => undefined) {
    this.#then = then;
  }

  expire(nowMs: number): void {
    this.expired.push(nowMs);
    this.#then();
  }
}

function wheel(monotonicStartMs?: number): { clock: FakeClock; deadlines: Timers } {
  const clock = new FakeClock(monotonicStartMs);
  return { clock, deadlines: new Timers(clock, clock) };
}

describe("a deadline", () => {
  test.each([1, 31, 32, 33, 63, 64, 100, 9999.5, turnMs - 1, turnMs, turnMs + 1, 3 * turnMs + 7])(
    "after %p ms never fires early, and within one slot",
    (afterMs) => {
      const { clock, deadlines } = wheel(1234.75);
      const owner = new Owner();
      const dueMs = clock.monotonicMs() + afterMs;
      deadlines.set(owner, dueMs);
      clock.advance(afterMs + 2 * slotMs);
      expect(owner.expired.length).toBe(1);
      expect(owner.expired[0]).toBeGreaterThanOrEqual(dueMs);
      expect(owner.expired[0]).toBeLessThanOrEqual(dueMs + slotMs);
    },
  );

  test("that has passed when it is set fires within one slot", () => {
    const { clock, deadlines } = wheel(5000);
    const owner = new Owner();
    deadlines.set(owner, 10);
    clock.advance(slotMs);
    expect(owner.expired.length).toBe(1);
  });

  test("that has passed is kept, too, when the wheel has stood still for long", () => {
    const { clock, deadlines } = wheel();
    const far = new Owner();
    deadlines.set(far, clock.monotonicMs() + turnMs - slotMs);
    clock.advance(turnMs / 2);
    const owner = new Owner();
    deadlines.set(owner, clock.monotonicMs() - 1);
    clock.advance(slotMs);
    expect(owner.expired.length).toBe(1);
    expect(far.expired).toEqual([]);
  });

  test("of Infinity never fires", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.set(owner, Infinity);
    clock.advance(10 * turnMs);
    expect(owner.expired).toEqual([]);
    expect(clock.alarmsSet).toBe(0);
  });

  test("fires once, and its owner then has none", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.set(owner, clock.monotonicMs() + 10);
    clock.advance(10 * turnMs);
    expect(owner.expired.length).toBe(1);
    expect(owner.deadlineMs).toBe(Infinity);
    expect(deadlines.size).toBe(0);
  });

  test("may be set anew by its owner while it fires", () => {
    const { clock, deadlines } = wheel();
    const owner: Owner = new Owner(() => {
      if (owner.expired.length < 3) deadlines.set(owner, clock.monotonicMs() + 100);
    });
    deadlines.set(owner, clock.monotonicMs() + 100);
    clock.advance(1000);
    expect(owner.expired.length).toBe(3);
  });

  test("is still kept after the process was suspended for longer than the wheel's turn", () => {
    const { clock, deadlines } = wheel();
    const early = new Owner();
    const late = new Owner();
    deadlines.set(early, clock.monotonicMs() + 500);
    deadlines.set(late, clock.monotonicMs() + 5 * turnMs);
    clock.sleep(3 * turnMs + 17);
    expect(early.expired.length).toBe(1);
    expect(late.expired).toEqual([]);
    clock.advance(2 * turnMs + slotMs);
    expect(late.expired.length).toBe(1);
  });
});

describe("moving a deadline", () => {
  test("to later, however often, sets no alarm", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.set(owner, clock.monotonicMs() + 1000);
    expect(clock.alarmsSet).toBe(1);
    for (let i = 1; i <= 900; i++) {
      clock.advance(1);
      deadlines.set(owner, clock.monotonicMs() + 1000);
    }
    expect(clock.alarmsSet).toBe(1);
    expect(owner.expired).toEqual([]);
  });

  test("to later looks at its owner once per deadline, not once per move", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    for (let i = 0; i < 100; i++) {
      deadlines.set(owner, clock.monotonicMs() + 1000);
      clock.advance(100);
    }
    // 10 s of moves every 100 ms, 1 s each: the alarm rings about once a second.
    expect(clock.alarmsSet).toBeLessThanOrEqual(12);
    clock.advance(1000);
    expect(owner.expired.length).toBe(1);
  });

  test("to earlier brings the alarm forward", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.set(owner, clock.monotonicMs() + 10_000);
    deadlines.set(owner, clock.monotonicMs() + 100);
    clock.advance(100 + slotMs);
    expect(owner.expired.length).toBe(1);
    expect(deadlines.size).toBe(0);
  });

  test("to Infinity takes it back", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.set(owner, clock.monotonicMs() + 100);
    deadlines.set(owner, Infinity);
    clock.advance(1000);
    expect(owner.expired).toEqual([]);
    expect(deadlines.size).toBe(0);
    expect(clock.alarmMs).toBe(Infinity);
  });
});

describe("removal", () => {
  test("leaves no alarm when no timer is left", () => {
    const { clock, deadlines } = wheel();
    const [a, b] = [new Owner(), new Owner()];
    deadlines.set(a, clock.monotonicMs() + 100);
    deadlines.set(b, clock.monotonicMs() + 200);
    deadlines.remove(a);
    expect(clock.alarmMs).not.toBe(Infinity);
    deadlines.remove(b);
    expect(clock.alarmMs).toBe(Infinity);
    expect(deadlines.size).toBe(0);
    clock.advance(1000);
    expect([...a.expired, ...b.expired]).toEqual([]);
  });

  test("of one that has no place does nothing, twice either", () => {
    const { clock, deadlines } = wheel();
    const owner = new Owner();
    deadlines.remove(owner);
    deadlines.set(owner, clock.monotonicMs() + 100);
    deadlines.remove(owner);
    deadlines.remove(owner);
    expect(deadlines.size).toBe(0);
  });

  test("keeps one from expiring that was due in the same ring", () => {
    const { clock, deadlines } = wheel();
    const second = new Owner();
    const first = new Owner(() => deadlines.remove(second));
    deadlines.set(first, clock.monotonicMs() + 100);
    deadlines.set(second, clock.monotonicMs() + 100);
    const third = new Owner();
    deadlines.set(third, clock.monotonicMs() + 500);
    clock.advance(1000);
    expect(first.expired.length).toBe(1);
    expect(second.expired).toEqual([]);
    expect(third.expired.length).toBe(1);
  });
});

test("an idle wheel sets no alarm", () => {
  const { clock } = wheel();
  expect(clock.alarmsSet).toBe(0);
  expect(clock.alarmMs).toBe(Infinity);
});

type Step =
  | { readonly kind: "set"; readonly owner: number; readonly afterMs: number }
  | { readonly kind: "remove" | "never"; readonly owner: number }
  | { readonly kind: "advance" | "sleep" | "stall"; readonly byMs: number };

const ownerCount = 8;
const owners = fc.nat({ max: ownerCount - 1 });
const spans = fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 3 * turnMs }));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("set"), owner: owners, afterMs: spans }),
    fc.record({ kind: fc.constantFrom("remove", "never"), owner: owners }),
    fc.record({ kind: fc.constantFrom("advance", "sleep", "stall"), byMs: spans }),
  ),
  { maxLength: 60 },
);

test("thousands of moves, removals and spans agree with a list that is searched", () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 0, max: 1e9, noNaN: true }), (all, origin) => {
      const { clock, deadlines } = wheel(origin);
      const held = Array.from({ length: ownerCount }, () => new Owner());
      /** The naive model: the deadline of each, on its own. */
      const wanted = new Map<Owner, number>();
      /** Whether the alarm may be overdue. */
      let isStalled = false;
      const at = (index: number): Owner => held[index] ?? new Owner();
      const check = (): void => {
        const now = clock.monotonicMs();
        for (const owner of held) {
          const dueMs = wanted.get(owner);
          const firedMs = owner.expired.shift();
          expect(owner.expired).toEqual([]);
          if (firedMs !== undefined) {
            expect(dueMs).toBeDefined();
            expect(firedMs).toBeGreaterThanOrEqual(dueMs ?? Infinity);
            wanted.delete(owner);
          } else if (dueMs !== undefined && !isStalled) {
            expect(now).toBeLessThan(dueMs + slotMs + 1);
          }
        }
        if (wanted.size > 0) expect(clock.alarmMs).not.toBe(Infinity);
      };
      for (const step of all) {
        switch (step.kind) {
          case "advance":
            clock.advance(step.byMs);
            isStalled = false;
            break;
          case "sleep":
            clock.sleep(step.byMs);
            break;
          case "stall":
            clock.stall(step.byMs);
            isStalled = true;
            continue;
          case "set": {
            const dueMs = clock.monotonicMs() + step.afterMs;
            deadlines.set(at(step.owner), dueMs);
            wanted.set(at(step.owner), dueMs);
            break;
          }
          case "remove":
            deadlines.remove(at(step.owner));
            wanted.delete(at(step.owner));
            break;
          case "never":
            deadlines.set(at(step.owner), Infinity);
            wanted.delete(at(step.owner));
        }
        check();
      }
    }),
    { numRuns: 400 },
  );
});
