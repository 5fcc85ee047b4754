import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, linkSync, readFileSync, statSync, symlinkSync, utimesSync } from "node:fs";

import { writingCalls } from "../../../src/system/writing/writing-calls.ts";
import { TempSite } from "../../temp-site.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

async function created(name: string) {
  const file = await writingCalls.create(site.at(name));
  if (!file.ok) throw new Error(file.error);
  return file.value;
}

describe("a file that is written", () => {
  test("is its owner's alone until it is finished", async () => {
    const file = await created("a");
    expect(statSync(site.at("a")).mode & 0o777).toBe(0o600);
    expect(await file.write(Buffer.from("one "))).toBeUndefined();
    expect(await file.write(Buffer.from("two"))).toBeUndefined();
    expect(await file.sync()).toBeUndefined();
    expect(await file.finish(0o644)).toBeUndefined();
    expect(statSync(site.at("a")).mode & 0o777).toBe(0o644);
    expect(readFileSync(site.at("a"), "utf8")).toBe("one two");
    await file.close();
  });

  test("is not abandoned while it is open, and is when it is closed", async () => {
    const file = await created("b");
    expect(await writingCalls.isAbandoned(site.at("b"), 0)).toBe(false);
    await file.close();
    utimesSync(site.at("b"), 1, 1);
    expect(await writingCalls.isAbandoned(site.at("b"), 2000)).toBe(true);
  });

  test("takes no name that something has, not even a link", async () => {
    site.file("taken", "taken");
    symlinkSync("nowhere", site.at("dangling"));
    for (const name of ["taken", "dangling"]) {
      expect(await writingCalls.create(site.at(name))).toEqual({ ok: false, error: "EEXIST" });
      const file = await created("c");
      await file.close();
      expect(await writingCalls.renameNew(site.at("c"), site.at(name))).toBe("EEXIST");
      expect(await writingCalls.remove(site.at("c"))).toBeUndefined();
    }
    expect(readFileSync(site.at("taken"), "utf8")).toBe("taken");
    expect(existsSync(site.at("nowhere"))).toBe(false);
  });
});

describe("a folder that is made", () => {
  test("has its mode, whatever the mask of the process is", async () => {
    const before = process.umask(0o077);
    try {
      expect(await writingCalls.makeFolder(site.at("made"), 0o755)).toBeUndefined();
    } finally {
      process.umask(before);
    }
    expect(statSync(site.at("made")).mode & 0o777).toBe(0o755);
  });

  test("takes no name that something has, and needs the folder above", async () => {
    site.file("file", "file");
    symlinkSync("nowhere", site.at("link"));
    for (const name of ["made", "file", "link"]) {
      expect(await writingCalls.makeFolder(site.at(name), 0o755)).toBe("EEXIST");
    }
    expect(await writingCalls.makeFolder(site.at("none/made"), 0o755)).toBe("ENOENT");
    expect(existsSync(site.at("nowhere"))).toBe(false);
  });
});

test("a folder is writable if the process may make names in it (access(2))", () => {
  expect(writingCalls.isWritable(site.root)).toBe(true);
  expect(writingCalls.isWritable(site.at("none"))).toBe(false);
  // For the superuser permission bits don't count.
  if (process.getuid?.() === 0) return;
  site.folder("unwritable", 0o555);
  expect(writingCalls.isWritable(site.at("unwritable"))).toBe(false);
});

test("renames over a file, and to a new name", async () => {
  site.file("from", "from");
  site.file("to", "to");
  expect(writingCalls.renameOver(site.at("from"), site.at("to"))).toBeUndefined();
  expect(writingCalls.renameOver(site.at("from"), site.at("to"))).toBe("ENOENT");
  expect(readFileSync(site.at("to"), "utf8")).toBe("from");
  expect(await writingCalls.renameNew(site.at("to"), site.at("new"))).toBeUndefined();
  expect(readFileSync(site.at("new"), "utf8")).toBe("from");
});

test("names errors", async () => {
  expect(await writingCalls.remove(site.at("none"))).toBe("ENOENT");
  expect(await writingCalls.syncFolder(site.at("none"))).toBe("ENOENT");
  expect(await writingCalls.freeBytes(site.at("none"))).toBeUndefined();
  expect(await writingCalls.names(site.at("none"))).toEqual({ ok: false, error: "ENOENT" });
  expect(await writingCalls.renameNew(site.at("none"), site.at("x"))).toBe("ENOENT");
  expect(await writingCalls.isAbandoned(site.at("none"), 0)).toBe(false);
});

test("looks into a folder, whatever its names are", async () => {
  site.file("folder/a", "");
  site.file("folder/\u00fc", "");
  const names = await writingCalls.names(site.at("folder"));
  expect(names.ok && names.value.toSorted()).toEqual(["a", "\u00fc"]);
  expect(await writingCalls.syncFolder(site.at("folder"))).toBeUndefined();
  expect(await writingCalls.freeBytes(site.at("folder"))).toBeGreaterThan(0);
});

describe("a file that is written on", () => {
  test("grows at its end, and is had by one", async () => {
    const first = await created("on");
    await first.write(Buffer.from("one"));
    expect(await writingCalls.reopen(site.at("on"))).toEqual({ ok: false, error: "EBUSY" });
    await first.close();
    const again = await writingCalls.reopen(site.at("on"));
    if (!again.ok) throw new Error(again.error);
    expect(again.value.octets).toBe(3);
    expect(again.value.modifiedMs).toBeCloseTo(statSync(site.at("on")).mtimeMs, 0);
    await again.value.file.write(Buffer.from("two"));
    await again.value.file.close();
    expect(readFileSync(site.at("on"), "utf8")).toBe("onetwo");
  });

  test("is no link, no folder, and no file with a second name", async () => {
    site.file("precious", "precious");
    symlinkSync(site.at("precious"), site.at("to-precious"));
    linkSync(site.at("precious"), site.at("second"));
    site.folder("a-folder");
    for (const name of ["to-precious", "second", "precious", "none"]) {
      expect(await writingCalls.reopen(site.at(name))).toEqual({ ok: false, error: "ENOENT" });
      expect(await writingCalls.read(site.at(name), 100)).toEqual({ ok: false, error: "ENOENT" });
    }
    expect((await writingCalls.reopen(site.at("a-folder"))).ok).toBe(false);
    expect(await writingCalls.read(site.at("a-folder"), 100)).toEqual({
      ok: false,
      error: "ENOENT",
    });
  });
});

test("reads a small file, and sets its time", async () => {
  site.file("small", "small");
  utimesSync(site.at("small"), 1, 1);
  const read = await writingCalls.read(site.at("small"), 5);
  expect(read.ok && [Buffer.from(read.value.octets).toString(), read.value.modifiedMs]).toEqual([
    "small",
    1000,
  ]);
  expect(await writingCalls.read(site.at("small"), 4)).toEqual({ ok: false, error: "EFBIG" });
  expect(await writingCalls.touch(site.at("small"), 5000)).toBeUndefined();
  expect(statSync(site.at("small")).mtimeMs).toBe(5000);
  expect(await writingCalls.touch(site.at("none"), 0)).toBe("ENOENT");
});

test("knows the time since the system has started by one name", async () => {
  expect(await writingCalls.bootId()).toBe(await writingCalls.bootId());
});
