import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import type { DiskUploadFolder } from "../../../../src/tree/writing/disk/disk-upload-folder.ts";
import type { DiskUpload } from "../../../../src/tree/writing/disk/disk-upload.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempSite } from "../../../temp-site.ts";
import type { Faults } from "./fake-calls.ts";
import { faultyCalls, treeOptions } from "./fake-calls.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

function open(faults: Faults = {}): DiskUploadFolder {
  const options = { ...treeOptions, root: site.root };
  const opened = new DiskUploadTree(options, faultyCalls(faults)).open(rootPath);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

async function begin(folder: DiskUploadFolder): Promise<DiskUpload> {
  const upload = await folder.begin();
  if (!upload.ok) throw new Error(upload.error);
  return upload.value;
}

/** An upload of `text` that is on the disk. */
async function finished(folder: DiskUploadFolder, text: string): Promise<DiskUpload> {
  const upload = await begin(folder);
  expect(await upload.write(Buffer.from(text))).toBeUndefined();
  expect(await upload.finish(0o640)).toBeUndefined();
  return upload;
}

const read = (name: string): string => readFileSync(site.at(name), "utf8");

describe("an upload", () => {
  test("has no name until it is whole", async () => {
    const folder = open();
    const upload = await finished(folder, "one");
    expect(readdirSync(site.root)).toEqual([expect.stringMatching(/^\.postern-upload-/)]);
    expect(await upload.commit("a.txt")).toEqual({ kind: "stored" });
    await upload.discard();
    folder.close();
    expect(readdirSync(site.root)).toEqual(["a.txt"]);
    expect(read("a.txt")).toBe("one");
    expect(statSync(site.at("a.txt")).mode & 0o777).toBe(0o640);
  });

  test("leaves nothing when it is discarded, however far it got", async () => {
    const folder = open();
    await (await begin(folder)).discard();
    await (await finished(folder, "one")).discard();
    const twice = await finished(folder, "one");
    await twice.discard();
    await twice.discard();
    folder.close();
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("is written in order, whatever the sizes of its pieces", async () => {
    const folder = open();
    const upload = await begin(folder);
    let whole = "";
    for (const [i, size] of [1, 10, 70_000, 3, 300_000, 0, 200_000, 100_000, 5].entries()) {
      const piece = String(i).repeat(size);
      whole += piece;
      expect(await upload.write(Buffer.from(piece))).toBeUndefined();
    }
    expect(upload.octets).toBe(whole.length);
    await upload.finish(0o600);
    await upload.commit("a");
    folder.close();
    expect(read("a") === whole).toBe(true);
  });

  test("takes no name that something has, and may be given another", async () => {
    site.file("a", "old");
    symlinkSync("nowhere", site.at("link"));
    const folder = open();
    const upload = await finished(folder, "new");
    expect(await upload.commit("a")).toEqual({ kind: "taken" });
    expect(await upload.commit("link")).toEqual({ kind: "taken" });
    expect(await upload.commit("b")).toEqual({ kind: "stored" });
    folder.close();
    expect([read("a"), read("b")]).toEqual(["old", "new"]);
  });

  test("replaces the file that was seen, and no other", async () => {
    site.file("a", "old");
    const folder = open();
    const seen = folder.look("a");
    if (seen.kind !== "file") throw new Error(seen.kind);
    writeFileSync(site.at("a"), "changed meanwhile");
    const upload = await finished(folder, "new");
    expect(await upload.commit("a", seen)).toEqual({ kind: "taken" });
    const now = folder.look("a");
    if (now.kind !== "file") throw new Error(now.kind);
    expect(await upload.commit("a", now)).toEqual({ kind: "stored" });
    folder.close();
    expect(read("a")).toBe("new");
  });

  test("of two for one name, one gets it", async () => {
    const folder = open();
    const uploads = [await finished(folder, "one"), await finished(folder, "two")];
    const ends = await Promise.all(uploads.map((upload) => upload.commit("a")));
    expect(ends.map(({ kind }) => kind).toSorted()).toEqual(["stored", "taken"]);
    for (const upload of uploads) await upload.discard();
    folder.close();
    expect(readdirSync(site.root)).toEqual(["a"]);
  });

  test("of two that replace one file, one does", async () => {
    site.file("a", "old");
    const folder = open();
    const seen = folder.look("a");
    if (seen.kind !== "file") throw new Error(seen.kind);
    const uploads = [await finished(folder, "one"), await finished(folder, "two")];
    const ends = await Promise.all(uploads.map((upload) => upload.commit("a", seen)));
    expect(ends.map(({ kind }) => kind)).toEqual(["stored", "taken"]);
    for (const upload of uploads) await upload.discard();
    folder.close();
    expect([readdirSync(site.root), read("a")]).toEqual([["a"], "one"]);
  });

  test("gets no name before it is finished", async () => {
    const folder = open();
    const upload = await begin(folder);
    expect(upload.commit("a")).rejects.toThrow("finished");
    await upload.discard();
    folder.close();
  });
});

describe("a disk that fails", () => {
  test.each(["ENOSPC", "EDQUOT", "EIO"])("with %s is named, and nothing is left", async (code) => {
    const faults: Faults = { create: code };
    const folder = open(faults);
    expect(await folder.begin()).toEqual({ ok: false, error: code });
    delete faults.create;

    faults.write = code;
    const large = await begin(folder);
    expect(await large.write(new Uint8Array(300_000))).toBe(code);
    await large.discard();
    const small = await begin(folder);
    expect(await small.write(new Uint8Array(3))).toBeUndefined();
    expect(await small.finish(0o600)).toBe(code);
    await small.discard();
    delete faults.write;

    faults.finish = code;
    const unsynced = await begin(folder);
    expect(await unsynced.finish(0o600)).toBe(code);
    await unsynced.discard();
    delete faults.finish;

    faults.rename = code;
    const unnamed = await finished(folder, "one");
    expect(await unnamed.commit("a")).toEqual({ kind: "failed", fault: code });
    await unnamed.discard();
    folder.close();
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("to put a long file on the disk is told before all of it has come", async () => {
    const folder = open({ sync: "EIO" });
    const upload = await begin(folder);
    const piece = new Uint8Array(8 * 1024 * 1024);
    let written = 0;
    let code: string | undefined;
    while (code === undefined && written < 20) {
      code = await upload.write(piece);
      written++;
    }
    expect([code, written]).toEqual(["EIO", 8]);
    await upload.discard();
    folder.close();
    expect(readdirSync(site.root)).toEqual([]);
  });

  test("to sync the folder is told, though the file has its name", async () => {
    const folder = open({ syncFolder: "EIO" });
    const upload = await finished(folder, "one");
    expect(await upload.commit("a")).toEqual({ kind: "failed", fault: "EIO" });
    folder.close();
  });

  test("keeps what has to stay free", async () => {
    const floor = Number(defaultLimits.uploadFreeBytesMin);
    const folder = open({ freeBytes: floor + 100 });
    const upload = await begin(folder);
    expect(await upload.lacks(100)).toBeUndefined();
    expect(await upload.lacks(101)).toBe("ENOSPC");
    expect(await upload.write(new Uint8Array(100_000))).toBe("ENOSPC");
    await upload.discard();
    folder.close();
  });
});
