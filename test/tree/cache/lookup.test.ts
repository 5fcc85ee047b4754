import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { bytes, mebibytes } from "../../../src/base/units.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import type { Lookup } from "../../../src/tree/cache/lookup.ts";
import { LookupCache } from "../../../src/tree/cache/lookup-cache.ts";
import type { Dependency, Dependent, Moment } from "../../../src/tree/view.ts";
import { View } from "../../../src/tree/view.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { Asker, later } from "../asker.ts";
import { pathOf, TempTree } from "../temp-tree.ts";

/** What a lookup without content costs, as the cache counts. */
const lookupBytes = 2048;

/** So many dependents are attached to one lookup at most. */
const dependentsMax = 64;

const temp = new TempTree();
afterAll(() => temp.remove());

/** A value that is none but itself. */
interface Value {
  readonly name: string;
}

/** A value that follows from lookups, kept as a cached response is. */
class Conclusion implements Dependent {
  readonly bytes: number;
  #value: Value | undefined;
  #dependencies: readonly Dependency[];

  constructor(value: Value, cost: number, dependencies: readonly Dependency[]) {
    this.#value = value;
    this.bytes = cost;
    this.#dependencies = dependencies;
  }

  /** What was concluded, if that is valid by looks that were not made before `since`. */
  valueSince(since: Moment): Value | undefined {
    if (!this.#dependencies.every((dependency) => dependency.isCurrent(since))) this.drop();
    return this.#value;
  }

  drop(): void {
    this.#value = undefined;
    this.#dependencies = [];
  }
}

/** The value, attached to all of `dependencies`; undefined when one of them doesn't take it. */
function attached(
  value: Value,
  cost: number,
  dependencies: readonly Dependency[],
): Conclusion | undefined {
  const conclusion = new Conclusion(value, cost, dependencies);
  return dependencies.every((each) => each.attach(conclusion)) ? conclusion : undefined;
}

/** What was made, and how to have it again, if that can be. */
interface Concluded {
  readonly value: Value;
  readonly conclusion: Conclusion | undefined;
}

/** What a request to `asker` concludes from all that is at `paths`, which holds `cost` bytes. */
function conclude(asker: Asker, paths: readonly string[], view = asker.view()): Concluded {
  for (const path of paths) asker.tree.open(pathOf(path), view);
  const value = { name: "value" };
  const { dependencies = [] } = view;
  if (dependencies.length === 0) return { value, conclusion: undefined };
  return { value, conclusion: attached(value, 100, dependencies) };
}

/** The conclusion from `paths`, each of which is cached first; there has to be one. */
function concluded(asker: Asker, ...paths: readonly string[]): Conclusion {
  for (const path of paths) asker.ask(path);
  const { conclusion } = conclude(asker, paths);
  if (conclusion === undefined) throw new Error(`nothing was concluded from ${paths.join(", ")}`);
  return conclusion;
}

/** What a request that comes now gets of `conclusion`. */
const standing = (asker: Asker, conclusion: Conclusion): Value | undefined =>
  conclusion.valueSince(asker.clock.tick());

beforeEach(() => {
  fs.rmSync(temp.at("c"), { recursive: true, force: true });
  for (const name of ["a", "b", "c", "d"]) temp.file(`c/${name}.txt`, name);
  temp.file("c/in/deep.txt", "deep");
});

describe("a conclusion", () => {
  test("is the value that was made, and is valid while all its dependencies are", () => {
    const asker = new Asker(temp);
    const paths = ["/c/a.txt", "/c/b.txt", "/c/none", "/c/in", "/c/in/deep.txt"];
    for (const path of paths) asker.ask(path);
    const { value, conclusion } = conclude(asker, paths);
    for (let i = 0; i < 3; i++) expect(conclusion?.valueSince(asker.clock.tick())).toBe(value);
    temp.file("c/other.txt", "what it doesn't follow from");
    fs.chmodSync(temp.at("c/d.txt"), 0o640);
    expect(conclusion?.valueSince(asker.clock.tick())).toBe(value);
  });

  test.each<readonly [what: string, change: () => void]>([
    ["the first file changes", () => temp.file("c/a.txt", "new")],
    ["the second file changes", () => temp.file("c/b.txt", "new")],
    ["the last file changes", () => temp.file("c/c.txt", "new")],
    ["one loses a bit", () => fs.chmodSync(temp.at("c/b.txt"), 0o640)],
    ["one goes", () => fs.rmSync(temp.at("c/b.txt"))],
    ["something comes where nothing was", () => temp.file("c/none", "new")],
    ["a folder above loses a bit", () => fs.chmodSync(temp.at("c"), 0o750)],
    ["another file takes one's place", () => fs.renameSync(temp.at("c/d.txt"), temp.at("c/b.txt"))],
  ])("goes when %s, and for good", (_what, change) => {
    const asker = new Asker(temp);
    const conclusion = concluded(asker, "/c/a.txt", "/c/b.txt", "/c/none", "/c/c.txt");
    expect(standing(asker, conclusion)).toBeDefined();
    change();
    expect(standing(asker, conclusion)).toBeUndefined();
    fs.chmodSync(temp.at("c"), 0o755);
    expect(standing(asker, conclusion)).toBeUndefined();
    // Nor for requests that could still have used it.
    expect(conclusion.valueSince(0)).toBeUndefined();
  });

  test("is as fresh as it has to be: a look serves the requests that were sent before it", () => {
    const asker = new Asker(temp);
    const conclusion = concluded(asker, "/c/a.txt", "/c/b.txt");
    const since = asker.clock.tick();
    const value = conclusion.valueSince(since);
    temp.file("c/b.txt", "new");
    expect(conclusion.valueSince(since)).toBe(value);
    expect(standing(asker, conclusion)).toBeUndefined();
  });

  test("goes by what another request has seen, too", () => {
    const asker = new Asker(temp);
    const conclusion = concluded(asker, "/c/a.txt", "/c/b.txt");
    temp.file("c/b.txt", "new");
    expect(asker.tell("/c/b.txt")).toBe("file new");
    // No look is made for this one, and none is needed.
    expect(conclusion.valueSince(0)).toBeUndefined();
  });

  test("follows from what was asked for while it was made, and from nothing else", () => {
    const asker = new Asker(temp);
    for (const path of ["/c/a.txt", "/c/b.txt", "/c/c.txt"]) asker.ask(path);
    asker.ask("/c/b.txt");
    const { conclusion, value } = conclude(asker, ["/c/a.txt"]);
    asker.ask("/c/c.txt");
    temp.file("c/b.txt", "new");
    temp.file("c/c.txt", "new");
    expect(conclusion?.valueSince(asker.clock.tick())).toBe(value);
  });

  test("may follow from one thing that was asked for twice", () => {
    const asker = new Asker(temp);
    const conclusion = concluded(asker, "/c/a.txt", "/c/b.txt", "/c/a.txt");
    expect(standing(asker, conclusion)).toBeDefined();
    temp.file("c/a.txt", "new");
    expect(standing(asker, conclusion)).toBeUndefined();
  });
});

/** The time so many milliseconds after "c/a.txt" was changed. */
const after = (ms: number): number => fs.statSync(temp.at("c/a.txt")).ctimeMs + ms;

describe("a value is never concluded", () => {
  test.each<readonly [what: string, path: string]>([
    ["a listing", "/c/"],
    ["a hidden name", "/c/.hidden"],
    ["what is asked for the first time", "/c/d.txt"],
  ])("from %s, which isn't cached, whatever else was asked for", (_what, path) => {
    for (const paths of [[path], [path, "/c/a.txt"], ["/c/a.txt", path, "/c/b.txt"]]) {
      const asker = new Asker(temp);
      for (const each of ["/c/a.txt", "/c/b.txt"]) asker.ask(each);
      const { value, conclusion } = conclude(asker, paths);
      expect(value).toEqual({ name: "value" });
      expect(conclusion).toBeUndefined();
    }
  });

  test("from a file whose next change might not show, until it would", () => {
    const asker = new Asker(temp);
    const attempt = (receivedMs: number): Concluded =>
      conclude(asker, ["/c/a.txt"], asker.view(receivedMs));
    for (const receivedMs of [after(0), after(50), after(99)]) {
      for (let i = 0; i < 3; i++) expect(attempt(receivedMs).conclusion).toBeUndefined();
    }
    expect(attempt(after(200)).conclusion).toBeUndefined();
    expect(attempt(after(200)).conclusion).toBeDefined();
  });

  test("from nothing, and when it says that it doesn't last", () => {
    const asker = new Asker(temp);
    asker.ask("/c/a.txt");
    expect(conclude(asker, []).conclusion).toBeUndefined();
    const passing = asker.view();
    expect(asker.tree.open(pathOf("/c/a.txt"), passing).kind).toBe("file");
    passing.dependOnMore();
    expect(passing.dependencies).toBeUndefined();
  });

  test("by one whose making fails, and the next request is answered as before", () => {
    const asker = new Asker(temp);
    const before = concluded(asker, "/c/a.txt");
    const fails = (): void => {
      asker.tree.open(pathOf("/c/a.txt"), asker.view());
      throw new Error("not made");
    };
    for (let i = 0; i < 3; i++) expect(fails).toThrow("not made");
    expect(asker.tell("/c/a.txt")).toBe("file a");
    expect(standing(asker, before)).toBeDefined();
    // What the one that failed had asked for is nothing to the next.
    asker.ask("/c/b.txt");
    const { conclusion, value } = conclude(asker, ["/c/b.txt"]);
    temp.file("c/a.txt", "new");
    expect(conclusion?.valueSince(asker.clock.tick())).toBe(value);
    expect(standing(asker, before)).toBeUndefined();
  });
});

/** A cache with lookups of files of its own, each by one look at the file. */
class Shelf {
  readonly clock = new LogicalClock();
  readonly cache: LookupCache;

