import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { Moments } from "../../../src/tree/cache/freshness.ts";
import { FakeClock } from "../../server/fake-clock.ts";
import { bytes, mebibytes } from "../../../src/base/units.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import type { Conclusion, Lookup } from "../../../src/tree/cache/lookup.ts";
import { LookupCache } from "../../../src/tree/cache/lookup-cache.ts";
import type { Concluded } from "../../../src/tree/disk/disk-tree.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import { Asker, later } from "../asker.ts";
import { pathOf, TempTree } from "../temp-tree.ts";

/** What a finding without content costs, as the memory counts. */
const findingBytes = 2048;

/** So many conclusions hang on one finding at most. */
const conclusionsMax = 64;

const temp = new TempTree();
afterAll(() => temp.remove());

/** A value that is none but itself. */
interface Value {
  readonly name: string;
}

/** What a request to `asker` concludes from all that is at `paths`, which holds `cost` bytes. */
function conclude(
  asker: Asker,
  paths: readonly string[],
  name = "value",
  cost = 100,
): Concluded<Value> {
  return asker.during(() =>
    asker.tree.conclude(
      () => {
        for (const path of paths) asker.tree.resolve(pathOf(path));
        return { name };
      },
      () => cost,
    ),
  );
}

/** The conclusion from `paths`, each of which is remembered first; there has to be one. */
function concluded(asker: Asker, ...paths: readonly string[]): Conclusion<Value> {
  for (const path of paths) asker.ask(path);
  const { conclusion } = conclude(asker, paths);
  if (conclusion === undefined) throw new Error(`nothing was concluded from ${paths.join(", ")}`);
  return conclusion;
}

/** What a request that comes now gets of `conclusion`. */
const standing = (asker: Asker, conclusion: Conclusion<Value>): Value | undefined =>
  conclusion.valueSince(asker.moments.next());

beforeEach(() => {
  fs.rmSync(temp.at("c"), { recursive: true, force: true });
  for (const name of ["a", "b", "c", "d"]) temp.file(`c/${name}.txt`, name);
  temp.file("c/in/deep.txt", "deep");
});

describe("a conclusion", () => {
  test("is the value that was made, and stands while all it follows from does", () => {
    const asker = new Asker(temp);
    const paths = ["/c/a.txt", "/c/b.txt", "/c/none", "/c/in", "/c/in/deep.txt"];
    for (const path of paths) asker.ask(path);
    const { value, conclusion } = conclude(asker, paths);
    for (let i = 0; i < 3; i++) expect(conclusion?.valueSince(asker.moments.next())).toBe(value);
    temp.file("c/other.txt", "what it doesn't follow from");
    fs.chmodSync(temp.at("c/d.txt"), 0o640);
    expect(conclusion?.valueSince(asker.moments.next())).toBe(value);
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
    // Nor for those who could still have had it.
    expect(conclusion.valueSince(0)).toBeUndefined();
  });

  test("is as fresh as it has to be: a look serves those who have asked before it", () => {
    const asker = new Asker(temp);
    const conclusion = concluded(asker, "/c/a.txt", "/c/b.txt");
    const since = asker.moments.next();
    const value = conclusion.valueSince(since);
    temp.file("c/b.txt", "new");
    expect(conclusion.valueSince(since)).toBe(value);
    expect(standing(asker, conclusion)).toBeUndefined();
  });

  test("goes by what someone else has seen, too", () => {
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
    expect(conclusion?.valueSince(asker.moments.next())).toBe(value);
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
  ])("from %s, which isn't remembered, whatever else was asked for", (_what, path) => {
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
    const attempt = (nowMs: number): Concluded<Value> =>
      asker.during(
        () =>
          asker.tree.conclude(
            () => {
              asker.tree.resolve(pathOf("/c/a.txt"));
              return { name: "value" };
            },
            () => 100,
          ),
        asker.moments.next(),
        nowMs,
      );
    for (const nowMs of [after(0), after(50), after(99)]) {
      for (let i = 0; i < 3; i++) expect(attempt(nowMs).conclusion).toBeUndefined();
    }
    expect(attempt(after(200)).conclusion).toBeUndefined();
    expect(attempt(after(200)).conclusion).toBeDefined();
  });

  test("from nothing, and when it says that it doesn't last", () => {
    const asker = new Asker(temp);
    asker.ask("/c/a.txt");
    expect(conclude(asker, []).conclusion).toBeUndefined();
    const passing = asker.during(() =>
      asker.tree.conclude(
        () => asker.tree.resolve(pathOf("/c/a.txt")).kind,
        () => undefined,
      ),
    );
    expect(passing).toEqual({ value: "file", conclusion: undefined });
  });

  test("by one whose making fails, and the next who asks is answered as ever", () => {
    const asker = new Asker(temp);
    const before = concluded(asker, "/c/a.txt");
    const fails = (): unknown =>
      asker.during(() =>
        asker.tree.conclude(
          () => {
            asker.tree.resolve(pathOf("/c/a.txt"));
            throw new Error("not made");
          },
          () => 100,
        ),
      );
    for (let i = 0; i < 3; i++) expect(fails).toThrow("not made");
    expect(asker.tell("/c/a.txt")).toBe("file a");
    expect(standing(asker, before)).toBeDefined();
    // What the one that failed had asked for is nothing to the next.
    asker.ask("/c/b.txt");
    const { conclusion, value } = conclude(asker, ["/c/b.txt"]);
    temp.file("c/a.txt", "new");
    expect(conclusion?.valueSince(asker.moments.next())).toBe(value);
    expect(standing(asker, before)).toBeUndefined();
  });

  test("when it says what it costs and fails at that", () => {
    const asker = new Asker(temp);
    asker.ask("/c/a.txt");
    const fails = (): unknown =>
      asker.tree.conclude(
        () => asker.tree.resolve(pathOf("/c/a.txt")),
        () => {
          throw new Error("not told");
        },
      );
    expect(fails).toThrow("not told");
    expect(standing(asker, concluded(asker, "/c/a.txt"))).toBeDefined();
  });
});

