import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { Slot } from "../../../src/base/slot.ts";
import { bytes } from "../../../src/base/units.ts";
import type { FileSource } from "../../../src/http/message/response.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { lookAt } from "../../../src/system/file-system.ts";
import { OpenFileCache, SharedFile } from "../../../src/tree/cache/open-file-cache.ts";
import type { DiskTree } from "../../../src/tree/disk/disk-tree.ts";
import type { OpenFile } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { FakeClock } from "../../schedule/fake-clock.ts";
import { fileAt, TempTree } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

/** Not within a test. */
const restMs = 1_000_000;

/** The file `name`, kept. */
function keep(openFiles: OpenFileCache, name: string, content = name): SharedFile {
  temp.file(name, content);
  const facts = lookAt(temp.at(name));
  if (!facts.ok) throw new Error(facts.error);
  return new SharedFile(name, facts.value, temp.at(name), openFiles);
}

/** The descriptor of `file`, -1 while it has none. */
const fdOf = ({ handle }: FileSource): number => (handle as unknown as number | undefined) ?? -1;

function textOf(file: FileSource): string {
  const buffer = new Uint8Array(100);
  return new TextDecoder().decode(buffer.subarray(0, file.read(buffer, 0)));
}

/** The names of the files of the tree that are open now. */
const openNames = (): string[] =>
  (canListDescriptors ? descriptorsInto(temp.root) : [])
    .map((path) => path.slice(temp.root.length + 1))
    .toSorted();

describe("a file that is kept", () => {
  test("is open when it is asked for, and says what it is before", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const file = keep(openFiles, "a.txt", "hello");
    expect([fdOf(file), file.size, file.mediaType]).toEqual([-1, 5, "text/plain; charset=utf-8"]);
    expect(openFiles.size).toBe(0);
    expect(file.open()).toBe(true);
    const fd = fdOf(file);
    expect(fd).toBeGreaterThan(-1);
    expect(file.open()).toBe(true);
    expect([fdOf(file), openFiles.size]).toEqual([fd, 1]);
    expect(new TextDecoder().decode(file.readAll())).toBe("hello");
    file.close();
    expect([fdOf(file), textOf(file)]).toEqual([fd, "hello"]);
    openFiles.close();
    expect([fdOf(file), openFiles.size]).toEqual([-1, 0]);
  });

  test.each([
    ["removed", () => fs.rmSync(temp.at("b.txt"))],
    ["replaced", () => temp.file("b.txt", "other")],
    [
      "replaced by a link to itself",
      () => {
        fs.renameSync(temp.at("b.txt"), temp.at("b.moved"));
        temp.link("b.txt", "b.moved");
      },
    ],
    ["no longer readable by others", () => fs.chmodSync(temp.at("b.txt"), 0o600)],
  ])("can't be opened when it has been %s", (_what, change) => {
    const file = keep(new OpenFileCache(9, restMs, new FakeClock()), "b.txt");
    // A tick of the file system's clock.
    Bun.sleepSync(12);
    change();
    expect(file.open()).toBe(false);
    expect([fdOf(file), file.isUnchanged(), file.isIntact(), textOf(file)]).toEqual([
      -1,
      false,
      false,
      "",
    ]);
    const use = file.share();
    expect([fdOf(use), textOf(use), use.isIntact?.()]).toEqual([-1, "", false]);
    use.close();
    expect(openNames()).toEqual([]);
    fs.rmSync(temp.at("b.txt"), { force: true });
  });

  test("tells an edit from a new name", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const file = keep(openFiles, "c.txt", "one");
    file.open();
    expect([file.isUnchanged(), file.isIntact()]).toEqual([true, true]);
    Bun.sleepSync(12);
    fs.renameSync(temp.at("c.txt"), temp.at("c.moved"));
    expect([file.isUnchanged(), file.isIntact()]).toEqual([false, true]);
    fs.writeFileSync(temp.at("c.moved"), "two");
    expect([file.isUnchanged(), file.isIntact()]).toEqual([false, false]);
    openFiles.close();
  });

  test("is shared by all who are sent it, and stays open for them though it is removed", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const file = keep(openFiles, "d.txt", "for all");
    const [one, other] = [file.share(), file.share()];
    expect(fdOf(one)).toBe(fdOf(other));
    fs.rmSync(temp.at("d.txt"));
    for (let i = 0; i < 3; i++) openFiles.rest();
    openFiles.close();
    expect([textOf(one), textOf(other)]).toEqual(["for all", "for all"]);
    one.close();
    one.close();
    expect([fdOf(one), textOf(one)]).toEqual([-1, ""]);
    openFiles.rest();
    openFiles.rest();
    expect(textOf(other)).toBe("for all");
    other.close();
    openFiles.rest();
    openFiles.rest();
    expect([fdOf(file), openFiles.size]).toEqual([-1, 0]);
  });
});

