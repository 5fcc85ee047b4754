import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import type { StoreEntry, StorePolicy } from "../../src/base/bounded-store.ts";
import { BoundedStore } from "../../src/base/bounded-store.ts";

/** An entry that counts its evictions. */
class Counted implements StoreEntry {
  bytes: number;
  isUsed = false;
  evictions = 0;

  constructor(bytes = 1) {
    this.bytes = bytes;
  }

  evicted(): void {
    this.evictions++;
  }
}

type Store = BoundedStore<string, Counted>;

const storeOf = (bytesMax: number, policy: Partial<StorePolicy> = {}): Store =>
  new BoundedStore({ bytesMax, admitsOn: "first", admittedOneIn: 1, ...policy });

/** A store filled by an entry of one byte under each letter of `keys`. */
function filled(keys: string, policy: Partial<StorePolicy> = {}): Store {
  const store = storeOf(keys.length, policy);
  for (const key of keys) store.set(key, new Counted());
  return store;
}

/** The letters under which `store` holds an entry; none of them counts as used for it. */
function heldIn(store: Store): string {
  const held = Array.from("abcdefghijklmnopqrstuvwxyz").filter((key) => {
    const entry = store.get(key);
    if (entry !== undefined) entry.isUsed = false;
    return entry !== undefined;
  });
  return held.join("");
}

describe("an entry", () => {
  test("is found under its key, and counts as used then", () => {
    const store = storeOf(10);
    const entry = new Counted(3);
    expect(store.set("a", entry)).toBe(true);
    expect([store.size, store.bytes, entry.isUsed]).toEqual([1, 3, false]);
    expect(store.get("a")).toBe(entry);
    expect(entry.isUsed).toBe(true);
    expect(store.get("b")).toBeUndefined();
  });

  test("is held under its own key alone, and asking so is no use of it", () => {
    const store = filled("ab");
    const entry = store.get("a") as Counted;
    entry.isUsed = false;
    expect(store.holds("a", entry)).toBe(true);
    expect(store.holds("b", entry)).toBe(false);
    expect(store.holds("c", entry)).toBe(false);
    expect(store.holds("a", new Counted())).toBe(false);
    expect(entry.isUsed).toBe(false);
  });

  test("takes the place of the one before it, which is evicted", () => {
    const store = storeOf(10);
    const [former, next] = [new Counted(7), new Counted(8)];
    store.set("a", former);
    store.set("a", next);
    expect(store.get("a")).toBe(next);
    expect([store.size, store.bytes, former.evictions, next.evictions]).toEqual([1, 8, 1, 0]);
  });

  test("that costs more than the whole store is not taken, and the one before it is gone", () => {
    const store = storeOf(10);
    const [former, tooLarge] = [new Counted(7), new Counted(11)];
    store.set("a", former);
    store.set("b", new Counted(2));
    expect(store.set("a", tooLarge)).toBe(false);
    expect([store.get("a"), heldIn(store), store.bytes]).toEqual([undefined, "b", 2]);
    expect([former.evictions, tooLarge.evictions]).toEqual([1, 0]);
  });

  test("may cost nothing", () => {
    const store = storeOf(0);
    expect(store.set("a", new Counted(0))).toBe(true);
    expect(heldIn(store)).toBe("a");
  });

  test("is evicted once, whatever takes it out", () => {
    const store = filled("abc");
    const [a, b, c] = Array.from("abc", (key) => store.get(key) as Counted);
    store.delete("a");
    store.delete("a");
    expect([a?.evictions, store.bytes]).toEqual([1, 2]);
    store.clear();
    store.clear();
    expect([a, b, c].map((entry) => entry?.evictions)).toEqual([1, 1, 1]);
    expect([store.size, store.bytes, heldIn(store)]).toEqual([0, 0, ""]);
  });

  test("is no longer in the store when `evicted` is called", () => {
    const store = storeOf(10);
    let held: readonly unknown[] = [];
    const entry = new Counted(4);
    entry.evicted = () => {
      held = [store.size, store.bytes, store.holds("a", entry)];
    };
    store.set("a", entry);
    store.delete("a");
    expect(held).toEqual([0, 0, false]);
  });
});

