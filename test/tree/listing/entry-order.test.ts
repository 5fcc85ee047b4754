import { describe, expect, test } from "bun:test";

import { entryOrder, fileMark } from "../../../src/tree/listing/entry-order.ts";
import { nameIn } from "../../../src/tree/listing/name-order.ts";
import type { ListingSort } from "../../../src/tree/tree.ts";

interface Entry {
  readonly name: string;
  readonly type?: "directory" | "file";
  readonly size?: number;
  readonly mtimeMs?: number;
}

/** The names of `entries` in the order by `sort`. */
function ordered(sort: ListingSort, isDescending: boolean, entries: readonly Entry[]): string[] {
  const order = entryOrder(sort, isDescending, "");
  const texts = entries.map(({ name, type = "file", size = 0, mtimeMs = 0 }) =>
    order.textOf(name, type, { type, size, mtimeMs }),
  );
  const sorted = texts.toSorted((a, b) => (a < b ? -1 : 1));
  for (const text of sorted) expect(text.charAt(0) === fileMark).toBe(!text.includes("folder"));
  return (order.isReversed ? sorted.toReversed() : sorted).map(nameIn);
}

const folders: readonly Entry[] = [
  { name: "folder b", type: "directory", mtimeMs: 2 },
  { name: "folder a", type: "directory", mtimeMs: 1 },
];

test("by name, folders come first in both directions", () => {
  const entries = [{ name: "10" }, { name: "2" }, ...folders];
  expect(ordered("name", false, entries)).toEqual(["folder a", "folder b", "2", "10"]);
  expect(ordered("name", true, entries)).toEqual(["folder b", "folder a", "10", "2"]);
});

test("by size, and of one size by name; folders have none", () => {
  const sizes = [0, 1, 255, 2 ** 14 - 1, 2 ** 14, 2 ** 32 + 1, 2 ** 48, 2 ** 53];
  const entries = sizes.map((size) => ({ name: `${size}`, size }));
  const names = sizes.map(String);
  const mixed = [...entries.toReversed(), { name: "also 1", size: 1 }, ...folders];
  const up = ["folder a", "folder b", ...names.toSpliced(2, 0, "also 1")];
  expect(ordered("size", false, mixed)).toEqual(up);
  const down = ["folder a", "folder b", ...names.toReversed().toSpliced(7, 0, "also 1")];
  expect(ordered("size", true, mixed).toSorted()).toEqual(down.toSorted());
  expect(ordered("size", true, mixed).slice(2, 4)).toEqual([`${2 ** 53}`, `${2 ** 48}`]);
});

test("by time, also before 1970 and where a time is no date", () => {
  const times = [-(2 ** 70), -1e12, -1, 0, 1, 999, 1_764_000_000_000, 2 ** 47];
  const entries = [
    ...times.map((mtimeMs) => ({ name: `t${mtimeMs}`, mtimeMs })),
    { name: "t after all", mtimeMs: 2 ** 70 },
  ];
  const names = entries.map(({ name }) => name);
  expect(ordered("time", false, entries.toReversed())).toEqual(names);
  expect(ordered("time", true, entries)).toEqual(names.toReversed());
  expect(ordered("time", true, folders)).toEqual(["folder b", "folder a"]);
});

test("by kind, and of one kind by name in both directions", () => {
  const entries = [{ name: "b.png" }, { name: "a.png" }, { name: "z.mp3" }, { name: "x" }];
  const mixed = [...entries, ...folders];
  const first = ["folder a", "folder b"];
  expect(ordered("kind", false, mixed)).toEqual([...first, "z.mp3", "a.png", "b.png", "x"]);
  expect(ordered("kind", true, mixed)).toEqual([...first, "x", "a.png", "b.png", "z.mp3"]);
});

describe("a filter", () => {
  test.each([
    ["", "anything", true],
    ["GRÜ", "grüße.txt", true],
    ["gru", "Grüße.txt", true],
    ["é", "e\u0301t\u00e9.txt", true],
    ["b.t", "ab.txt", true],
    ["b*t", "b.txt", false],
    [".", "name", false],
  ])("%j finds %j: %p", (filter, name, wanted) => {
    expect(entryOrder("name", false, filter).has(name)).toBe(wanted);
  });
});

test("only an order by size or time has to know them", () => {
  const needs = (["name", "size", "time", "kind"] as const).filter(
    (sort) => entryOrder(sort, false, "").needsFacts,
  );
  expect(needs).toEqual(["size", "time"]);
});