  constructor(fileCacheBytesMax: number = mebibytes(1)) {
    const limits = { ...defaultLimits, fileCacheBytesMax: bytes(fileCacheBytesMax) };
    this.cache = new LookupCache(limits, systemCalls(), this.clock, new FakeClock());
  }

  /** The lookup of file `i`, cached where it isn't yet; undefined when there is no room. */
  find(i: number): Lookup | undefined {
    const path = pathOf(`/shelf/${i}`);
    const since = this.clock.tick();
    const known = this.cache.find(path, since);
    if (known !== undefined) return known;
    this.look(i);
    return this.cache.find(path, since);
  }

  /** Looks file `i` up anew, whether it is cached or not. */
  look(i: number): void {
    const seen = new FileStat();
    const path = temp.at(`shelf/${i}`);
    systemCalls().look(path, seen);
    const view = new View(this.clock.now, later());
    this.cache.add(pathOf(`/shelf/${i}`), { kind: "absent" }, [{ path, seen }], view);
  }

  /** The same, which have to be there. */
  lookups(...indices: readonly number[]): Lookup[] {
    return indices.map((i) => {
      const lookup = this.find(i);
      if (lookup === undefined) throw new Error(`no room for ${i}`);
      return lookup;
    });
  }

  /** Concludes `name` from all of `lookups`. */
  conclude(name: string, cost: number, lookups: readonly Lookup[]): Conclusion {
    const conclusion = attached({ name }, cost, lookups);
    if (conclusion === undefined) throw new Error(`no room for ${name}`);
    return conclusion;
  }

