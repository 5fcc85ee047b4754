import { afterAll, afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { bytes } from "../../../src/base/units.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { plainCalls } from "../../../src/system/plain-calls.ts";
import type { PreparedPath } from "../../../src/system/system-calls.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import { errorNumber } from "../../../src/system/system-calls.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import { LookupCache } from "../../../src/tree/cache/lookup-cache.ts";
import type { Outcome } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { Asker, later } from "../asker.ts";
import { describeOutcome, outcome, pathOf, TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());
afterEach(() => mock.restore());

describe("an outcome is cached", () => {
  test.each([
    ["a file", "/kept/file.txt"],
    ["a file behind a link", "/kept/link.txt"],
    ["a file behind a folder's link", "/linked/file.txt"],
    ["an index", "/kept/"],
    ["nothing", "/kept/nothing"],
    ["nothing behind a file", "/kept/file.txt/x"],
    ["a file that is forbidden", "/kept/private.txt"],
    ["whatever is in a folder that is forbidden", "/kept/shut/x"],
    ["a folder without its slash", "/kept"],
  ])("of %s", (_what, path) => {
    fs.rmSync(temp.at("kept"), { recursive: true, force: true });
    fs.rmSync(temp.at("linked"), { force: true });
    temp.file("kept/file.txt");
    temp.file("kept/index.html");
    temp.file("kept/private.txt", "x", 0o640);
    temp.link("kept/link.txt", "file.txt");
    temp.folder("kept/shut", 0o750);
    temp.link("linked", "kept");
    const asker = new Asker(temp);
    expect(asker.ask(path)).toBe(asker.ask(path));
  });

  test("not of a listing, which is read each time", () => {
    temp.folder("listed");
    const asker = new Asker(temp);
    expect(asker.ask("/listed/").kind).toBe("directory");
    expect(asker.ask("/listed/")).not.toBe(asker.ask("/listed/"));
  });

  test("of a file that is too large to be read where it is found, after it was found once", () => {
    temp.file("large.txt", "12345");
    const asker = new Asker(temp, { inlineBytesMax: bytes(4) });
    const [one, two, three] = [1, 2, 3].map(() => asker.ask("/large.txt"));
    expect(one).not.toBe(two);
    expect(two).toBe(three);
    if (one?.kind === "file") one.file.close();
    asker.tree.close();
  });
});

describe("a tree that is closed", () => {
  test("drops what depends on its lookups, and still answers those who ask", () => {
    temp.file("last.txt", "last");
    const asker = new Asker(temp);
    asker.ask("/last.txt");
    const view = asker.view();
    asker.tree.open(pathOf("/last.txt"), view);
    const [lookup] = view.dependencies ?? [];
    let drops = 0;
    expect(lookup?.attach({ bytes: 1, drop: () => drops++ })).toBe(true);
    asker.tree.close();
    expect(drops).toBe(1);
    expect(lookup?.attach({ bytes: 1, drop: () => drops++ })).toBe(false);
    for (let i = 0; i < 3; i++) expect(asker.tell("/last.txt")).toBe("file last");
  });
});

describe("the next request sees", () => {
  const kinds: [string, string, string, () => void, string][] = [
    ["an edit", "/n/a.txt", "file old", () => temp.file("n/a.txt", "new"), "file new"],
    [
      "another file by that name",
      "/n/a.txt",
      "file old",
      () => {
        temp.file("n/b.txt", "new");
        fs.renameSync(temp.at("n/b.txt"), temp.at("n/a.txt"));
      },
      "file new",
    ],
    ["a removal", "/n/a.txt", "file old", () => fs.rmSync(temp.at("n/a.txt")), "absent"],
    [
      "chmod of the file",
      "/n/a.txt",
      "file old",
      () => fs.chmodSync(temp.at("n/a.txt"), 0o640),
      "forbidden n/a.txt o+r",
    ],
    [
      "chmod of a folder above",
      "/n/a.txt",
      "file old",
      () => fs.chmodSync(temp.at("n"), 0o750),
      "forbidden n o+x",
    ],
    [
      "chmod of a folder two above",
      "/n/m/a.txt",
      "file deep",
      () => fs.chmodSync(temp.at("n"), 0o750),
      "forbidden n o+x",
    ],
    ["what is new", "/n/new.txt", "absent", () => temp.file("n/new.txt", "new"), "file new"],
    [
      "an index that goes",
      "/n/",
      "file index",
      () => fs.rmSync(temp.at("n/index.html")),
      "directory",
    ],
    [
      "a link that leads elsewhere",
      "/n/link",
      "file old",
      () => {
        temp.link("n/other", "m/a.txt");
        fs.renameSync(temp.at("n/other"), temp.at("n/link"));
      },
      "file deep",
    ],
    ["what a link leads to", "/n/link", "file old", () => temp.file("n/a.txt", "new"), "file new"],
    [
      "a link where a folder was",
      "/n/m/a.txt",
      "file deep",
      () => {
        fs.renameSync(temp.at("n/m"), temp.at("n/away"));
        temp.link("n/m", "/etc");
      },
      "absent",
    ],
    [
      "another folder by that name",
      "/n/m/a.txt",
      "file deep",
      () => {
        fs.renameSync(temp.at("n/m"), temp.at("n/away"));
        temp.file("n/m/a.txt", "other");
      },
      "file other",
    ],
    [
      "a bit that is given back",
      "/n/shut.txt",
      "forbidden n/shut.txt o+r",
      () => fs.chmodSync(temp.at("n/shut.txt"), 0o644),
      "file shut",
    ],
  ];

  const sizes = [
    ["small", {}],
    ["large", { inlineBytesMax: bytes(0) }],
  ] as const;

  describe.each(sizes)("files being %s", (_size, limits) => {
    test.each(kinds)("%s", (_what, path, before, change, after) => {
      fs.rmSync(temp.at("n"), { recursive: true, force: true });
      temp.folder("n", 0o755);
      temp.file("n/a.txt", "old");
      temp.file("n/index.html", "index");
      temp.file("n/shut.txt", "shut", 0o640);
      temp.folder("n/m", 0o755);
      temp.file("n/m/a.txt", "deep");
      temp.link("n/link", "a.txt");
      const asker = new Asker(temp, limits);
      for (let i = 0; i < 3; i++) expect(asker.tell(path)).toBe(before);
      change();
      for (let i = 0; i < 3; i++) expect(asker.tell(path)).toBe(after);
      fs.chmodSync(temp.at("n"), 0o755);
      asker.tree.close();
    });
  });
});

describe("a look", () => {
  test("serves the requests before it, and none after it", () => {
    temp.file("look.txt", "old");
    const asker = new Asker(temp);
    const start = asker.clock.tick();
    expect(describeOutcome(asker.askSince(start, "/look.txt"))).toBe("file old");
    temp.file("look.txt", "new");
    expect(describeOutcome(asker.askSince(start, "/look.txt"))).toBe("file old");
    expect(describeOutcome(asker.askSince(asker.clock.tick(), "/look.txt"))).toBe("file new");
  });

  test("at a folder serves all files in it", () => {
    temp.file("many/1.txt");
    temp.file("many/2.txt");
    const asker = new Asker(temp);
    asker.ask("/many/1.txt");
    asker.ask("/many/2.txt");
    const start = asker.clock.tick();
    expect(asker.askSince(start, "/many/1.txt").kind).toBe("file");
    fs.chmodSync(temp.at("many"), 0o750);
    expect(asker.askSince(start, "/many/2.txt").kind).toBe("file");
    expect(asker.ask("/many/2.txt").kind).toBe("forbidden");
    fs.chmodSync(temp.at("many"), 0o755);
  });

  test("is made anew for an answer that is made later", () => {
    temp.file("outside.txt", "old");
    const asker = new Asker(temp);
    asker.ask("/outside.txt");
    temp.file("outside.txt", "new");
    expect(outcome(asker.tree, "/outside.txt")).toBe("file new");
    const anew = View.anew(later());
    expect(describeOutcome(asker.tree.open(pathOf("/outside.txt"), anew))).toBe("file new");
  });
});

describe("what has changed just now", () => {
  test("is not cached: a change in the same tick of the clock would not show", () => {
    temp.file("fresh.txt", "old");
    const asker = new Asker(temp);
    const path = "/fresh.txt";
    for (let i = 0; i < 200; i++) {
      // Same size, and often the same time.
      fs.writeFileSync(temp.at("fresh.txt"), `${i}`.padStart(3, "0"));
      expect(describeOutcome(asker.ask(path, Date.now()))).toBe(`file ${`${i}`.padStart(3, "0")}`);
    }
    expect(asker.ask(path, Date.now())).not.toBe(asker.ask(path, Date.now()));
  });

  test("nor is anything from the future", () => {
    temp.file("fresh.txt", "old");
    const asker = new Asker(temp);
    const past = Date.now() - 50;
    expect(asker.ask("/fresh.txt", past)).not.toBe(asker.ask("/fresh.txt", past));
  });
});

const textOf = (path: PreparedPath | string): string =>
  typeof path === "string" ? path : path.text;

/**
 * Has `change` done right before the folder `name` is opened for the second time, and `undo` when
 * what is open has been looked at, or when it couldn't be opened.
 */
function atSecondOpening(name: string, change: () => void, undo: () => void): void {
  const calls = systemCalls();
  const open = calls.open.bind(calls);
  const lookInto = calls.lookInto.bind(calls);
  let openings = 0;
  let changed = -1;
  spyOn(calls, "open").mockImplementation((path, way) => {
    const isIt = way === "place" && textOf(path).endsWith(`/${name}`);
    if (!isIt || ++openings !== 2) return open(path, way);
    change();
    changed = open(path, way);
    if (changed < 0) undo();
    return changed;
  });
  spyOn(calls, "lookInto").mockImplementation((descriptor, into) => {
    const error = lookInto(descriptor, into);
    if (descriptor === changed) {
      changed = -1;
      undo();
    }
    return error;
  });
}

const between = (mode: number) => (): void => fs.chmodSync(temp.at("between"), mode);
const rename = (from: string, to: string) => (): void => fs.renameSync(temp.at(from), temp.at(to));

describe("a folder that changes there and back between the two walks for its listing", () => {
  // Where folders go by their names (no Linux) the second walk itself sees that it has changed.
  test.skipIf(process.platform !== "linux").each([
    ["can't be listed", "forbidden between o+r", between(0o711), between(0o755)],
    ["can't be searched", "forbidden between o+x", between(0o754), between(0o755)],
    ["isn't there", "absent", rename("between", "away"), rename("away", "between")],
  ])("%s in between, and is shown to the next (needs Linux)", (_what, refused, change, undo) => {
    temp.file("between/a.txt");
    const asker = new Asker(temp);
    atSecondOpening("between", change, undo);
    expect(asker.tell("/between/")).toBe(refused);
    mock.restore();
    for (let i = 0; i < 3; i++) expect(asker.tell("/between/")).toBe("directory");
    // It is what is cached otherwise that would have stayed.
    change();
    for (let i = 0; i < 3; i++) expect(asker.tell("/between/")).toBe(refused);
    undo();
    expect(asker.tell("/between/")).toBe("directory");
  });

  test.skipIf(process.platform !== "linux")(
    "is out of reach for a reason that no look shows, and is shown to the next (needs Linux)",
    () => {
      temp.file("between/a.txt");
      const asker = new Asker(temp);
      const calls = systemCalls();
      const open = calls.open.bind(calls);
      let openings = 0;
      spyOn(calls, "open").mockImplementation((path, way) => {
        const isIt = way === "place" && textOf(path).endsWith("/between");
        return isIt && ++openings === 2 ? -errorNumber.ENXIO : open(path, way);
      });
      expect(asker.tell("/between/")).toBe("absent");
      mock.restore();
      expect(asker.tell("/between/")).toBe("directory");
    },
  );
});

/** A cache that holds as much as `limits` say, and how to add "absent" to it under a path. */
function emptyCache(limits = defaultLimits) {
  const clock = new LogicalClock();
  const cache = new LookupCache(limits, plainCalls, clock, new FakeClock());
  const seen = new FileStat();
  plainCalls.look(temp.root, seen);
  const add = (path: string): void => {
    const view = new View(clock.tick(), later());
    cache.add(pathOf(path), { kind: "absent" }, [{ path: temp.root, seen }], view);
  };
  return { cache, add };
}

describe("the cache is bounded", () => {
  test("and a client that cycles through more than it holds finds some of it", () => {
    for (let i = 0; i < 200; i++) temp.file(`bound/${i}.txt`, "x".repeat(1000));
    const limit = 100 * 4048;
    const asker = new Asker(temp, { fileCacheBytesMax: bytes(limit) });
    const rounds = [0, 1, 2, 3].map(() =>
      Array.from({ length: 200 }, (_, i) => asker.ask(`/bound/${i}.txt`)),
    );
    const [, , third = [], fourth = []] = rounds;
    const found = third.filter((one, i) => one === fourth[i]).length;
    expect(found).toBeGreaterThan(50);
    expect(found).toBeLessThanOrEqual(100);
  });

  test("and an outcome takes the place of the one before it", () => {
    const { cache, add } = emptyCache();
    add("/a");
    const { bytes: once } = cache;
    add("/a");
    expect(once).toBeGreaterThan(0);
    expect(cache.bytes).toBe(once);
  });

  test("and says what it holds", () => {
    const { cache, add } = emptyCache({ ...defaultLimits, fileCacheBytesMax: bytes(10_000) });
    const remember = (path: string): void => {
      add(path);
      expect(cache.bytes).toBeLessThanOrEqual(10_000);
    };
    const isKnown = (path: string): boolean => cache.find(pathOf(path), Infinity) !== undefined;
    for (let i = 0; i < 1000; i++) remember(`/${i}`);
    const { bytes: held } = cache;
    expect(held).toBeGreaterThan(5000);
    // Those that have come once have left it as it was,
    expect(["/0", "/1", "/2", "/3"].map(isKnown)).toEqual([true, true, true, true]);
    expect(["/4", "/500", "/999"].map(isKnown)).toEqual([false, false, false]);
    // and those that come again and again get in, at last.
    for (let i = 0; i < 200 && !isKnown("/a"); i++) remember("/a");
    expect(isKnown("/a")).toBe(true);
    expect(cache.bytes).toBe(held);
  });

  test("and holds other files when those are requested instead", () => {
    for (let i = 0; i < 400; i++) temp.file(`shift/${i}.txt`, "x".repeat(1000));
    const asker = new Asker(temp, { fileCacheBytesMax: bytes(100 * 4048) });
    const round = (from: number): Outcome[] =>
      Array.from({ length: 100 }, (_, i) => asker.ask(`/shift/${from + i}.txt`));
    for (let i = 0; i < 3; i++) round(0);
    // Asking for everything once, as a crawler does, is not "instead".
    for (const from of [100, 200, 300]) round(from);
    const [before, after] = [round(0), round(0)];
    expect(before.filter((one, i) => one === after[i])).toHaveLength(100);
    for (let i = 0; i < 60; i++) round(300);
    const [third, fourth] = [round(300), round(300)];
    expect(third.filter((one, i) => one === fourth[i]).length).toBeGreaterThan(50);
  });
});
