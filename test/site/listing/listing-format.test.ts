import { expect, test } from "bun:test";

import { pagesOf, timeText } from "../../../src/site/listing/listing-format.ts";
import { pathOf } from "../../tree/temp-tree.ts";

const order = { sort: "name", isDescending: false, filter: "", page: 1 } as const;

test.each([
  [0, 0, { page: 1, pages: 1, left: 0 }],
  [10, 0, { page: 1, pages: 1, left: 0 }],
  [11, 10, { page: 2, pages: 2, left: 0 }],
  [50, 40, { page: 5, pages: 5, left: 0 }],
  [51, 0, { page: 1, pages: 5, left: 1 }],
])("%p entries from %p are %p", (files, from, wanted) => {
  const asked = { path: pathOf("/"), order, entriesMax: 10, pageMax: 5 };
  expect(pagesOf(asked, { files, folders: 0, from })).toEqual(wanted);
});

test("a time that is no date has no text", () => {
  expect(timeText(0)).toBe("1970-01-01T00:00:00.000Z");
  expect([NaN, Infinity, -1e17, 1e17].map(timeText)).toEqual(Array(4).fill(undefined));
});