describe("open files", () => {
  test("are closed when no request has asked for them for a while", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const [wanted, other] = [keep(openFiles, "e.txt"), keep(openFiles, "f.txt")];
    wanted.open();
    other.open();
    openFiles.rest();
    expect(openFiles.size).toBe(2);
    wanted.open();
    openFiles.rest();
    expect([fdOf(wanted) > -1, fdOf(other) > -1]).toEqual([true, false]);
    openFiles.rest();
    expect(openFiles.size).toBe(0);
    expect(wanted.open()).toBe(true);
    openFiles.close();
  });

  test("are never too many: one that no request wants goes first, one that is sent never", () => {
    const openFiles = new OpenFileCache(3, restMs, new FakeClock());
    const files = ["g", "h", "i", "j", "k", "l"].map((name) => keep(openFiles, `${name}.txt`));
    const isOpen = (): boolean[] => files.map((file) => fdOf(file) > -1);
    const [g, h, i, j, k, l] = files;
    const sent = g?.share();
    h?.open();
    i?.open();
    openFiles.rest();
    h?.open();
    j?.open();
    k?.open();
    // The one that is sent is kept no longer, and stays open for that.
    expect(isOpen()).toEqual([true, true, false, true, true, false]);
    l?.open();
    expect(isOpen()[0]).toBe(true);
    expect(openFiles.size).toBe(3);
    sent?.close();
    expect(isOpen()[0]).toBe(false);
    expect(isOpen().filter((one) => one)).toHaveLength(3);
    openFiles.close();
    expect(openNames()).toEqual([]);
  });

  test("may be more when all of them are being sent", () => {
    const openFiles = new OpenFileCache(2, restMs, new FakeClock());
    const files = ["m", "n", "o"].map((name) => keep(openFiles, `${name}.txt`));
    const uses = files.map((file) => file.share());
    expect(files.filter((file) => fdOf(file) > -1)).toHaveLength(3);
    expect(openFiles.size).toBe(2);
    expect(uses.map(textOf)).toEqual(["m.txt", "n.txt", "o.txt"]);
    for (const use of uses) use.close();
    openFiles.close();
    expect(openFiles.size).toBe(0);
    expect(files.map(fdOf)).toEqual([-1, -1, -1]);
  });

  test("with room for none are closed one by the next", () => {
    const openFiles = new OpenFileCache(0, restMs, new FakeClock());
    const [one, other] = [keep(openFiles, "p.txt"), keep(openFiles, "q.txt")];
    expect([textOf(one), textOf(other), textOf(one)]).toEqual(["p.txt", "q.txt", "p.txt"]);
    expect(openFiles.size).toBe(1);
    openFiles.close();
  });

  test("are closed by an alarm, which is set while there are any", () => {
    const clock = new FakeClock();
    const openFiles = new OpenFileCache(9, restMs, clock);
    const file = keep(openFiles, "x.txt");
    expect(clock.alarmMs).toBe(Infinity);
    file.open();
    clock.advance(restMs);
    expect([fdOf(file) > -1, clock.alarmMs]).toEqual([true, clock.monotonicMs() + restMs]);
    clock.advance(restMs);
    expect([fdOf(file), clock.alarmMs]).toEqual([-1, Infinity]);
    file.open();
    openFiles.close();
    expect(clock.alarmMs).toBe(Infinity);
  });

  test("close by themselves", async () => {
    const openFiles = new OpenFileCache(9, 1, new EventLoop().alarm());
    const file = keep(openFiles, "r.txt");
    file.open();
    const giveUpMs = performance.now() + 10_000;
    while (fdOf(file) !== -1 && performance.now() < giveUpMs) await Bun.sleep(1);
    expect(fdOf(file)).toBe(-1);
  });
});

