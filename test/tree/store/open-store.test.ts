import { expect, test } from "bun:test";

import { StoredTree } from "./stored-tree.ts";

test("a tree in a store asks for nothing until it is asked, and serves objects without a mode", async () => {
  await using stored = await StoredTree.open();
  stored.stub.put("a.txt", "x");
  await Bun.sleep(5);
  expect(stored.stub.told()).toEqual([]);
  expect(await stored.peek("/a.txt")).toBe("file");
});

test("a store's mode is that of objects without one, and of folders", async () => {
  await using stored = await StoredTree.open({ store: { mode: 0o600 } });
  stored.stub.put("docs/a.txt", "x");
  stored.stub.put("docs/b.txt", "x", { "x-amz-meta-mode": "100644" });
  expect(await stored.peek("/docs/a.txt")).toBe("forbidden");
  expect(await stored.peek("/docs/b.txt")).toBe("file");
  expect(await stored.peek("/docs/")).toBe("forbidden");
});
