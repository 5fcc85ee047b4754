import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import { success } from "../../../../src/base/result.ts";
import type { UploadFolder } from "../../../../src/tree/writing/upload-tree.ts";
import { StoredTree } from "../stored-tree.ts";

let stored: StoredTree;
let folder: UploadFolder;
beforeEach(async () => {
  stored = await StoredTree.open();
  stored.stub.put("in/", "");
  stored.stub.put("in/a.txt", "one", { "x-amz-meta-mode": "100640" });
  stored.stub.put("in/sub/b.txt", "two");
  folder = await stored.folder("/in/");
  stored.stub.told();
});
afterEach(async () => await stored[Symbol.asyncDispose]());

const object = (key: string) => stored.stub.stored.objects.get(key);

/** Stores `text` as `name`. */
async function store(name: string, text: string): Promise<string> {
  const begun = await folder.begin(() =>
    Promise.resolve(success({ name, mode: 0o644, isNumbered: false })),
  );
  if (!begun.ok) throw new Error("not begun");
  await begun.value.write(new TextEncoder().encode(text));
  await begun.value.finish(0o644);
  return (await begun.value.commit(name)).kind;
}

test("tells what has a name", async () => {
  expect(await folder.look("none")).toEqual({ kind: "absent" });
  expect(await folder.look("a.txt")).toEqual({
    kind: "file",
    permissionBits: 0o640,
    etag: object("in/a.txt")?.etag ?? "",
    size: 3,
  });
  expect(await folder.look("sub")).toEqual({ kind: "other" });
  stored.stub.fault = () => ({ status: 403, code: "AccessDenied" });
  expect(await folder.look("none")).toMatchObject({ kind: "failed", fault: { status: 502 } });
});

test("asks for a file each time, and once whether a name is a folder's", async () => {
  await folder.look("none");
  await folder.look("none");
  expect(stored.stub.told()).toEqual([
    "HEAD in/none 404",
    "GET list in/none/ 200",
    "HEAD in/none 404",
  ]);
});

test("asks once for what stands beside a file", async () => {
  expect([await folder.has("a.txt"), await folder.has("a.txt.gz")]).toEqual([true, false]);
  expect([await folder.has("a.txt"), await folder.has("a.txt.gz")]).toEqual([true, false]);
  expect(stored.stub.told()).toEqual(["HEAD in/a.txt 200", "HEAD in/a.txt.gz 404"]);
});

test("tells which names are free", async () => {
  const free = ["none", "a.txt", "sub"].map(async (name) => await folder.isFree(name));
  expect(await Promise.all(free)).toEqual([true, false, false]);
});

describe("a file in it", () => {
  test("is opened if it is the one that was seen", async () => {
    const seen = await folder.look("a.txt");
    if (seen.kind !== "file") throw new Error("no file");
    const file = await folder.open("a.txt", 0, seen);
    expect(new TextDecoder().decode(file?.content)).toBe("one");
    stored.stub.put("in/a.txt", "another");
    expect(await folder.open("a.txt", 0, seen)).toBeUndefined();
  });

  test("that was stored is told without asking for it", async () => {
    expect(await store("new.txt", "three")).toBe("stored");
    stored.stub.told();
    const file = await folder.open("new.txt", 0);
    expect(new TextDecoder().decode(file?.content)).toBe("three");
    expect(stored.stub.told()).toEqual([]);
  });

  test("is removed", async () => {
    expect(await folder.remove("a.txt")).toBeUndefined();
    expect(object("in/a.txt")).toBeUndefined();
    const seen = { kind: "file", permissionBits: 0, size: 3, etag: '"x"' } as const;
    stored.stub.put("in/a.txt", "one");
    expect(await folder.remove("a.txt", seen)).toBe("EEXIST");
    expect(object("in/a.txt")).toBeDefined();
    stored.stub.fault = () => ({ status: 403, code: "AccessDenied" });
    expect(await folder.remove("a.txt")).toMatchObject({ status: 502 });
  });
});

test("makes a folder, whose object has its mode", async () => {
  expect(await folder.makeFolder("new", 0o755)).toBeUndefined();
  expect(object("in/new/")?.fields).toMatchObject({
    "x-amz-meta-mode": "40755",
    "content-type": "application/x-directory",
  });
  expect(await folder.makeFolder("new", 0o755)).toBe("EEXIST");
});

describe("a folder that has gone, or was shut, meanwhile", () => {
  test("takes no file", async () => {
    stored.clock.addedMs += 2000;
    stored.stub.put("in/", "", { "x-amz-meta-mode": "40700" });
    expect(await store("new", "x")).toBe("moved");
    expect(await folder.makeFolder("new", 0o755)).toBe("ENOENT");
    for (const key of ["in/", "in/a.txt", "in/sub/b.txt"]) stored.stub.remove(key);
    expect(await store("new", "x")).toBe("moved");
    expect(object("in/new")).toBeUndefined();
  });

  test("that can't be asked for fails", async () => {
    stored.clock.addedMs += 2000;
    stored.stub.fault = ({ key }) => (key === "in/" ? { status: 403 } : undefined);
    expect(await store("new", "x")).toBe("failed");
  });
});

describe("what this process has changed shows at once, however fresh answers are", () => {
  beforeEach(async () => {
    await stored[Symbol.asyncDispose]();
    stored = await StoredTree.open({ store: { fresh: 3600 } });
    folder = await stored.folder("/");
  });

  test("a file that wasn't there", async () => {
    expect(await stored.tell("/new.txt")).toBe("absent");
    expect((await stored.list("/")).length).toBe(0);
    await store("new.txt", "three");
    stored.stub.nowMs += 10_000;
    expect(await stored.tell("/new.txt")).toContain("file");
    expect((await stored.list("/")).map(({ name }) => name)).toEqual(["new.txt"]);
    await folder.remove("new.txt");
    expect(await stored.tell("/new.txt")).toBe("absent");
    expect((await stored.list("/")).length).toBe(0);
  });

  test("a folder that wasn't there, and what is in it", async () => {
    expect(await stored.tell("/new/")).toBe("absent");
    expect(await stored.tell("/new")).toBe("absent");
    await folder.makeFolder("new", 0o755);
    expect(await stored.tell("/new/")).toBe("directory");
    expect(await stored.tell("/new")).toBe("redirect");
  });

  test("and what was asked for before the change isn't kept", async () => {
    stored.stub.put("a.txt", "old");
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = ({ method }) => (method === "GET" ? { wait: promise } : undefined);
    const early = stored.tell("/a.txt");
    await Bun.sleep(20);
    stored.stub.fault = undefined;
    await folder.remove("a.txt");
    stored.stub.put("a.txt", "old");
    resolve();
    expect(await early).toContain("file");
    stored.stub.remove("a.txt");
    expect(await stored.tell("/a.txt")).toBe("absent");
  });
});
