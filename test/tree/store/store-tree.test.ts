import { describe, expect, test } from "bun:test";

import { View } from "../../../src/tree/view.ts";
import { pathOf } from "../temp-tree.ts";
import { StoredTree } from "./stored-tree.ts";

const shut = { "x-amz-meta-mode": "100640" };
const shutFolder = { "x-amz-meta-mode": "40750" };

describe("a path of a store", () => {
  test("leads to an object, to a folder of keys that begin with it, or to nothing", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/a b.txt", "x");
    stored.stub.put("index.html", "x");
    expect(await stored.peek("/")).toBe("file");
    expect(await stored.peek("/docs/a%20b.txt")).toBe("file");
    expect(await stored.peek("/docs")).toBe("redirect");
    expect(await stored.peek("/docs/")).toBe("directory");
    expect(await stored.peek("/doc")).toBe("absent");
    expect(await stored.peek("/doc/")).toBe("absent");
    expect(await stored.peek("/docs/a%20b.txt/")).toBe("absent");
  });

  test("is below the prefix that is served", async () => {
    await using stored = await StoredTree.open({ prefix: "site/v1" });
    stored.stub.put("site/v1/a.txt", "x");
    stored.stub.put("site/v10/b.txt", "x");
    stored.stub.put("a.txt", "x");
    expect(await stored.peek("/a.txt")).toBe("file");
    expect(await stored.peek("/b.txt")).toBe("absent");
    expect((await stored.list("/")).map(({ name }) => name)).toEqual(["a.txt"]);
  });

  test("that no key can have is asked for nowhere", async () => {
    await using stored = await StoredTree.open();
    expect(await stored.peek(`/${"a/".repeat(33)}x`)).toBe("absent");
    expect(await stored.peek(`/${`${"a".repeat(200)}/`.repeat(6)}`)).toBe("absent");
    expect(await stored.peek("/a%ff")).toBe("absent");
    expect(await stored.peek("/.hidden")).toBe("absent");
    expect(stored.stub.told()).toEqual([]);
  });

  test("leads to an object whose key looks odd in a URL", async () => {
    await using stored = await StoredTree.open();
    for (const key of ["a+b", "a%20b", "ä&=?#.txt", "a'(b)*!~", "日本/語"]) {
      stored.stub.put(key, key);
      const path = `/${key.split("/").map(encodeURIComponent).join("/")}`;
      const found = await stored.ask(path);
      const text = found.kind === "file" ? new TextDecoder().decode(found.file.content) : "";
      expect(text).toBe(key);
    }
  });

  test("of an object and of a folder of one name is the object, and with a slash the folder", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a", "x");
    stored.stub.put("a/b", "x");
    expect([await stored.peek("/a"), await stored.peek("/a/"), await stored.peek("/a/b")]).toEqual([
      "file",
      "directory",
      "file",
    ]);
    expect((await stored.list("/")).map(({ kind }) => kind)).toEqual(["file"]);
  });
});

