import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { Moments } from "../../../src/tree/cache/freshness.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { FakeClock } from "../../server/fake-clock.ts";
import { bytes } from "../../../src/base/units.ts";
import { SharedFile, OpenFileCache } from "../../../src/tree/cache/open-file-cache.ts";
import type { FileUse } from "../../../src/tree/tree.ts";
import type { OpenFile } from "../../../src/tree/disk/disk-tree.ts";
import { lookAt } from "../../../src/system/file-system.ts";
import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { pathOf, TempTree } from "../temp-tree.ts";

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

function textOf(file: Pick<FileUse, "read">): string {
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
    expect([file.fd, file.size, file.mediaType]).toEqual([-1, 5, "text/plain; charset=utf-8"]);
    expect(openFiles.size).toBe(0);
    expect(file.open()).toBe(true);
    const { fd } = file;
    expect(fd).toBeGreaterThan(-1);
    expect(file.open()).toBe(true);
    expect([file.fd, openFiles.size]).toEqual([fd, 1]);
    expect(new TextDecoder().decode(file.readAll())).toBe("hello");
    file.close();
    expect([file.fd, textOf(file)]).toEqual([fd, "hello"]);
    openFiles.close();
    expect([file.fd, openFiles.size]).toEqual([-1, 0]);
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
    expect([file.fd, file.isUnchanged(), file.isIntact(), textOf(file)]).toEqual([
      -1,
      false,
      false,
      "",
    ]);
    const use = file.share();
    expect([use.fd, textOf(use), use.isIntact()]).toEqual([-1, "", false]);
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
    expect(one.fd).toBe(other.fd);
    fs.rmSync(temp.at("d.txt"));
    for (let i = 0; i < 3; i++) openFiles.rest();
    openFiles.close();
    expect([textOf(one), textOf(other)]).toEqual(["for all", "for all"]);
    one.close();
    one.close();
    expect([one.fd, textOf(one)]).toEqual([-1, ""]);
    openFiles.rest();
    openFiles.rest();
    expect(textOf(other)).toBe("for all");
    other.close();
    openFiles.rest();
    openFiles.rest();
    expect([file.fd, openFiles.size]).toEqual([-1, 0]);
  });
});

describe("open files", () => {
  test("rest when nobody has asked for them for a while", () => {
    const openFiles = new OpenFileCache(9, restMs, new FakeClock());
    const [wanted, other] = [keep(openFiles, "e.txt"), keep(openFiles, "f.txt")];
    wanted.open();
    other.open();
    openFiles.rest();
    expect(openFiles.size).toBe(2);
    wanted.open();
    openFiles.rest();
    expect([wanted.fd > -1, other.fd > -1]).toEqual([true, false]);
    openFiles.rest();
    expect(openFiles.size).toBe(0);
    expect(wanted.open()).toBe(true);
    openFiles.close();
  });

  test("are never too many: one that nobody wants goes first, one that is sent never", () => {
    const openFiles = new OpenFileCache(3, restMs, new FakeClock());
    const files = ["g", "h", "i", "j", "k", "l"].map((name) => keep(openFiles, `${name}.txt`));
    const isOpen = (): boolean[] => files.map(({ fd }) => fd > -1);
    const [g, h, i, j, k, l] = files;
    const sent = g?.share();
    h?.open();
    i?.open();
    openFiles.rest();
    h?.open();
    j?.open();
    expect(isOpen()).toEqual([true, true, false, true, false, false]);
    k?.open();
    l?.open();
    expect(isOpen()[0]).toBe(true);
    expect(openFiles.size).toBe(3);
    sent?.close();
    openFiles.close();
    expect(openNames()).toEqual([]);
  });

  test("may be more when all of them are being sent", () => {
    const openFiles = new OpenFileCache(2, restMs, new FakeClock());
    const uses = ["m", "n", "o"].map((name) => keep(openFiles, `${name}.txt`).share());
    expect(openFiles.size).toBe(3);
    expect(uses.map(textOf)).toEqual(["m.txt", "n.txt", "o.txt"]);
    for (const use of uses) use.close();
    openFiles.close();
    expect(openFiles.size).toBe(0);
  });

  test("with room for none are closed one by the next", () => {
    const openFiles = new OpenFileCache(0, restMs, new FakeClock());
    const [one, other] = [keep(openFiles, "p.txt"), keep(openFiles, "q.txt")];
    expect([textOf(one), textOf(other), textOf(one)]).toEqual(["p.txt", "q.txt", "p.txt"]);
    expect(openFiles.size).toBe(1);
    openFiles.close();
  });

  test("close by themselves", async () => {
    const openFiles = new OpenFileCache(9, 1, new EventLoop().alarm());
    const file = keep(openFiles, "r.txt");
    file.open();
    const giveUpMs = performance.now() + 10_000;
    while (file.fd !== -1 && performance.now() < giveUpMs) await Bun.sleep(1);
    expect(file.fd).toBe(-1);
  });
});

describe("a large file of a tree", () => {
  const moments = new Moments();
  const limits = { ...defaultLimits, inlineBytesMax: bytes(4) };

  /** What a request finds that arrives when all that was done has settled. */
  function ask(tree: ReturnType<TempTree["open"]>, path: string): OpenFile {
    moments.begin(moments.next(), Date.now() + 60_000);
    const found = tree.resolve(pathOf(path));
    moments.end();
    if (found.kind !== "file") throw new Error(found.kind);
    return found.file;
  }

  test("is opened by the first who asks, and kept open from the second on", () => {
    const tree = temp.open({ limits, moments });
    temp.file("large.txt", "12345");
    const [first, second, third] = [1, 2, 3].map(() => ask(tree, "/large.txt"));
    expect([first?.recurs, second?.recurs]).toEqual([false, true]);
    expect(third).toBe(second);
    first?.close();
    second?.close();
    expect(third?.fd).toBeGreaterThan(-1);
    if (canListDescriptors) expect(openNames()).toEqual(["large.txt"]);
    tree.close();
    expect(third?.fd).toBe(-1);
  });

  test("is looked for again when it can't be opened any more", () => {
    const tree = temp.open({ limits, moments });
    temp.file("large.txt", "12345");
    ask(tree, "/large.txt").close();
    const kept = ask(tree, "/large.txt");
    const since = moments.next();
    moments.begin(since, Date.now() + 60_000);
    expect(tree.resolve(pathOf("/large.txt"))).toMatchObject({ file: kept });
    tree.close();
    fs.rmSync(temp.at("large.txt"));
    temp.file("large.txt", "67890");
    // By looks that were made before the change; what is opened is what is there.
    const found = tree.resolve(pathOf("/large.txt"));
    moments.end();
    expect(found).toMatchObject({ kind: "file", file: { recurs: false } });
    if (found.kind === "file") {
      expect(textOf(found.file)).toBe("67890");
      found.file.close();
    }
    tree.close();
  });

  test("isn't kept when nothing is remembered", () => {
    const without = { ...limits, fileCacheBytesMax: bytes(0) };
    const tree = temp.open({ limits: without, moments });
    temp.file("large.txt", "12345");
    for (let i = 0; i < 3; i++) {
      const file = ask(tree, "/large.txt");
      expect([file.recurs, textOf(file)]).toEqual([false, "12345"]);
      file.close();
    }
    expect(openNames()).toEqual([]);
  });
});
