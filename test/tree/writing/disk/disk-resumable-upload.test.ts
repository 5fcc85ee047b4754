import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";

import { rootPath } from "../../../../src/tree/path.ts";
import type { DiskResumableUpload } from "../../../../src/tree/writing/disk/disk-resumable-upload.ts";
import { nameOfUpload, recordName } from "../../../../src/tree/writing/temporary-name.ts";
import type { DiskUploadFolder } from "../../../../src/tree/writing/disk/disk-upload-folder.ts";
import type { UploadIntent } from "../../../../src/tree/writing/upload-record.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempSite } from "../../../temp-site.ts";
import type { Faults } from "./fake-calls.ts";
import { faultyCalls, treeOptions } from "./fake-calls.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const intent: UploadIntent = {
  method: "POST",
  name: "a",
  conditions: [],
  user: undefined,
  address: "x",
};
const id = "one";
const [file, record] = [nameOfUpload(id), recordName(nameOfUpload(id))] as const;

function tree(faults: Faults = {}): DiskUploadTree {
  return new DiskUploadTree({ ...treeOptions, root: site.root }, faultyCalls(faults));
}

function folderOf(uploads: DiskUploadTree): DiskUploadFolder {
  const opened = uploads.open(rootPath);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

async function begin(folder: DiskUploadFolder, length?: number): Promise<DiskResumableUpload> {
  const begun = await folder.beginResumable(id, intent, length);
  if (!begun.ok) throw new Error(begun.error);
  return begun.value;
}

async function reopen(folder: DiskUploadFolder): Promise<DiskResumableUpload> {
  const opened = await folder.openResumable(id);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

const errorOf = async (folder: DiskUploadFolder): Promise<string | undefined> => {
  const opened = await folder.openResumable(id);
  if (!opened.ok) return opened.error;
  await opened.value.close();
  return undefined;
};

const append = async (upload: DiskResumableUpload, text: string): Promise<void> => {
  expect(await upload.upload.write(Buffer.from(text))).toBeUndefined();
};

/** An upload of "one" that was settled and closed. */
async function kept(folder: DiskUploadFolder): Promise<void> {
  const upload = await begin(folder, 9);
  await append(upload, "one");
  expect(await upload.settle()).toBeUndefined();
  await upload.close();
}

/** Writes the record anew, with `changes`. */
function change(changes: Readonly<Record<string, unknown>>): void {
  const old = JSON.parse(readFileSync(site.at(record), "utf8")) as object;
  writeFileSync(site.at(record), JSON.stringify({ ...old, ...changes }));
}

describe("an upload that is gone on with", () => {
  test("is what it was, and gets its name", async () => {
    const uploads = tree();
    const folder = folderOf(uploads);
    await kept(folder);
    expect(readdirSync(site.root).toSorted()).toEqual([file, record]);
    expect(uploads.unfinished.total).toBe(1);
    const upload = await reopen(folder);
    expect([upload.upload.octets, upload.record.length, upload.record.name]).toEqual([3, 9, "a"]);
    await append(upload, "two");
    await append(upload, "six");
    expect(await upload.upload.finish(0o644)).toBeUndefined();
    expect(await upload.upload.commit("a")).toEqual({ kind: "stored" });
    await upload.discard();
    expect(readdirSync(site.root)).toEqual(["a"]);
    expect(readFileSync(site.at("a"), "utf8")).toBe("onetwosix");
    expect(uploads.unfinished.total).toBe(0);
    folder.close();
  });

  test("is had by one at a time", async () => {
    const folder = folderOf(tree());
    const upload = await begin(folder);
    expect(await errorOf(folder)).toBe("EBUSY");
    expect(upload.isClaimed()).toBe(false);
    expect(await folder.claimResumable(id, Date.now())).toBeUndefined();
    expect(upload.isClaimed()).toBe(true);
    await upload.close();
    const again = await reopen(folder);
    expect(again.isClaimed()).toBe(false);
    await again.discard();
    expect(await errorOf(folder)).toBe("ENOENT");
    expect(readdirSync(site.root)).toEqual([]);
    folder.close();
  });

  test("has what a killed process had written", async () => {
    const folder = folderOf(tree());
    await kept(folder);
    // Written and not settled: as if the process had ended there.
    writeFileSync(site.at(file), "onetwo");
    const upload = await reopen(folder);
    expect(upload.upload.octets).toBe(6);
    expect(await upload.settle()).toBeUndefined();
    expect(upload.record.octets).toBe(6);
    await upload.close();
    folder.close();
  });

  test("of an earlier start of the system counts if all that was told is there", async () => {
    const folder = folderOf(tree());
    await kept(folder);
    change({ bootId: "another" });
    const upload = await reopen(folder);
    expect(upload.upload.octets).toBe(3);
    await upload.close();
    writeFileSync(site.at(file), "onetwo");
    expect(await errorOf(folder)).toBe("ENOENT");
    folder.close();
  });

  test("is none when octets are missing", async () => {
    const folder = folderOf(tree());
    await kept(folder);
    truncateSync(site.at(file), 2);
    expect(await errorOf(folder)).toBe("ENOENT");
    folder.close();
  });
});

describe("what another user of the machine has put in its place", () => {
  test.each([
    ["a link", (path: string) => symlinkSync(site.at("other"), path)],
    ["a second name of a file", (path: string) => linkSync(site.at("other"), path)],
  ])("%s is not written, nor read", async (_, make) => {
    site.file("other", "secret");
    const folder = folderOf(tree());
    await kept(folder);
    for (const name of [file, record]) {
      renameSync(site.at(name), site.at("aside"));
      make(site.at(name));
      expect(await errorOf(folder)).toBe("ENOENT");
      rmSync(site.at(name));
      renameSync(site.at("aside"), site.at(name));
    }
    expect(readFileSync(site.at("other"), "utf8")).toBe("secret");
    expect(await errorOf(folder)).toBeUndefined();
    folder.close();
  });

  test("a record that is none is of no upload", async () => {
    const folder = folderOf(tree());
    await kept(folder);
    for (const text of ["", "{}", "x".repeat(100_000)]) {
      writeFileSync(site.at(record), text);
      expect(await errorOf(folder)).toBe("ENOENT");
    }
    folder.close();
  });
});

describe("an error of the disk", () => {
  test.each([
    ["create", "ENOSPC"],
    ["rename", "EIO"],
    ["write", "EDQUOT"],
  ] as const)("in %s leaves nothing of one that begins", async (call, code) => {
    const uploads = tree({ [call]: code });
    const folder = folderOf(uploads);
    expect(await folder.beginResumable(id, intent, 9)).toEqual({ ok: false, error: code });
    expect(readdirSync(site.root)).toEqual([]);
    expect(uploads.unfinished.total).toBe(0);
    folder.close();
  });

  test("is told when it settles", async () => {
    const faults: Faults = {};
    const folder = folderOf(tree(faults));
    const upload = await begin(folder);
    await append(upload, "one");
    faults.sync = "EIO";
    expect(await upload.settle()).toBe("EIO");
    await upload.discard();
    expect(readdirSync(site.root)).toEqual([]);
    folder.close();
  });
});