describe("permission", () => {
  test("to read a file is by the mode of its object", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/a.txt", "x", shut);
    expect(await stored.ask("/docs/a.txt")).toEqual({
      kind: "forbidden",
      denial: { path: "docs/a.txt", mode: 0o100640, lacks: "o+r", object: "other" },
    });
  });

  test("to pass through a folder is by the mode of the object that stands for it", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/", "", shutFolder);
    stored.stub.put("docs/deep/a.txt", "x");
    const lacking = async (path: string): Promise<string> => {
      const found = await stored.ask(path);
      if (found.kind !== "forbidden") return found.kind;
      expect(found.denial).toMatchObject({ path: "docs", mode: 0o040750, object: "other" });
      return found.denial.lacks;
    };
    for (const path of ["/docs/deep/a.txt", "/docs/nothing"]) {
      expect(await lacking(path)).toBe("o+x");
    }
    // A folder without an index would be listed.
    for (const path of ["/docs/", "/docs"]) expect(await lacking(path)).toBe("o+rx");
    expect(await stored.tree.describe(pathOf("/docs/"), stored.view())).toMatchObject({
      denial: { lacks: "o+rx" },
    });
    stored.stub.put("docs/index.html", "x");
    for (const path of ["/docs/", "/docs"]) expect(await lacking(path)).toBe("o+x");
  });

  test("to list a folder is another than to pass through it", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("docs/", "", { "x-amz-meta-mode": "40751" });
    stored.stub.put("docs/a.txt", "x");
    expect(await stored.ask("/docs/")).toMatchObject({ denial: { lacks: "o+r" } });
    expect(await stored.list("/docs/")).toEqual([]);
    expect(await stored.peek("/docs/a.txt")).toBe("file");
    expect(await stored.tree.describe(pathOf("/docs/"), stored.view())).toMatchObject({
      kind: "forbidden",
    });
    stored.stub.put("docs/index.html", "x");
    expect(await stored.peek("/docs/")).toBe("file");
  });

  test("with that of the process nothing is refused, and no folder is asked about", async () => {
    await using stored = await StoredTree.open({ permissions: "process" });
    stored.stub.put("docs/", "", shutFolder);
    stored.stub.put("docs/a.txt", "x", shut);
    expect(await stored.peek("/docs/a.txt")).toBe("file");
    expect(stored.stub.told()).toEqual(["GET docs/a.txt 206"]);
  });
});

describe("what is asked for", () => {
  test("for a file is the file, and each folder above it, all at once", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a/b/c.txt", "x");
    const { promise, resolve } = Promise.withResolvers<void>();
    stored.stub.fault = () => ({ wait: promise });
    const opening = stored.ask("/a/b/c.txt");
    while (stored.stub.requests.length < 3) await Bun.sleep(1);
    resolve();
    expect((await opening).kind).toBe("file");
    expect(stored.stub.told().toSorted()).toEqual([
      "GET a/b/c.txt 206",
      "HEAD a/ 404",
      "HEAD a/b/ 404",
    ]);
  });

  test("for a caller that wants a file alone is no folder", async () => {
    await using stored = await StoredTree.open();
    const found = await stored.tree.openFile(pathOf("/a.txt.br"), stored.view());
    expect(found.kind).toBe("absent");
    expect(stored.stub.told()).toEqual(["GET a.txt.br 404"]);
  });

  test("for one of many looks is no content", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "x");
    expect(await stored.tree.peek(pathOf("/a.txt"), View.passing())).toBe("file");
    expect(stored.stub.told()).toEqual(["HEAD a.txt 200"]);
  });
});

test("a folder is described by its object, or has a mode by default", async () => {
  await using stored = await StoredTree.open();
  stored.stub.put("a/", "", { "x-amz-meta-mode": "40775" }, Date.UTC(2024, 0, 1));
  stored.stub.put("b/x", "x");
  const described = async (path: string): Promise<unknown> =>
    await stored.tree.describe(pathOf(path), stored.view());
  expect(await described("/a/")).toMatchObject({
    permissionBits: 0o775,
    mtimeMs: Date.UTC(2024, 0, 1),
  });
  expect(await described("/b/")).toMatchObject({ permissionBits: 0o755 });
  expect(await described("/c/")).toMatchObject({ kind: "absent" });
  expect(await described("/")).toMatchObject({ kind: "folder" });
});

test("when the store fails, every question says so", async () => {
  await using stored = await StoredTree.open();
  stored.stub.fault = () => ({ status: 403, code: "AccessDenied" });
  const failed = {
    kind: "failed",
    code: "the object store answered 403 AccessDenied",
    gateway: { status: 502, retryAfterSeconds: 1 },
  };
  expect(await stored.ask("/a.txt")).toEqual(failed as never);
  expect(await stored.tree.describe(pathOf("/a/"), stored.view())).toMatchObject({
    kind: "failed",
  });
  expect(stored.list("/")).rejects.toThrow("AccessDenied");
});
