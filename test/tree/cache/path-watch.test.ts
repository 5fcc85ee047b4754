import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import type { SystemCalls } from "../../../src/system/system-calls.ts";
import { FileStat } from "../../../src/system/file-stat.ts";
import { systemCalls } from "../../../src/system/system-choice.ts";
import { PathWatch } from "../../../src/tree/cache/path-watch.ts";
import { TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

const clock = new LogicalClock();
let looks = 0;

/** The system's calls, with the looks counted. */
const counting: SystemCalls = Object.create(systemCalls(), {
  look: {
    value: (...args: Parameters<SystemCalls["look"]>) => {
      looks++;
      return systemCalls().look(...args);
    },
  },
});

/** What is at `name` now; undefined for nothing. */
function stat(name: string): FileStat | undefined {
  const seen = new FileStat();
  return systemCalls().look(temp.at(name), seen) === 0 ? seen : undefined;
}

/** A watch of `name`, as that is now. */
function watchOf(name: string): PathWatch {
  clock.tick();
  return new PathWatch(temp.at(name), stat(name), counting, clock);
}

/** Whether a request that comes now finds what `watch` saw at `version`. */
const isCurrent = (watch: PathWatch, version = 0): boolean =>
  watch.isCurrent(version, clock.tick());

beforeEach(() => {
  fs.rmSync(temp.at("w"), { recursive: true, force: true });
  temp.file("w/file.txt", "one");
  temp.folder("w/folder");
  looks = 0;
});

describe("a watch", () => {
  test("looks once for all requests that a look can serve, and again for later ones", () => {
    const watch = watchOf("w/file.txt");
    const since = clock.now;
    for (let i = 0; i < 3; i++) expect(watch.isCurrent(0, since)).toBe(true);
    expect(looks).toBe(0);
    const later = clock.tick();
    for (let i = 0; i < 3; i++) expect(watch.isCurrent(0, later)).toBe(true);
    expect(looks).toBe(1);
    expect(watch.isCurrent(0, Infinity)).toBe(true);
    expect(looks).toBe(2);
  });

  test("sees a change with its next look, and no earlier", () => {
    const watch = watchOf("w/file.txt");
    const since = clock.now;
    fs.appendFileSync(temp.at("w/file.txt"), "more");
    expect(watch.isCurrent(0, since)).toBe(true);
    expect(isCurrent(watch)).toBe(false);
    // And for those that could still have had it, too.
    expect(watch.isCurrent(0, since)).toBe(false);
    expect([watch.version, isCurrent(watch, 1)]).toEqual([1, true]);
  });

  test.each<readonly [what: string, name: string, change: () => void]>([
    ["an edit", "w/file.txt", () => fs.appendFileSync(temp.at("w/file.txt"), "more")],
    ["a mode", "w/file.txt", () => fs.chmodSync(temp.at("w/file.txt"), 0o640)],
    ["a removal", "w/file.txt", () => fs.rmSync(temp.at("w/file.txt"))],
    ["what is new", "w/new.txt", () => temp.file("w/new.txt")],
    ["a folder's mode", "w/folder", () => fs.chmodSync(temp.at("w/folder"), 0o711)],
    [
      "another folder",
      "w/folder",
      () => {
        fs.renameSync(temp.at("w/folder"), temp.at("w/away"));
        temp.folder("w/folder");
      },
    ],
    [
      "a file where a folder was",
      "w/folder",
      () => {
        fs.rmdirSync(temp.at("w/folder"));
        temp.file("w/folder");
      },
    ],
  ])("sees %s", (_what, name, change) => {
    const watch = watchOf(name);
    change();
    expect([isCurrent(watch), watch.version]).toEqual([false, 1]);
    expect([isCurrent(watch, 1), watch.version]).toEqual([true, 1]);
  });

  test("gets another version when the former state comes back: the time may differ", () => {
    const watch = watchOf("w/new.txt");
    temp.file("w/new.txt");
    expect(isCurrent(watch)).toBe(false);
    fs.rmSync(temp.at("w/new.txt"));
    expect([isCurrent(watch), isCurrent(watch, 2), watch.version]).toEqual([false, true, 2]);
  });

  test("cares for a folder's own facts, and not for what is in it", () => {
    const watch = watchOf("w/folder");
    temp.file("w/folder/new.txt");
    temp.folder("w/folder/inner");
    fs.utimesSync(temp.at("w/folder"), 1, 1);
    expect(isCurrent(watch)).toBe(true);
  });

  test("agrees with what somewhere else was seen at its path, by its last look", () => {
    const watch = watchOf("w/file.txt");
    const before = stat("w/file.txt");
    expect([watch.agreesWith(before), watch.agreesWith(undefined)]).toEqual([true, false]);
    fs.appendFileSync(temp.at("w/file.txt"), "more");
    expect(watch.agreesWith(stat("w/file.txt"))).toBe(false);
    watch.look();
    expect([watch.agreesWith(before), watch.agreesWith(stat("w/file.txt"))]).toEqual([false, true]);
    fs.rmSync(temp.at("w/file.txt"));
    watch.look();
    expect([watch.agreesWith(before), watch.agreesWith(undefined)]).toEqual([false, true]);
  });

  test("agrees with a folder whatever is in it", () => {
    const watch = watchOf("w/folder");
    temp.file("w/folder/new.txt");
    expect(watch.agreesWith(stat("w/folder"))).toBe(true);
    fs.chmodSync(temp.at("w/folder"), 0o711);
    expect(watch.agreesWith(stat("w/folder"))).toBe(false);
  });
});

describe("a chain of watches", () => {
  test("is shared by all that come the same way", () => {
    const [folder, file] = [watchOf("w"), watchOf("w/file.txt")];
    const chain = file.after(folder.after(undefined));
    expect(file.after(folder.after(undefined))).toBe(chain);
    expect([chain.watch, chain.before?.watch, chain.before?.before]).toEqual([
      file,
      folder,
      undefined,
    ]);
    expect([chain.version, chain.before?.version]).toEqual([0, 0]);
  });

  test("is another one when a watch has seen something else since", () => {
    const [folder, file] = [watchOf("w"), watchOf("w/file.txt")];
    const chain = file.after(folder.after(undefined));
    fs.chmodSync(temp.at("w"), 0o711);
    folder.look();
    const next = file.after(folder.after(undefined));
    expect(next).not.toBe(chain);
    expect([next.version, next.before?.version, chain.before?.version]).toEqual([0, 1, 0]);
    fs.chmodSync(temp.at("w"), 0o755);
  });

  test("is another one for another way to the same file", () => {
    const [folder, other, file] = [watchOf("w"), watchOf("w/folder"), watchOf("w/file.txt")];
    expect(file.after(other.after(undefined))).not.toBe(file.after(folder.after(undefined)));
    expect(file.after(undefined).before).toBeUndefined();
  });
});
