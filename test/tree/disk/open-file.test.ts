import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { defaultLimits } from "../../../src/base/limits.ts";
import { Slot } from "../../../src/base/slot.ts";
import { bytes } from "../../../src/base/units.ts";
import { LogicalClock } from "../../../src/schedule/logical-clock.ts";
import { FileStat, word } from "../../../src/system/file-stat.ts";
import { isSettled } from "../../../src/tree/disk/open-file.ts";
import type { OpenFile } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { contentOf, fileAt, TempTree, uncachedView } from "../temp-tree.ts";

const temp = new TempTree();
afterAll(() => temp.remove());

/** A tree that reads no file ahead. */
const openFiles = { limits: { ...defaultLimits, inlineBytesMax: bytes(0) } };

/** Late enough for every change to be settled. */
const later = (): View => View.anew(Date.now() + 60_000);

describe("a file whose last change", () => {
  const asked = 10_000;

  test.each([
    ["was a tenth of a second before it was asked for", asked - 100, false],
    ["was longer ago", asked - 101, true],
    ["came after that, and before the look", asked + 5000, false],
  ])("%s", (_what, ctimeMs, settled) => {
    const words = Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ctimeMs / 1000, 0, 0);
    words[word.ctime + 2] = (ctimeMs % 1000) * 1e6;
    expect(isSettled(new FileStat(words), asked)).toBe(settled);
  });

  test("is known by whether it was before the request", () => {
    const clock = new LogicalClock();
    const tree = temp.open({ ...openFiles, clock });
    temp.file("young.txt");
    // A file has a version while every later change will show.
    const isSettledBy = (view: View): boolean => {
      const file = fileAt(tree, "/young.txt", view);
      file.close();
      return file.version !== undefined;
    };
    expect(isSettledBy(uncachedView())).toBe(false);
    const { ctimeMs } = fs.statSync(temp.at("young.txt"));
    const settled = [0, 200].map((laterMs) => [
      isSettledBy(new View(clock.tick(), ctimeMs + laterMs)),
      isSettledBy(View.anew(ctimeMs + laterMs)),
    ]);
    expect(settled).toEqual([
      [false, false],
      [true, true],
    ]);
    tree.close();
  });
});

describe("reading", () => {
  test("is by position, ends with 0, and a closed file has no content", () => {
    const tree = temp.open(openFiles);
    temp.file("read.txt", "0123456789");
    const file = fileAt(tree, "/read.txt");
    const into = new Uint8Array(4);
    expect(file.read(into, 8)).toBe(2);
    expect([...into.subarray(0, 2)]).toEqual([0x38, 0x39]);
    expect(file.read(into, 0)).toBe(4);
    expect(file.read(into, 10)).toBe(0);
    expect(file.read(into, 4_000_000_000)).toBe(0);
    expect(file.read(new Uint8Array(0), 0)).toBe(0);
    fs.writeFileSync(temp.at("read.txt"), "short");
    expect(new TextDecoder().decode(file.readAll())).toBe("short");
    file.close();
    file.close();
    expect(file.read(into, 0)).toBe(0);
  });

  test("a second close doesn't take another file's descriptor away", () => {
    const tree = temp.open(openFiles);
    temp.file("one.txt", "one");
    const first = fileAt(tree, "/one.txt");
    first.close();
    const second = fileAt(tree, "/one.txt");
    first.close();
    expect(contentOf(second)).toBe("one");
  });
});

const sizes = [
  ["small", { limits: defaultLimits }],
  ["large", openFiles],
] as const;

describe.each(sizes)("the version of a %s file", (size, limits) => {
  const name = `version-${size}.txt`;
  const versionNow = (): string | undefined => {
    const tree = temp.open(limits);
    const file = fileAt(tree, `/${name}`, later());
    file.close();
    tree.close();
    return file.version;
  };

  test("stays as long as the file is what it is, and is the same for every tree", () => {
    temp.file(name, "one");
    const version = versionNow();
    expect(version).toMatch(/^[0-9a-z]+$/);
    expect(versionNow()).toBe(version as string);
  });

  test.each<readonly [what: string, change: () => void]>([
    ["its content", () => fs.writeFileSync(temp.at(name), "two")],
    ["its mode", () => fs.chmodSync(temp.at(name), 0o604)],
    ["its date", () => fs.utimesSync(temp.at(name), 1, 1)],
    [
      "its place, which another file takes",
      () => {
        fs.copyFileSync(temp.at(name), temp.at(`${name}.new`));
        fs.renameSync(temp.at(`${name}.new`), temp.at(name));
      },
    ],
  ])("is another one after a change of %s", (_what, change) => {
    temp.file(name, "one");
    const version = versionNow();
    // A tick of the file system's clock.
    Bun.sleepSync(12);
    change();
    expect(versionNow()).not.toBe(version as string);
    expect(versionNow()).toBeString();
  });

  test("is none while another change might not show", () => {
    temp.file(name, "one");
    const tree = temp.open(limits);
    const { ctimeMs } = fs.statSync(temp.at(name));
    for (const afterMs of [-1000, 0, 99]) {
      const file = fileAt(tree, `/${name}`, View.anew(ctimeMs + afterMs));
      file.close();
      expect(file.version).toBeUndefined();
    }
  });
});

describe("a large file", () => {
  test("can be sent by the kernel until it is closed, and has no slot: it is given out once", () => {
    temp.file("handle.txt", "content");
    const file = fileAt(temp.open(openFiles), "/handle.txt", later());
    expect([typeof file.handle, file.content, file.slot]).toEqual(["number", undefined, undefined]);
    file.close();
    expect([file.handle, file.isUnchanged(), file.isIntact()]).toEqual([undefined, false, false]);
  });

  test("tells an edit from a new name", () => {
    temp.file("moved.txt", "one");
    const file = fileAt(temp.open(openFiles), "/moved.txt");
    expect([file.isUnchanged(), file.isIntact()]).toEqual([true, true]);
    Bun.sleepSync(12);
    fs.renameSync(temp.at("moved.txt"), temp.at("moved-away.txt"));
    expect([file.isUnchanged(), file.isIntact()]).toEqual([false, true]);
    fs.writeFileSync(temp.at("moved-away.txt"), "two");
    expect([file.isUnchanged(), file.isIntact()]).toEqual([false, false]);
    file.close();
  });
});

describe("a small file", () => {
  test("is what was read, whatever becomes of the one on the disk, and needs no closing", () => {
    temp.file("small.txt", "0123456789");
    const file = fileAt(temp.open(), "/small.txt");
    temp.file("small.txt", "another");
    expect([file.handle, file.isUnchanged(), file.isIntact()]).toEqual([undefined, true, true]);
    const into = new Uint8Array(4);
    expect([file.read(into, 8), into[0], into[1]]).toEqual([2, 0x38, 0x39]);
    expect(file.read(into, 10)).toBe(0);
    file.close();
    expect(new TextDecoder().decode(file.readAll())).toBe("0123456789");
  });

  test("has a slot once it is given out again", () => {
    temp.file("slot.txt", "content");
    const clock = new LogicalClock();
    const tree = temp.open({ clock });
    const ask = (): OpenFile =>
      fileAt(tree, "/slot.txt", new View(clock.tick(), Date.now() + 60_000));
    const first = ask();
    expect(first.slot).toBeUndefined();
    const second = ask();
    const { slot } = second;
    expect(second).toBe(first);
    expect(slot?.value).toBeUndefined();
    expect(slot).toBeInstanceOf(Slot);
    expect(ask().slot).toBe(slot as Slot);
  });
});