  /** Changes file `i`, so that it never is again what it was, however coarse the clock is. */
  change(i: number): void {
    fs.appendFileSync(temp.at(`shelf/${i}`), "x");
  }

  /** Changes file `i` and asks for it. */
  forget(i: number): void {
    this.change(i);
    const path = pathOf(`/shelf/${i}`);
    expect(this.cache.find(path, this.clock.tick())).toBeUndefined();
  }
}

describe("what is concluded is counted", () => {
  beforeAll(() => {
    for (let i = 0; i < 18; i++) temp.file(`shelf/${i}`);
  });

  test("with the texts that a long path is kept as", () => {
    const shelf = new Shelf();
    const view = new View(shelf.clock.tick(), later());
    const long = `/${"a".repeat(200)}/${"b".repeat(200)}`;
    const step = { path: temp.at("nothing"), seen: undefined };
    shelf.cache.add(pathOf(long), { kind: "absent" }, [step], view);
    const texts = 4 * (long.length + step.path.length);
    expect(shelf.cache.bytes).toBe(lookupBytes + texts - 1024);
  });

  test("with each lookup that it depends on, and given back to the last byte", () => {
    const shelf = new Shelf();
    const { cache } = shelf;
    const lookups = shelf.lookups(0, 1, 2);
    expect(cache.bytes).toBe(3 * lookupBytes);
    const conclusion = shelf.conclude("two", 700, lookups.slice(0, 2));
    shelf.conclude("one", 11, lookups.slice(1, 2));
    expect(cache.bytes).toBe(3 * lookupBytes + 2 * 700 + 11);
    expect(lookups.map((lookup) => lookup.bytes)).toEqual([
      lookupBytes + 700,
      lookupBytes + 711,
      lookupBytes,
    ]);
    shelf.forget(0);
    expect(conclusion.valueSince(0)).toBeUndefined();
    expect(cache.bytes).toBe(2 * lookupBytes + 711);
    shelf.forget(1);
    expect(cache.bytes).toBe(lookupBytes);
    shelf.forget(2);
    expect(cache.bytes).toBe(0);
  });

  test("twice with one that was asked for twice", () => {
    const shelf = new Shelf();
    const [lookup] = shelf.lookups(0);
    if (lookup === undefined) return;
    shelf.conclude("twice", 50, [lookup, lookup]);
    expect(shelf.cache.bytes).toBe(lookupBytes + 100);
    shelf.forget(0);
    expect(shelf.cache.bytes).toBe(0);
  });

  test("and the oldest gives way when there are more than 64 on one lookup", () => {
    const shelf = new Shelf();
    const lookups = shelf.lookups(0, 1);
    const both = shelf.conclude("both", 1000, lookups);
    const all = Array.from({ length: dependentsMax - 1 }, (_, i) =>
      shelf.conclude(String(i), 10, lookups.slice(0, 1)),
    );
    const since = shelf.clock.tick();
    const names = (): unknown[] => [both, ...all].map((one) => one.valueSince(since)?.name);
    const told = all.map((_, i) => String(i));
    expect(names()).toEqual(["both", ...told]);
    shelf.conclude("65th", 10, lookups.slice(0, 1));
    expect(names()).toEqual([undefined, ...told]);
    // The other lookup has it still, and counts it.
    expect(lookups.map((lookup) => lookup.bytes)).toEqual([
      lookupBytes + dependentsMax * 10,
      lookupBytes + 1000,
    ]);
    shelf.conclude("66th", 10, lookups.slice(0, 1));
    expect(names()).toEqual([undefined, undefined, ...told.slice(1)]);
    expect(shelf.cache.bytes).toBe(2 * lookupBytes + dependentsMax * 10 + 1000);
    shelf.forget(0);
    expect(names().every((name) => name === undefined)).toBe(true);
    shelf.forget(1);
    expect(shelf.cache.bytes).toBe(0);
  });

  test("and is dropped with the first lookup that is evicted for want of room", () => {
    const shelf = new Shelf(18 * lookupBytes + 200);
    const all = shelf.lookups(...Array.from({ length: 18 }, (_, i) => i));
    const conclusion = shelf.conclude("value", 100, [...all.slice(17), ...all.slice(0, 1)]);
    const full = 18 * lookupBytes + 200;
    expect(shelf.cache.bytes).toBe(full);
    expect(conclusion.valueSince(0)?.name).toBe("value");
    // Room for the next costs the first lookup there is, though nothing has changed.
    shelf.conclude("next", 50, all.slice(5, 6));
    expect(shelf.cache.bytes).toBe(full - lookupBytes - 100 + 50);
    expect(conclusion.valueSince(0)).toBeUndefined();
    expect(shelf.cache.find(pathOf("/shelf/17"), 0)).toBe(all[17] as Lookup);
  });

  test("and is none when room for it costs a lookup that it depends on", () => {
    const shelf = new Shelf(18 * lookupBytes);
    const all = shelf.lookups(...Array.from({ length: 18 }, (_, i) => i));
    const room = 18 * lookupBytes;
    expect(shelf.cache.bytes).toBe(room);
    // All were asked for just now; the first is the first to go.
    expect(attached({ name: "value" }, 100, all.slice(0, 1))).toBeUndefined();
    expect(shelf.cache.bytes).toBe(room - lookupBytes);
    // And one that was evicted before.
    expect(attached({ name: "value" }, 100, all.slice(0, 2))).toBeUndefined();
    expect(shelf.cache.bytes).toBe(room - lookupBytes);
    const conclusion = attached({ name: "value" }, 100, all.slice(5, 6));
    expect(conclusion?.valueSince(0)?.name).toBe("value");
    expect(shelf.cache.bytes).toBe(room - lookupBytes + 100);
  });

  test("and is none when it would take more than a sixteenth of all room from one lookup", () => {
    const shelf = new Shelf(16 * lookupBytes);
    const lookups = shelf.lookups(0, 1);
    expect(attached({ name: "value" }, lookupBytes + 1, lookups.slice(0, 1))).toBeUndefined();
    expect(attached({ name: "value" }, lookupBytes + 1, lookups)).toBeUndefined();
    expect(shelf.cache.bytes).toBe(2 * lookupBytes);
    expect(attached({ name: "value" }, lookupBytes / 2, lookups)).toBeDefined();
    expect(shelf.cache.bytes).toBe(3 * lookupBytes);
  });

  test("within the bound, and given back, whatever happens in whatever order", () => {
    const index = fc.nat(11);
    const step = fc.oneof(
      fc.record({ kind: fc.constant("ask" as const), i: index }),
      fc.record({ kind: fc.constant("change" as const), i: index }),
      fc.record({
        kind: fc.constant("conclude" as const),
        from: fc.array(index, { minLength: 1, maxLength: 3 }),
        cost: fc.nat(1500),
        times: fc.constantFrom(1, 1, 40),
      }),
    );
    const bytesMax = fc.integer({ min: lookupBytes, max: 20 * lookupBytes });
    const property = fc.property(fc.array(step, { maxLength: 40 }), bytesMax, (steps, room) => {
      const shelf = new Shelf(room);
      const { cache } = shelf;
      const made: { conclusion: Conclusion; from: readonly number[]; isOld: boolean }[] = [];
      for (const each of steps) {
        if (each.kind === "ask") shelf.find(each.i);
        if (each.kind === "change") {
          shelf.change(each.i);
          for (const one of made) one.isOld ||= one.from.includes(each.i);
        }
        for (let time = 0; each.kind === "conclude" && time < each.times; time++) {
          const lookups = each.from.flatMap((i) => shelf.find(i) ?? []);
          if (lookups.length < each.from.length) continue;
          const conclusion = attached({ name: "" }, each.cost, lookups);
          if (conclusion !== undefined) made.push({ conclusion, from: each.from, isOld: false });
        }
        expect(cache.bytes).toBeLessThanOrEqual(room);
        const since = shelf.clock.tick();
        const old = made.filter(({ isOld }) => isOld);
        expect(old.every(({ conclusion }) => conclusion.valueSince(since) === undefined)).toBe(
          true,
        );
      }
      for (let i = 0; i < 12; i++) shelf.forget(i);
      expect(cache.bytes).toBe(0);
      expect(made.every(({ conclusion }) => conclusion.valueSince(0) === undefined)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

/** A dependent that counts how often it was dropped. */
class Counted implements Dependent {
  readonly bytes: number;
  drops = 0;

  constructor(cost = 1) {
    this.bytes = cost;
  }

  drop(): void {
    this.drops++;
  }
}

describe("a lookup that dependents are attached to", () => {
  test("drops each of them once, when it is evicted", () => {
    const shelf = new Shelf();
    const [lookup, other] = shelf.lookups(0, 1);
    const dependents = [new Counted(), new Counted(), new Counted()];
    for (const each of dependents) expect(lookup?.attach(each)).toBe(true);
    shelf.forget(1);
    expect(dependents.map(({ drops }) => drops)).toEqual([0, 0, 0]);
    shelf.forget(0);
    shelf.forget(0);
    expect(dependents.map(({ drops }) => drops)).toEqual([1, 1, 1]);
    expect(other?.attach(new Counted())).toBe(false);
  });

  test("drops them when its path is looked up anew", () => {
    const shelf = new Shelf();
    const [lookup] = shelf.lookups(0);
    const dependent = new Counted(500);
    expect(lookup?.attach(dependent)).toBe(true);
    shelf.look(0);
    expect(dependent.drops).toBe(1);
    expect(lookup?.attach(dependent)).toBe(false);
    expect(shelf.find(0)).not.toBe(lookup as Lookup);
    expect(shelf.cache.bytes).toBe(lookupBytes);
  });

  test("refuses one when it was evicted, and counts and drops nothing for it", () => {
    const shelf = new Shelf();
    const [lookup] = shelf.lookups(0);
    shelf.forget(0);
    const dependent = new Counted();
    expect(lookup?.attach(dependent)).toBe(false);
    expect([dependent.drops, shelf.cache.bytes]).toEqual([0, 0]);
  });

  test("refuses one that is too large, and keeps the others", () => {
    const shelf = new Shelf(16 * lookupBytes);
    const [lookup] = shelf.lookups(0);
    const [small, large] = [new Counted(), new Counted(lookupBytes + 1)];
    expect([lookup?.attach(small), lookup?.attach(large)]).toEqual([true, false]);
    expect([small.drops, large.drops]).toEqual([0, 0]);
    expect(shelf.cache.bytes).toBe(lookupBytes + 1);
  });

  test("gives back what one that is detached cost, and doesn't drop it any more", () => {
    const shelf = new Shelf();
    const [lookup] = shelf.lookups(0);
    const [kept, detached] = [new Counted(7), new Counted(500)];
    expect([lookup?.attach(kept), lookup?.attach(detached)]).toEqual([true, true]);
    lookup?.detach(detached);
    lookup?.detach(detached);
    expect(shelf.cache.bytes).toBe(lookupBytes + 7);
    shelf.forget(0);
    expect([kept.drops, detached.drops]).toEqual([1, 0]);
  });

  test("counts as used when it is checked", () => {
    const shelf = new Shelf(16 * lookupBytes);
    const [lookup] = shelf.lookups(0);
    if (lookup === undefined) return;
    lookup.isUsed = false;
    expect(lookup.isCurrent(shelf.clock.now)).toBe(true);
    expect(lookup.isUsed).toBe(true);
    lookup.isUsed = false;
    shelf.change(0);
    expect([lookup.isCurrent(shelf.clock.tick()), lookup.isUsed]).toEqual([false, false]);
  });
});
