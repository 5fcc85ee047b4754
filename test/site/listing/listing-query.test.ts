import { expect, test } from "bun:test";
import * as fc from "fast-check";

import { hrefOf, pagesOf, readOrder } from "../../../src/site/listing/listing-query.ts";
import { pathOf } from "../../tree/temp-tree.ts";

const plain = { sort: "name", isDescending: false, filter: "", page: 1 } as const;

test.each([
  [undefined, {}],
  ["", {}],
  ["sort=size", { sort: "size" }],
  ["sort=time&order=desc", { sort: "time", isDescending: true }],
  ["sort=kind&order=asc", { sort: "kind" }],
  ["page=7", { page: 7 }],
  ["page=100", { page: 100 }],
  ["page=101", { page: 100 }],
  ["page=999999999", { page: 100 }],
  ["filter=a+b%26%C3%BC", { filter: "a b&ü" }],
  ["a=b&sort=size&download=zip", { sort: "size" }],
  // What is not valid is ignored.
  ["sort=SIZE", {}],
  ["sort=__proto__", {}],
  ["order=down", {}],
  ["page=0", {}],
  ["page=-1", {}],
  ["page=1.5", {}],
  ["page=1e3", {}],
  ["page=9999999999", {}],
  ["page=", {}],
  [`filter=${"x".repeat(256)}`, {}],
  ["%", {}],
  ["sort=size&sort=time", { sort: "size" }],
] as const)("the query %p is read as %p", (query, wanted) => {
  expect(readOrder(query, 100)).toEqual({ ...plain, ...wanted });
});

test("a link leads to the order that it is made of", () => {
  const order = fc.record({
    sort: fc.constantFrom("name", "size", "time", "kind"),
    isDescending: fc.boolean(),
    filter: fc.string({ maxLength: 255, unit: "grapheme" }).filter((text) => text.length <= 255),
    page: fc.integer({ min: 1, max: 100 }),
  });
  fc.assert(
    fc.property(order, (asked) => {
      const href = hrefOf(asked);
      expect(href).toStartWith("./");
      expect(href).not.toMatch(/["<>\s]/);
      expect(readOrder(href.split("?")[1], 100)).toEqual(asked);
    }),
  );
  expect(hrefOf(plain)).toBe("./");
});

test.each([
  [0, 0, { page: 1, pages: 1, left: 0, isCut: false }],
  [10, 0, { page: 1, pages: 1, left: 0, isCut: false }],
  [11, 10, { page: 2, pages: 2, left: 0, isCut: false }],
  [50, 40, { page: 5, pages: 5, left: 0, isCut: false }],
  [51, 0, { page: 1, pages: 5, left: 1, isCut: false }],
])("%p entries from %p are %p", (files, from, wanted) => {
  const asked = { path: pathOf("/"), order: plain, entriesMax: 10, pageMax: 5 };
  expect(pagesOf(asked, { files, folders: 0, from })).toEqual(wanted);
});