describe("a file that is removed, replaced or edited", () => {
  const changes: readonly (readonly [what: string, change: (name: string) => void])[] = [
    ["removed", (name) => fs.rmSync(temp.at(name))],
    [
      "replaced",
      (name) => {
        temp.file("new", "new");
        fs.renameSync(temp.at("new"), temp.at(name));
      },
    ],
    ["edited", (name) => fs.appendFileSync(temp.at(name), "more")],
  ];

  test.each(changes)("is closed within a second though no request comes: %s", (what, change) => {
    const looks = new FakeClock();
    const openFiles = new OpenFileCache(9, restMs, new FakeClock(), looks);
    const [file, other] = [keep(openFiles, `x-${what}`), keep(openFiles, "y.txt")];
    file.open();
    other.open();
    looks.advance(1000);
    expect([fdOf(file) > -1, fdOf(other) > -1]).toEqual([true, true]);
    Bun.sleepSync(12);
    change(`x-${what}`);
    looks.advance(1000);
    expect([fdOf(file), fdOf(other) > -1, openFiles.size]).toEqual([-1, true, 1]);
    openFiles.close();
    expect(looks.alarmMs).toBe(Infinity);
  });

  test.each(changes)("is sent to its end before it is closed: %s", (what, change) => {
    const looks = new FakeClock();
    const openFiles = new OpenFileCache(9, restMs, new FakeClock(), looks);
    const file = keep(openFiles, `x-${what}`);
    const sent = file.share();
    // A response that waits hands its share on.
    expect(sent.share?.()).toBe(sent);
    Bun.sleepSync(12);
    change(`x-${what}`);
    looks.advance(1000);
    expect([openFiles.size, looks.alarmMs]).toEqual([0, Infinity]);
    expect(textOf(sent)).toContain(`x-${what}`);
    sent.close();
    expect(fdOf(file)).toBe(-1);
  });

  test("is closed when its lookup is no longer cached", () => {
    const clock = new LogicalClock();
    const tree = temp.open({ limits: { ...defaultLimits, inlineBytesMax: bytes(4) }, clock });
    const ask = (): OpenFile => fileAt(tree, "/z.txt", new View(clock.tick(), Date.now() + 60_000));
    temp.file("z.txt", "version 0");
    ask().close();
    const kept = ask();
    expect(fdOf(kept)).toBeGreaterThan(-1);
    temp.file("new", "version 10");
    fs.renameSync(temp.at("new"), temp.at("z.txt"));
    ask().close();
    expect(fdOf(kept)).toBe(-1);
    expect(kept.read(new Uint8Array(1), 0)).toBeLessThan(0);
    tree.close();
  });
});