/** A memory with findings about files of its own, each by one look at the file. */
class Shelf {
  readonly moments = new Moments();
  readonly memory: LookupCache;

  constructor(fileCacheBytesMax: number = mebibytes(1)) {
    const limits = { ...defaultLimits, fileCacheBytesMax: bytes(fileCacheBytesMax) };
    this.memory = new LookupCache(limits, systemCalls(), this.moments, new FakeClock());
  }

  /** What is found for file `i`, remembered where it isn't yet; undefined when there is no room. */
  find(i: number): Lookup | undefined {
    const path = pathOf(`/shelf/${i}`);
    const since = this.moments.next();
    const known = this.memory.find(path, since);
    if (known !== undefined) return known;
    this.moments.begin(since, later());
    const seen = new FileStat();
    const where = temp.at(`shelf/${i}`);
    systemCalls().look(where, seen);
    this.memory.remember(path, { kind: "absent" }, [{ path: where, seen }]);
    this.moments.end();
    return this.memory.find(path, since);
  }

  /** The same, which has to be there. */
  findings(...indices: readonly number[]): Lookup[] {
    return indices.map((i) => {
      const finding = this.find(i);
      if (finding === undefined) throw new Error(`no room for ${i}`);
      return finding;
    });
  }

  /** Concludes `name` from all of `findings`. */
  conclude(name: string, cost: number, findings: readonly Lookup[]): Conclusion<Value> {
    const conclusion = this.memory.conclude({ name }, cost, findings);
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
    expect(this.memory.find(path, this.moments.next())).toBeUndefined();
  }
}

