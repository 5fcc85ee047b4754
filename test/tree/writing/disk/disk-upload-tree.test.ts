import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, symlinkSync, utimesSync } from "node:fs";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import { temporaryName } from "../../../../src/tree/writing/temporary-name.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempSite } from "../../../temp-site.ts";
import { treeOptions } from "./fake-calls.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

const options = { ...treeOptions, root: site.root };
const nowMs = Date.now();

/** A file by a name of an upload, of a process that is gone. */
function abandoned(folder: string): string {
  const name = folder + temporaryName();
  site.file(name, "half");
  utimesSync(site.at(name), 1, 1);
  return name;
}

describe("a sweep", () => {
  test("removes what a killed process has left, and nothing else", async () => {
    const uploads = new DiskUploadTree(options);
    const gone = [abandoned(""), abandoned("sub/"), abandoned("sub/deep/")];
    site.file("a.txt", "a");
    site.file(".postern-upload-mine", "mine");
    const folder = uploads.open(rootPath);
    const begun = folder.ok ? await folder.value.begin() : undefined;
    if (!folder.ok || begun?.ok !== true) throw new Error("no upload");
    expect(await uploads.sweep(rootPath, nowMs)).toBe(3);
    for (const name of gone) expect(existsSync(site.at(name))).toBe(false);
    for (const name of ["a.txt", ".postern-upload-mine"]) {
      expect(existsSync(site.at(name))).toBe(true);
    }
    // The upload that goes on is whole.
    await begun.value.finish(0o600);
    expect(await begun.value.commit("done.txt")).toEqual({ kind: "stored" });
    folder.value.close();
  });

  test("follows no link", async () => {
    const other = new TempSite("empty");
    const name = temporaryName();
    other.file(name, "half");
    utimesSync(other.at(name), 1, 1);
    symlinkSync(other.root, site.at("link"));
    symlinkSync(other.at(name), site.at(temporaryName()));
    expect(await new DiskUploadTree(options).sweep(rootPath, nowMs)).toBe(0);
    expect(existsSync(other.at(name))).toBe(true);
    other[Symbol.dispose]();
  });

  test("looks at as many entries as its limit says", async () => {
    const few = { ...options, limits: { ...defaultLimits, uploadSweepEntriesMax: 0 } };
    const name = abandoned("");
    expect(await new DiskUploadTree(few).sweep(rootPath, nowMs)).toBe(0);
    expect(existsSync(site.at(name))).toBe(true);
  });
});

test("as many files are received at one time as the limit says, if there are descriptors", () => {
  const limits = { ...defaultLimits, uploadsAtOnceMax: 1 };
  expect(new DiskUploadTree({ ...options, limits }).atOnceMax).toBe(1);
  limits.uploadsAtOnceMax = 10 ** 9;
  expect(new DiskUploadTree({ ...options, limits }).atOnceMax).toBeLessThan(10 ** 9);
});