describe("a file that is evicted while it is being sent", () => {
  const evictions: readonly (readonly [what: string, evict: (openFiles: OpenFileCache) => void])[] =
    [
      ["another one is asked for", (openFiles) => void keep(openFiles, "t.txt").open()],
      [
        "no request asked for it",
        (openFiles) => {
          openFiles.rest();
          openFiles.rest();
        },
      ],
      ["the tree is closed", (openFiles) => openFiles.close()],
    ];

  test.each(evictions)("is closed with its last response, when %s", (_what, evict) => {
    const openFiles = new OpenFileCache(1, restMs, new FakeClock());
    const file = keep(openFiles, "s.txt");
    const [one, other] = [file.share(), file.share()];
    evict(openFiles);
    expect(openFiles.holds(file)).toBe(false);
    // A response goes on reading, which is no request for the file.
    expect([textOf(one), one.isIntact?.(), textOf(other)]).toEqual(["s.txt", true, "s.txt"]);
    expect(openFiles.holds(file)).toBe(false);
    one.close();
    one.close();
    expect(textOf(other)).toBe("s.txt");
    other.close();
    expect(fdOf(file)).toBe(-1);
    if (canListDescriptors) expect(openNames()).not.toContain("s.txt");
    openFiles.close();
  });

  test("is kept again when a request asks for it meanwhile", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const file = keep(openFiles, "u.txt");
    const sent = file.share();
    openFiles.rest();
    openFiles.rest();
    const fd = fdOf(file);
    expect([file.open(), openFiles.holds(file), fdOf(file)]).toEqual([true, true, fd]);
    sent.close();
    expect(fdOf(file)).toBe(fd);
    openFiles.close();
    expect(fdOf(file)).toBe(-1);
  });

  test("is closed once: the descriptor's next owner keeps it", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const [file, next] = [keep(openFiles, "v.txt"), keep(openFiles, "w.txt")];
    const sent = file.share();
    openFiles.close();
    sent.close();
    next.open();
    file.evicted();
    sent.close();
    expect([fdOf(file), textOf(next)]).toEqual([-1, "w.txt"]);
    openFiles.close();
  });
});

describe("a large file of a tree", () => {
  const clock = new LogicalClock();
  const limits = { ...defaultLimits, inlineBytesMax: bytes(4) };

  /** The view of a request that arrives when all that was done has settled. */
  const view = (): View => new View(clock.tick(), Date.now() + 60_000);

  /** What such a request finds. */
  const ask = (tree: DiskTree, path: string): OpenFile => fileAt(tree, path, view());

  test("is opened by the first request, and kept open from the second on", () => {
    const tree = temp.open({ limits, clock });
    temp.file("large.txt", "12345");
    const [first, second, third] = [
      ask(tree, "/large.txt"),
      ask(tree, "/large.txt"),
      ask(tree, "/large.txt"),
    ];
    expect(second).not.toBe(first);
    // One that is given out again has a slot for what follows from it.
    expect([first.slot, second.slot]).toEqual([undefined, new Slot()]);
    expect(third).toBe(second);
    first.close();
    second.close();
    expect(fdOf(third)).toBeGreaterThan(-1);
    if (canListDescriptors) expect(openNames()).toEqual(["large.txt"]);
    tree.close();
    expect(fdOf(third)).toBe(-1);
  });

  test("is looked for again when it can't be opened any more", () => {
    const tree = temp.open({ limits, clock });
    temp.file("large.txt", "12345");
    ask(tree, "/large.txt").close();
    const kept = ask(tree, "/large.txt");
    const request = view();
    expect(fileAt(tree, "/large.txt", request)).toBe(kept);
    tree.close();
    fs.rmSync(temp.at("large.txt"));
    temp.file("large.txt", "67890");
    // By looks that were made before the change; what is opened is what is there.
    const found = fileAt(tree, "/large.txt", request);
    expect(found).not.toBe(kept);
    expect(found.slot).toBeUndefined();
    expect(textOf(found)).toBe("67890");
    found.close();
    tree.close();
  });

  test("isn't kept when nothing is cached", () => {
    const without = { ...limits, fileCacheBytesMax: bytes(0) };
    const tree = temp.open({ limits: without, clock });
    temp.file("large.txt", "12345");
    for (let i = 0; i < 3; i++) {
      const file = ask(tree, "/large.txt");
      expect([file.slot, textOf(file)]).toEqual([undefined, "12345"]);
      file.close();
    }
    expect(openNames()).toEqual([]);
  });

  test("goes on being sent when its tree is closed, and is closed then", () => {
    const tree = temp.open({ limits, clock });
    temp.file("large.txt", "12345");
    ask(tree, "/large.txt").close();
    const share = ask(tree, "/large.txt").share?.();
    if (share === undefined) throw new Error("nothing to share");
    tree.close();
    expect(textOf(share)).toBe("12345");
    if (canListDescriptors) expect(openNames()).toEqual(["large.txt"]);
    share.close();
    expect(openNames()).toEqual([]);
  });
});