describe("what is concluded is counted", () => {
  beforeAll(() => {
    for (let i = 0; i < 18; i++) temp.file(`shelf/${i}`);
  });

  test("with each finding that it hangs on, and given back to the last byte", () => {
    const shelf = new Shelf();
    const { memory } = shelf;
    const findings = shelf.findings(0, 1, 2);
    expect(memory.bytes).toBe(3 * findingBytes);
    const conclusion = shelf.conclude("two", 700, findings.slice(0, 2));
    shelf.conclude("one", 11, findings.slice(1, 2));
    expect(memory.bytes).toBe(3 * findingBytes + 2 * 700 + 11);
    expect(findings.map((finding) => finding.bytes)).toEqual([
      findingBytes + 700,
      findingBytes + 711,
      findingBytes,
    ]);
    shelf.forget(0);
    expect(conclusion.valueSince(0)).toBeUndefined();
    expect(memory.bytes).toBe(2 * findingBytes + 711);
    shelf.forget(1);
    expect(memory.bytes).toBe(findingBytes);
    shelf.forget(2);
    expect(memory.bytes).toBe(0);
  });

  test("twice with one that was asked for twice", () => {
    const shelf = new Shelf();
    const [finding] = shelf.findings(0);
    if (finding === undefined) return;
    shelf.conclude("twice", 50, [finding, finding]);
    expect(shelf.memory.bytes).toBe(findingBytes + 100);
    shelf.forget(0);
    expect(shelf.memory.bytes).toBe(0);
  });

  test("and the oldest gives way when there are more than 64 on one finding", () => {
    const shelf = new Shelf();
    const findings = shelf.findings(0, 1);
    const both = shelf.conclude("both", 1000, findings);
    const all = Array.from({ length: conclusionsMax - 1 }, (_, i) =>
      shelf.conclude(String(i), 10, findings.slice(0, 1)),
    );
    const since = shelf.moments.next();
    const names = (): unknown[] => [both, ...all].map((one) => one.valueSince(since)?.name);
    const told = all.map((_, i) => String(i));
    expect(names()).toEqual(["both", ...told]);
    shelf.conclude("65th", 10, findings.slice(0, 1));
    expect(names()).toEqual([undefined, ...told]);
    // The other finding has it still, and counts it.
    expect(findings.map((finding) => finding.bytes)).toEqual([
      findingBytes + conclusionsMax * 10,
      findingBytes + 1000,
    ]);
    shelf.conclude("66th", 10, findings.slice(0, 1));
    expect(names()).toEqual([undefined, undefined, ...told.slice(1)]);
    expect(shelf.memory.bytes).toBe(2 * findingBytes + conclusionsMax * 10 + 1000);
    shelf.forget(0);
    expect(names().every((name) => name === undefined)).toBe(true);
    shelf.forget(1);
    expect(shelf.memory.bytes).toBe(0);
  });

  test("and is let go of with the first finding that is forgotten for want of room", () => {
    const shelf = new Shelf(18 * findingBytes + 200);
    const all = shelf.findings(...Array.from({ length: 18 }, (_, i) => i));
    const conclusion = shelf.conclude("value", 100, [...all.slice(17), ...all.slice(0, 1)]);
    const full = 18 * findingBytes + 200;
    expect(shelf.memory.bytes).toBe(full);
    expect(conclusion.valueSince(0)?.name).toBe("value");
    // Room for the next costs the first finding there is, though nothing has changed.
    shelf.conclude("next", 50, all.slice(5, 6));
    expect(shelf.memory.bytes).toBe(full - findingBytes - 100 + 50);
    expect(conclusion.valueSince(0)).toBeUndefined();
    expect(shelf.memory.find(pathOf("/shelf/17"), 0)).toBe(all[17] as Lookup);
  });

  test("and is none when room for it costs a finding that it hangs on", () => {
    const shelf = new Shelf(18 * findingBytes);
    const all = shelf.findings(...Array.from({ length: 18 }, (_, i) => i));
    const room = 18 * findingBytes;
    expect(shelf.memory.bytes).toBe(room);
    // All were asked for just now; the first is the first to go.
    expect(shelf.memory.conclude("value", 100, all.slice(0, 1))).toBeUndefined();
    expect(shelf.memory.bytes).toBe(room - findingBytes);
    // And one that was forgotten before.
    expect(shelf.memory.conclude("value", 100, all.slice(0, 2))).toBeUndefined();
    expect(shelf.memory.bytes).toBe(room - findingBytes);
    const conclusion = shelf.memory.conclude("value", 100, all.slice(5, 6));
    expect(conclusion?.valueSince(0)).toBe("value");
    expect(shelf.memory.bytes).toBe(room - findingBytes + 100);
  });

  test("and is none when it would take more than a sixteenth of all room", () => {
    const shelf = new Shelf(16 * findingBytes);
    const findings = shelf.findings(0, 1);
    expect(shelf.memory.conclude("value", findingBytes + 1, findings.slice(0, 1))).toBeUndefined();
    expect(shelf.memory.conclude("value", findingBytes / 2 + 1, findings)).toBeUndefined();
    expect(shelf.memory.bytes).toBe(2 * findingBytes);
    expect(shelf.memory.conclude("value", findingBytes / 2, findings)).toBeDefined();
    expect(shelf.memory.bytes).toBe(3 * findingBytes);
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
    const bytesMax = fc.integer({ min: findingBytes, max: 20 * findingBytes });
    const property = fc.property(fc.array(step, { maxLength: 40 }), bytesMax, (steps, room) => {
      const shelf = new Shelf(room);
      const { memory } = shelf;
      const made: { conclusion: Conclusion<Value>; from: readonly number[]; isOld: boolean }[] = [];
      for (const each of steps) {
        if (each.kind === "ask") shelf.find(each.i);
        if (each.kind === "change") {
          shelf.change(each.i);
          for (const one of made) one.isOld ||= one.from.includes(each.i);
        }
        for (let time = 0; each.kind === "conclude" && time < each.times; time++) {
          const findings = each.from.flatMap((i) => shelf.find(i) ?? []);
          if (findings.length < each.from.length) continue;
          const conclusion = memory.conclude({ name: "" }, each.cost, findings);
          if (conclusion !== undefined) made.push({ conclusion, from: each.from, isOld: false });
        }
        expect(memory.bytes).toBeLessThanOrEqual(room);
        const since = shelf.moments.next();
        const old = made.filter(({ isOld }) => isOld);
        expect(old.every(({ conclusion }) => conclusion.valueSince(since) === undefined)).toBe(
          true,
        );
      }
      for (let i = 0; i < 12; i++) shelf.forget(i);
      expect(memory.bytes).toBe(0);
      expect(made.every(({ conclusion }) => conclusion.valueSince(0) === undefined)).toBe(true);
    });
    fc.assert(property, { numRuns: 300 });
  });
});
