import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import type { DiskResumableUpload } from "../../../../src/tree/writing/disk/disk-resumable-upload.ts";
import { nameOfUpload, recordName } from "../../../../src/tree/writing/temporary-name.ts";
import type { DiskUploadFolder } from "../../../../src/tree/writing/disk/disk-upload-folder.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempSite } from "../../../temp-site.ts";
import { treeOptions } from "./fake-calls.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
beforeEach(() => {
  for (const name of readdirSync(site.root)) rmSync(site.at(name), { recursive: true });
});

const options = { ...treeOptions, root: site.root };
const nowMs = Date.now();

function folderOf(uploads: DiskUploadTree): DiskUploadFolder {
  const opened = uploads.open(rootPath);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

async function begin(folder: DiskUploadFolder, id: string): Promise<DiskResumableUpload> {
  const intent = {
    method: "POST",
    name: "a",
    conditions: [],
    user: undefined,
    address: "x",
  } as const;
  const begun = await folder.beginResumable(id, intent, undefined);
  if (!begun.ok) throw new Error(begun.error);
  return begun.value;
}

/** Makes the files of `id` as old as a resumable upload must not be. */
function age(id: string): void {
  const seconds = (nowMs - defaultLimits.uploadUnfinishedTimeMs) / 1000 - 60;
  for (const name of [nameOfUpload(id), recordName(nameOfUpload(id))]) {
    utimesSync(site.at(name), seconds, seconds);
  }
}

describe("a sweep of resumable uploads", () => {
  test("removes those that have waited for too long, and counts the others", async () => {
    const folder = folderOf(new DiskUploadTree(options));
    for (const id of ["old", "new"]) await (await begin(folder, id)).close();
    const received = await begin(folder, "received");
    age("old");
    age("received");
    // Another process, that finds them.
    const uploads = new DiskUploadTree(options);
    expect(await uploads.sweep(rootPath, nowMs)).toBe(1);
    expect([uploads.unfinished.total, uploads.unfinished.of("x")]).toEqual([2, 1]);
    expect(readdirSync(site.root).toSorted()).toEqual(
      ["new", "received"]
        .map(nameOfUpload)
        .flatMap((name) => [name, recordName(name)])
        .toSorted(),
    );
    await received.close();
    folder.close();
  });

  test("removes what belongs together and isn't whole", async () => {
    const folder = folderOf(new DiskUploadTree(options));
    for (const id of ["no-record", "no-file", "bad-record", "fewer"]) {
      const upload = await begin(folder, id);
      await upload.upload.write(Buffer.from("one"));
      await upload.settle();
      await upload.close();
    }
    rmSync(site.at(recordName(nameOfUpload("no-record"))));
    rmSync(site.at(nameOfUpload("no-file")));
    writeFileSync(site.at(recordName(nameOfUpload("bad-record"))), "{");
    writeFileSync(site.at(nameOfUpload("fewer")), "on");
    for (const name of readdirSync(site.root)) utimesSync(site.at(name), 1, 1);
    await new DiskUploadTree(options).sweep(rootPath, nowMs);
    expect(readdirSync(site.root)).toEqual([]);
    folder.close();
  });

  test("leaves what only looks like a record", async () => {
    for (const name of [".postern-upload-x.json", "a.json", `${nameOfUpload("a")}.json.json`]) {
      site.file(name, "{}");
    }
    await new DiskUploadTree(options).sweep(rootPath, nowMs);
    expect(readdirSync(site.root)).toHaveLength(3);
    expect(existsSync(site.at("a.json"))).toBe(true);
  });
});