describe("a key that the store does not hold, with room to spare", () => {
  test("is admitted by the first request, where the policy says so", () => {
    const store = storeOf(10, { admitsOn: "first" });
    expect(store.admits(1, 10)).toBe(true);
    expect(store.admits(1, 11)).toBe(false);
  });

  test("is admitted by the second request otherwise, and then not by the third", () => {
    const store = storeOf(10, { admitsOn: "second" });
    expect([1, 2, 1, 1, 2, 1].map((digest) => store.admits(digest, 10))).toEqual([
      false,
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  test("is not known any more when the store was cleared", () => {
    const store = storeOf(10, { admitsOn: "second" });
    store.admits(1, 1);
    store.clear();
    expect([store.admits(1, 1), store.admits(1, 1)]).toEqual([false, true]);
  });

  test("is not known any more when very many others have come once", () => {
    const store = storeOf(10, { admitsOn: "second" });
    for (let digest = 0; digest < 16_384; digest++) store.admits(digest, 1);
    expect(store.admits(7, 1)).toBe(true);
    for (let digest = 16_384; digest < 16_386; digest++) store.admits(digest, 1);
    expect([store.admits(8, 1), store.admits(16_385, 1)]).toEqual([false, true]);
  });
});

describe("a key that the store does not hold, without room", () => {
  test("is never admitted when it comes once, whatever the policy says", () => {
    for (const admitsOn of ["first", "second"] as const) {
      const store = filled("abc", { admitsOn });
      for (let digest = 0; digest < 100; digest++) expect(store.admits(digest, 1)).toBe(false);
      expect(heldIn(store)).toBe("abc");
    }
  });

  test("is admitted when it comes for the second time", () => {
    const store = filled("abc");
    expect([store.admits(1, 1), store.admits(1, 1)]).toEqual([false, true]);
  });

  test("is one in so many that came for the second time", () => {
    const store = filled("abc", { admittedOneIn: 4 });
    const digests = Array.from({ length: 12 }, (_, digest) => digest);
    for (const digest of digests) expect(store.admits(digest, 1)).toBe(false);
    expect(digests.filter((digest) => store.admits(digest, 1))).toEqual([3, 7, 11]);
    // Those that were turned away go on counting as having come before.
    expect([0, 1, 2, 4].map((digest) => store.admits(digest, 1))).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("room for an entry (CLOCK)", () => {
  test("is made by the first that was not used", () => {
    const store = filled("abcd");
    store.get("a");
    store.set("x", new Counted());
    expect(heldIn(store)).toBe("acdx");
  });

  test("is made by the oldest where all were used, or none", () => {
    for (const used of ["", "abcd"]) {
      const store = filled("abcd");
      for (const key of used) store.get(key);
      store.set("x", new Counted());
      expect(heldIn(store)).toBe("bcdx");
    }
  });

  test("spares a used entry once, and continues where it stopped", () => {
    const store = filled("abcd");
    for (const key of "ac") store.get(key);
    for (const key of "xyz") store.set(key, new Counted());
    // b for x, past c and d for y, past nothing: a, whose use the hand has passed, for z.
    expect(heldIn(store)).toBe("cxyz");
  });

  test("is made by a new entry only after all that were there before it", () => {
    const store = filled("abcd");
    const orderOfEviction: string[] = [];
    for (const key of "efghijkl") {
      const before = heldIn(store);
      store.set(key, new Counted());
      orderOfEviction.push(...Array.from(before).filter((one) => !heldIn(store).includes(one)));
    }
    expect(orderOfEviction.join("")).toBe("abcdefgh");
  });

  test("is made by an entry that was used long ago, while others come and are never used", () => {
    const store = filled("abcd");
    for (const key of "abc") store.get(key);
    for (const key of "mnopqrst") store.set(key, new Counted());
    expect(heldIn(store)).toBe("qrst");
  });

  test("is made by as many as it takes, and no more", () => {
    const store = filled("abcd");
    store.get("b");
    const large = new Counted(2);
    store.set("x", large);
    expect(heldIn(store)).toBe("bdx");
    expect([store.bytes, store.size]).toEqual([4, 3]);
  });

  test("is there where entries were deleted", () => {
    const store = filled("abcd");
    for (const key of "bd") store.delete(key);
    for (const key of "xy") store.set(key, new Counted());
    expect(heldIn(store)).toBe("acxy");
    store.set("z", new Counted());
    expect(heldIn(store)).toBe("cxyz");
  });
});

describe("an entry that grows", () => {
  test("evicts others", () => {
    const store = storeOf(10);
    const [a, b, c] = [new Counted(3), new Counted(3), new Counted(3)];
    for (const [key, entry] of Object.entries({ a, b, c })) store.set(key, entry);
    store.get("a");
    store.grow(a, 4);
    expect([a.bytes, store.bytes, heldIn(store)]).toEqual([7, 10, "ac"]);
    expect([a, b, c].map(({ evictions }) => evictions)).toEqual([0, 1, 0]);
  });

  test("is evicted itself when the hand comes to it first", () => {
    const store = storeOf(10);
    const [a, b] = [new Counted(3), new Counted(3)];
    for (const [key, entry] of Object.entries({ a, b })) store.set(key, entry);
    store.get("b");
    store.grow(a, 5);
    expect([store.holds("a", a), a.evictions]).toEqual([false, 1]);
    expect([store.bytes, heldIn(store)]).toEqual([3, "b"]);
  });

  test("is evicted when it becomes larger than the whole store", () => {
    const store = storeOf(10);
    const a = new Counted(3);
    store.set("a", a);
    store.get("a");
    store.grow(a, 8);
    expect([store.size, store.bytes, a.evictions]).toEqual([0, 0, 1]);
  });

  test("by less than nothing gives room", () => {
    const store = storeOf(10);
    const a = new Counted(8);
    store.set("a", a);
    store.grow(a, -6);
    store.set("b", new Counted(8));
    expect([store.bytes, heldIn(store), a.evictions]).toEqual([10, "ab", 0]);
  });
});

describe("a sweep", () => {
  test("removes what was not used since the last one", () => {
    const store = filled("abcd");
    const a = store.get("a") as Counted;
    store.get("c");
    store.sweep();
    expect(heldIn(store)).toBe("ac");
    store.get("a");
    store.sweep();
    expect([heldIn(store), a.evictions]).toEqual(["a", 0]);
    store.sweep();
    expect([store.size, store.bytes, a.evictions]).toEqual([0, 0, 1]);
  });

  test("leaves room for others", () => {
    const store = filled("abcd");
    store.get("b");
    store.sweep();
    for (const key of "xyz") store.set(key, new Counted());
    expect([heldIn(store), store.bytes]).toEqual(["bxyz", 4]);
  });
});

test("a store of no bytes holds nothing", () => {
  for (const admitsOn of ["first", "second"] as const) {
    const store = storeOf(0, { admitsOn });
    for (let i = 0; i < 3; i++) expect(store.admits(1, 1)).toBe(false);
    expect(store.set("a", new Counted())).toBe(false);
    expect([store.size, store.bytes, store.get("a")]).toEqual([0, 0, undefined]);
  }
});

describe("whatever is done", () => {
  const bytesMax = 20;
  const key = fc.constantFrom(...Array.from("abcdef"));
  const step = fc.oneof(
    fc.record({ does: fc.constant("set" as const), key, bytes: fc.nat(24) }),
    fc.record({ does: fc.constant("get" as const), key }),
    fc.record({ does: fc.constant("grow" as const), key, bytes: fc.integer({ min: -9, max: 24 }) }),
    fc.record({ does: fc.constant("delete" as const), key }),
    fc.record({ does: fc.constantFrom("clear" as const, "sweep" as const) }),
  );

  test("the bytes are those of the entries, never too many, and each eviction is reported once", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = storeOf(bytesMax);
        /** Every entry that was taken in, with the key that it is under. */
        const taken: (readonly [string, Counted])[] = [];
        for (const one of steps) {
          if (one.does === "set") {
            const entry = new Counted(one.bytes);
            const isTaken = store.set(one.key, entry);
            expect(isTaken).toBe(one.bytes <= bytesMax);
            if (isTaken) taken.push([one.key, entry]);
          } else if (one.does === "grow") {
            const entry = store.get(one.key);
            if (entry !== undefined) store.grow(entry, Math.max(one.bytes, -entry.bytes));
          } else if ("key" in one) store[one.does](one.key);
          else store[one.does]();
          const held = taken.filter(([under, entry]) => store.holds(under, entry));
          expect(store.size).toBe(held.length);
          expect(store.bytes).toBe(held.reduce((sum, [, entry]) => sum + entry.bytes, 0));
          expect(store.bytes).toBeLessThanOrEqual(bytesMax);
          for (const [under, entry] of taken) {
            expect(entry.evictions).toBe(store.holds(under, entry) ? 0 : 1);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("what was used since the hand last passed outlives what was not", () => {
    fc.assert(
      fc.property(
        fc.subarray(Array.from("abcdef"), { maxLength: 5 }),
        fc.nat(4),
        (used, others) => {
          const store = filled("abcdef");
          for (const one of used) store.get(one);
          const count = Math.min(others, 6 - used.length);
          for (const one of "uvwxyz".slice(0, count)) store.set(one, new Counted());
          const held = heldIn(store);
          for (const one of used) expect(held).toContain(one);
        },
      ),
    );
  });

  test("each that is over can be removed, and its place is taken again", () => {
    const store = filled("abcdef");
    const over = new Set([store.get("b"), store.get("f")]);
    store.removeEach((entry) => over.has(entry));
    expect(Array.from(heldIn(store)).toSorted().join("")).toBe("acde");
    for (const entry of over) expect(entry?.evictions).toBe(1);
    store.set("g", new Counted());
    expect(Array.from(heldIn(store)).toSorted().join("")).toBe("acdeg");
  });
});
