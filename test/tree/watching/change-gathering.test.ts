import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../../src/base/limits.ts";
import type { TreeChange } from "../../../src/tree/watching/change-gathering.ts";
import { ChangeGathering } from "../../../src/tree/watching/change-gathering.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";

const { liveQuietTimeMs, liveGoneTimeMs, liveGatherTimeMs, liveChangesMax } = defaultLimits;

class Gathered {
  readonly quiet = new FakeClock();
  readonly latest = new FakeClock();
  readonly changes: TreeChange[] = [];
  readonly existing = new Set(["a.html", "b.css"]);
  readonly gathering = new ChangeGathering({
    limits: defaultLimits,
    alarms: [this.quiet, this.latest],
    isPassing: (path) => path.endsWith("~"),
    exists: (path) => this.existing.has(path),
    told: (change) => void this.changes.push(change),
  });

  advance(byMs: number): void {
    this.quiet.advance(byMs);
    this.latest.advance(byMs);
  }
}

describe("changes are gathered", () => {
  test("until it is quiet, and told together, each path once", () => {
    const gathered = new Gathered();
    gathered.gathering.add("a.html", "change");
    gathered.advance(liveQuietTimeMs - 1);
    gathered.gathering.add("b.css", "change");
    gathered.gathering.add("a.html", "change");
    gathered.advance(liveQuietTimeMs - 1);
    expect(gathered.changes).toEqual([]);
    gathered.advance(1);
    expect(gathered.changes).toEqual([{ paths: ["a.html", "b.css"], isAll: false }]);
    gathered.advance(2 * liveGatherTimeMs);
    expect(gathered.changes.length).toBe(1);
  });

  test("for a bounded time, if it never gets quiet", () => {
    const gathered = new Gathered();
    for (let ms = 0; ms < liveGatherTimeMs; ms += 50) {
      gathered.gathering.add("a.html", "change");
      gathered.advance(50);
    }
    expect(gathered.changes.length).toBe(1);
  });

  test("up to a number, beyond which anything may have changed", () => {
    const gathered = new Gathered();
    for (let i = 0; i <= liveChangesMax; i++) gathered.gathering.add(`${i}.css`, "change");
    gathered.advance(liveQuietTimeMs);
    expect(gathered.changes[0]?.isAll).toBe(true);
    expect(gathered.changes[0]?.paths.length).toBe(liveChangesMax);
  });

  test("but not those of names that concern no page", () => {
    const gathered = new Gathered();
    gathered.gathering.add("a.html~", "change");
    gathered.advance(liveGatherTimeMs);
    expect(gathered.changes).toEqual([]);
  });

  test("and forgotten with the watch", () => {
    const gathered = new Gathered();
    gathered.gathering.add("a.html", "change");
    gathered.gathering.clear();
    gathered.advance(liveGatherTimeMs);
    expect(gathered.changes).toEqual([]);
  });
});

describe("what has gone", () => {
  test("and came meanwhile is left out: a file that was written and renamed over another", () => {
    const gathered = new Gathered();
    gathered.gathering.add("b.css.X1y2Z3", "rename");
    gathered.gathering.add("b.css.X1y2Z3", "change");
    gathered.gathering.add("b.css.X1y2Z3", "rename");
    gathered.gathering.add("b.css", "rename");
    gathered.advance(liveQuietTimeMs);
    expect(gathered.changes).toEqual([{ paths: ["b.css"], isAll: false }]);
  });

  test("and was there before is told, written to before or not, after a longer time", () => {
    const gathered = new Gathered();
    gathered.gathering.add("old.html", "rename");
    gathered.gathering.add("old.css", "change");
    gathered.gathering.add("old.css", "rename");
    gathered.gathering.add("old", "rename");
    gathered.gathering.add("old", "rename");
    gathered.advance(liveQuietTimeMs + liveGoneTimeMs - 1);
    expect(gathered.changes).toEqual([]);
    gathered.advance(1);
    expect(gathered.changes).toEqual([{ paths: ["old.html", "old.css", "old"], isAll: false }]);
  });

  test("is told with what comes instead, when a build empties its folder first", () => {
    const gathered = new Gathered();
    gathered.existing.clear();
    gathered.gathering.add("a.html", "rename");
    gathered.advance(liveQuietTimeMs + liveGoneTimeMs / 2);
    gathered.existing.add("a.html");
    gathered.gathering.add("a.html", "rename");
    gathered.advance(liveQuietTimeMs);
    expect(gathered.changes).toEqual([{ paths: ["a.html"], isAll: false }]);
    gathered.advance(liveGatherTimeMs);
    expect(gathered.changes.length).toBe(1);
  });

  test("as a whole root is told after that time, and another root at once", () => {
    const gathered = new Gathered();
    gathered.gathering.addAll(true);
    gathered.advance(liveQuietTimeMs);
    expect(gathered.changes).toEqual([]);
    gathered.advance(liveGoneTimeMs);
    expect(gathered.changes).toEqual([{ paths: [], isAll: true }]);
    gathered.gathering.addAll(false);
    gathered.advance(liveQuietTimeMs);
    expect(gathered.changes.length).toBe(2);
  });
});
