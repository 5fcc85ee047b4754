import { describe, expect, test } from "bun:test";

import type { ListingSort, ListingStep, ListingTotals, TreeName } from "../../../src/tree/tree.ts";
import { View } from "../../../src/tree/view.ts";
import { pathOf } from "../temp-tree.ts";
import { StoredTree } from "./stored-tree.ts";

describe("a listing of a store", () => {
  test("has sizes and dates of the objects, and folders without one", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "abc", {}, Date.UTC(2024, 0, 1));
    stored.stub.put("docs/x", "x");
    expect(await stored.list("/")).toEqual([
      { name: "docs", kind: "directory", size: 0, mtimeMs: -Infinity, denial: undefined },
      { name: "a.txt", kind: "file", size: 3, mtimeMs: Date.UTC(2024, 0, 1), denial: undefined },
    ]);
  });

  test("says what is locked, which costs a question for each entry once", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "abc", { "x-amz-meta-mode": "100600" });
    stored.stub.put("b.txt", "abc");
    stored.stub.put("docs/", "", { "x-amz-meta-mode": "40750" });
    stored.stub.put("docs/x", "x");
    const locked = async (): Promise<string[]> =>
      (await stored.list("/")).filter(({ denial }) => denial !== undefined).map(({ name }) => name);
    expect(await locked()).toEqual(["docs", "a.txt"]);
    expect(stored.stub.told().toSorted()).toEqual([
      "GET list  200",
      "HEAD a.txt 200",
      "HEAD b.txt 200",
      "HEAD docs/ 200",
    ]);
    // The list names the versions of files; of a folder it tells nothing.
    expect(await locked()).toEqual(["docs", "a.txt"]);
    expect(stored.stub.told()).toEqual(["GET list  200", "HEAD docs/ 200"]);
    stored.stub.put("b.txt", "abc", { "x-amz-meta-mode": "100600" }, stored.stub.nowMs - 60_000);
    expect(await locked()).toEqual(["docs", "a.txt", "b.txt"]);
  });

  test("costs nothing but lists where the process's permission decides", async () => {
    await using stored = await StoredTree.open({ permissions: "process" });
    stored.stub.put("a.txt", "abc", { "x-amz-meta-mode": "100600" });
    stored.stub.put("docs/x", "x");
    expect((await stored.list("/")).map(({ name }) => name)).toEqual(["docs", "a.txt"]);
    expect(stored.stub.told()).toEqual(["GET list  200"]);
  });

  test("is made of as many lists as it takes, and shows a page", async () => {
    await using stored = await StoredTree.open();
    stored.stub.keysMax = 7;
    for (let i = 0; i < 30; i++) stored.stub.put(`${i}.txt`, "x");
    for (let i = 0; i < 10; i++) stored.stub.put(`folder${i}/a`, "x");
    const names = (await stored.list("/", 12)).map(({ name }) => name);
    expect(names).toEqual([
      ...Array.from({ length: 10 }, (_, i) => `folder${i}`),
      "0.txt",
      "1.txt",
    ]);
    const told = stored.stub.told();
    expect(told.filter((line) => line.startsWith("GET list"))).toHaveLength(6);
    expect(told.filter((line) => line.startsWith("HEAD"))).toHaveLength(12);
  });

  test("leaves out hidden names, and names that no request can spell", async () => {
    await using stored = await StoredTree.open();
    for (const key of ["a", ".b", "docs//x", "./c", "../d"]) stored.stub.put(key, "x");
    expect((await stored.list("/")).map(({ name }) => name)).toEqual(["docs", "a"]);
    expect(await stored.list("/docs/")).toEqual([]);
  });

  test("is shared by those who asked before it was read", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "x");
    const all = await Promise.all([stored.list("/"), stored.list("/"), stored.list("/")]);
    expect(all.map((entries) => entries.length)).toEqual([1, 1, 1]);
    const lists = stored.stub.told().filter((line) => line.startsWith("GET list"));
    expect(lists).toHaveLength(2);
  });

  test("is used for as long as answers are fresh", async () => {
    await using stored = await StoredTree.open({ store: { fresh: 10 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "x");
    await stored.list("/");
    stored.stub.told();
    stored.stub.put("b.txt", "x");
    expect(await stored.list("/")).toHaveLength(1);
    expect(stored.stub.told()).toEqual([]);
    stored.clock.addedMs = 10_000;
    expect(await stored.list("/")).toHaveLength(2);
  });

  test("that was read not too long ago is used when the store fails, if that is allowed", async () => {
    await using stored = await StoredTree.open({ store: { staleIfError: 60 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "x");
    stored.stub.put("docs/b.txt", "x");
    const names = async (path: string, limit?: number): Promise<string[]> =>
      (await stored.list(path, limit)).map(({ name }) => name);
    expect(await names("/")).toEqual(["docs", "a.txt"]);
    stored.stub.put("c.txt", "x");
    // While it doesn't fail nothing old is used.
    expect(await names("/")).toEqual(["docs", "a.txt", "c.txt"]);
    for (const failing of ["GET", "HEAD"]) {
      stored.stub.fault = ({ method }) => (method === failing ? { status: 403 } : undefined);
      stored.clock.addedMs = 59_000;
      expect(await names("/")).toEqual(["docs", "a.txt", "c.txt"]);
      // Another folder, another page, and later.
      expect(names("/docs/")).rejects.toThrow("403");
      stored.clock.addedMs = 0;
    }
    stored.stub.fault = () => ({ status: 403 });
    expect(names("/", 1)).rejects.toThrow("403");
    // It was last confirmed at 59 s.
    stored.clock.addedMs = 119_100;
    expect(names("/")).rejects.toThrow("403");
    stored.stub.fault = undefined;
    expect(await names("/docs/")).toEqual(["b.txt"]);
  });

  test("is old for no one who reads the tree through, and is not kept for them", async () => {
    await using stored = await StoredTree.open({ store: { staleIfError: 60 } });
    stored.clock.stop();
    stored.stub.put("a.txt", "x");
    const stepOf = async (): Promise<ListingStep> => {
      const steps = stored.tree.list(pathOf("/"), 1000, View.passing());
      return (await steps.next()).value as ListingStep;
    };
    expect((await stepOf()).failure).toBeUndefined();
    stored.stub.fault = () => ({ status: 403 });
    expect(stored.list("/")).rejects.toThrow("403");
    stored.stub.fault = undefined;
    await stored.list("/");
    stored.stub.fault = () => ({ status: 403 });
    expect(await stored.list("/")).toHaveLength(1);
    expect((await stepOf()).failure).toMatchObject({ kind: "failed" });
  });

  test("that is kept counts what it takes", async () => {
    // Room for one listing of ten entries, at 256 bytes each, and not for two.
    await using stored = await StoredTree.open({
      store: { staleIfError: 60 },
      limits: { listingCacheBytesMax: 4000 },
    });
    for (const folder of ["a", "b"]) {
      for (let i = 0; i < 10; i++) stored.stub.put(`${folder}/${i}`, "x");
      await stored.list(`/${folder}/`);
    }
    stored.stub.fault = () => ({ status: 403 });
    expect(await stored.list("/b/")).toHaveLength(10);
    expect(stored.list("/a/")).rejects.toThrow("403");
  });

  test("of too many entries has as many as are put in order, and says that there are more", async () => {
    await using stored = await StoredTree.open({ limits: { listingOrderedEntriesMax: 3 } });
    stored.stub.keysMax = 2;
    const totals = async (limit = 3, sort: ListingSort = "name"): Promise<ListingTotals[]> => {
      const order = { sort, isDescending: false, filter: "", page: 1 };
      const steps = stored.tree.list(pathOf("/"), limit, stored.view(), order);
      const found: ListingTotals[] = [];
      for (let step = await steps.next(); step.done !== true; step = await steps.next()) {
        found.push(step.value.totals ?? { files: NaN, folders: NaN, from: NaN });
      }
      return found;
    };
    expect(await totals()).toEqual([{ files: 0, folders: 0, from: 0 }]);
    for (let i = 0; i < 3; i++) stored.stub.put(`${i}.txt`, "x");
    expect(await totals()).toEqual([{ files: 3, folders: 0, from: 0 }]);
    for (let i = 3; i < 9; i++) stored.stub.put(`${i}.txt`, "x");
    stored.stub.told();
    expect(await totals()).toEqual([{ files: 3, folders: 0, from: 0, isCut: true }]);
    expect(stored.stub.told().filter((line) => line.startsWith("GET list"))).toHaveLength(2);
    expect(await totals(1, "time")).toEqual([{ files: 3, folders: 0, from: 0, isCut: true }]);
    // What asks for more at one time gets it, as an archive does.
    expect(await totals(8)).toEqual([{ files: 8, folders: 0, from: 0, isCut: true }]);
    expect(await totals(9)).toEqual([{ files: 9, folders: 0, from: 0 }]);
    for (let i = 0; i < 9; i++) stored.stub.remove(`${i}.txt`);
    for (let i = 0; i < 4; i++) stored.stub.put(`${i}/a.txt`, "x");
    expect(await totals()).toEqual([{ files: 0, folders: 3, from: 0, isCut: true }]);
  });

  test("that is ordered by time has the files' own dates on a single page, asked for once", async () => {
    await using stored = await StoredTree.open();
    const seconds = [1_600_000_000, 1_500_000_000, 1_700_000_000];
    // What is as young as these isn't kept when it was asked for.
    const { nowMs } = stored.stub;
    for (const [i, mtime] of seconds.entries()) {
      stored.stub.put(`${i}.txt`, "x", { "x-amz-meta-mtime": `${mtime}` }, nowMs - 500);
    }
    stored.stub.put("a/", "", { "x-amz-meta-mtime": "1400000000" });
    stored.stub.put("b/x", "x");
    const shown = await stored.list("/", 5, { sort: "time" });
    expect(shown.map(({ name, mtimeMs }) => [name, mtimeMs])).toEqual([
      ["b", -Infinity],
      ["a", 1_400_000_000_000],
      ["1.txt", 1_500_000_000_000],
      ["0.txt", 1_600_000_000_000],
      ["2.txt", 1_700_000_000_000],
    ]);
    const heads = stored.stub.told().filter((line) => line.startsWith("HEAD"));
    expect(heads).toHaveLength(5);
  });

  test("that is ordered by time has the objects' dates where there are several pages", async () => {
    await using stored = await StoredTree.open();
    const uploaded = [3000, 1000, 2000];
    for (const [i, ago] of uploaded.entries()) {
      const fields = { "x-amz-meta-mtime": `${1_600_000_000 + i}`, "x-amz-meta-mode": "100600" };
      stored.stub.put(`${i}.txt`, "x", fields, Date.UTC(2024, 0, 1) - ago * 1000);
    }
    const shown = await stored.list("/", 2, { sort: "time" });
    expect(shown.map(({ name, mtimeMs, denial }) => [name, mtimeMs, denial !== undefined])).toEqual(
      [
        ["0.txt", Date.UTC(2024, 0, 1) - 3_000_000, true],
        ["2.txt", Date.UTC(2024, 0, 1) - 2_000_000, true],
      ],
    );
    // By name, and with a filter that leaves one page, the files' own dates are there.
    const [first] = await stored.list("/", 2);
    expect(first?.mtimeMs).toBe(1_600_000_000_000);
    const [found] = await stored.list("/", 2, { sort: "time", filter: "2" });
    expect(found?.mtimeMs).toBe(1_600_000_002_000);
  });

  test("fails when the store does, at its lists or at its entries", async () => {
    await using stored = await StoredTree.open();
    stored.stub.put("a.txt", "x");
    for (const failing of ["GET", "HEAD"]) {
      stored.stub.fault = ({ method }) => (method === failing ? { status: 403 } : undefined);
      expect(stored.list("/")).rejects.toThrow("403");
    }
  });
});

test("all names of a folder are there for one who audits it", async () => {
  await using stored = await StoredTree.open({ prefix: "site" });
  for (const key of ["site/a", "site/.b", "site/docs/", "site/docs/x"]) stored.stub.put(key, "x");
  stored.stub.keysMax = 2;
  const names = async (prefix: string): Promise<TreeName[]> =>
    (await Array.fromAsync(stored.tree.entriesIn(prefix))).flat();
  expect(await names("")).toEqual([
    { name: ".b", type: "file" },
    { name: "a", type: "file" },
    { name: "docs", type: "directory" },
  ]);
  expect(await names("docs/")).toEqual([{ name: "x", type: "file" }]);
});
