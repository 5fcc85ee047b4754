import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";

import type { WritingCalls } from "../../../../src/system/writing/writing-calls.ts";
import { writingCalls } from "../../../../src/system/writing/writing-calls.ts";
import { containPath } from "../../../../src/tree/path.ts";
import type { DiskUploadFolder } from "../../../../src/tree/writing/disk/disk-upload-folder.ts";
import { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";
import { TempTree } from "../../temp-tree.ts";
import { treeOptions } from "./fake-calls.ts";

const tree = new TempTree();
afterAll(() => tree.remove());
tree.file("in/a.txt", "one");
tree.folder("shut", 0o700);
tree.folder("in/sub");
tree.link("to-in", "in");
tree.link("in/link.txt", "a.txt");
tree.link("in/out", "../../../outside");

function openIn(path: string, permissions: "other" | "process" = "other") {
  const contained = containPath(path);
  if (!contained.ok) throw new Error(contained.error);
  const uploads = new DiskUploadTree({ ...treeOptions, root: tree.root, permissions });
  return uploads.open(contained.value);
}

function folderAt(path: string): DiskUploadFolder {
  const opened = openIn(path);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

describe("a folder to write to", () => {
  test("is found by its path, with a slash or without", () => {
    for (const path of ["/", "/in/", "/in", "/in/sub/"]) {
      const folder = folderAt(path);
      expect(folder.isCurrent()).toBe(true);
      folder.close();
    }
  });

  test.each(["/none/", "/in/a.txt", "/to-in/", "/in/out/", "/.hidden/"])("%s is none", (path) => {
    expect(openIn(path)).toMatchObject({ ok: false, error: { kind: "absent" } });
  });

  test("is none where strangers may not pass through", () => {
    const denied = openIn("/shut/");
    expect(denied).toMatchObject({ ok: false, error: { kind: "forbidden" } });
    expect(openIn("/shut/below/")).toMatchObject({ ok: false, error: { kind: "forbidden" } });
    const opened = openIn("/shut/", "process");
    expect(opened.ok).toBe(true);
    if (opened.ok) opened.value.close();
  });

  test("tells what has a name", () => {
    const folder = folderAt("/in/");
    expect(folder.look("none")).toEqual({ kind: "absent" });
    expect(folder.look("a.txt")).toMatchObject({ kind: "file", permissionBits: 0o644 });
    expect(folder.look("sub")).toEqual({ kind: "other" });
    expect(folder.look("link.txt")).toEqual({ kind: "other" });
    expect(folder.look("x".repeat(300))).toEqual({ kind: "failed", fault: "ENAMETOOLONG" });
    folder.close();
  });

  test("opens a file, and no link", () => {
    const folder = folderAt("/in/");
    const file = folder.open("a.txt", 0);
    expect(new TextDecoder().decode(file?.content)).toBe("one");
    expect(folder.open("link.txt", 0)).toBeUndefined();
    expect(folder.open("sub", 0)).toBeUndefined();
    folder.close();
  });

  test("removes a file", async () => {
    tree.file("in/gone.txt");
    const folder = folderAt("/in/");
    expect(await folder.remove("gone.txt")).toBeUndefined();
    expect(await folder.remove("gone.txt")).toBe("ENOENT");
    folder.close();
  });
});

test("a folder can be written to if the system says so of what is open", () => {
  const folder = folderAt("/in/");
  expect(folder.isWritable()).toBe(true);
  folder.close();
  const contained = containPath("/in/");
  if (!contained.ok) throw new Error("no path");
  const asked: string[] = [];
  const calls: WritingCalls = {
    ...writingCalls,
    isWritable: (path) => readdirSync((asked[0] = path)).includes("unwritable"),
  };
  const options = { ...treeOptions, root: tree.root, permissions: "other" } as const;
  const opened = new DiskUploadTree(options, calls).open(contained.value);
  if (!opened.ok) throw new Error(opened.error.kind);
  expect(opened.value.isWritable()).toBe(false);
  expect(asked).toHaveLength(1);
  opened.value.close();
});

test("a folder makes folders, unless it has moved", async () => {
  const folder = folderAt("/in/");
  expect(await folder.makeFolder("made", 0o711)).toBeUndefined();
  expect(await folder.makeFolder("made", 0o711)).toBe("EEXIST");
  expect(folder.look("made")).toEqual({ kind: "other" });
  folder.close();
  tree.folder("leaves");
  const leaving = folderAt("/leaves/");
  renameSync(tree.at("leaves"), tree.at("left"));
  expect(await leaving.makeFolder("made", 0o711)).toBe("ENOENT");
  leaving.close();
  expect(readdirSync(tree.at("left"))).toEqual([]);
});

describe("a folder that is swapped while a file is written", () => {
  test("for a link takes nothing, and neither does what the link leads to", async () => {
    tree.folder("swapped");
    const folder = folderAt("/swapped/");
    const upload = await folder.begin();
    if (!upload.ok) throw new Error(upload.error);
    await upload.value.write(Buffer.from("sent"));
    await upload.value.finish(0o644);
    renameSync(tree.at("swapped"), tree.at("moved"));
    tree.link("swapped", "../outside");
    expect(folder.isCurrent()).toBe(false);
    expect(await upload.value.commit("new.txt")).toEqual({ kind: "moved" });
    await upload.value.discard();
    folder.close();
    expect(readdirSync(tree.at("moved"))).toEqual([]);
    expect(existsSync(tree.at("../outside/new.txt"))).toBe(false);
    expect(readFileSync(tree.at("../outside/canary.txt"), "utf8")).not.toBe("sent");
  });
});
