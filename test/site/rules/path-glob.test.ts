import { expect, test } from "bun:test";

import { decodeGlob } from "../../../src/site/rules/path-glob.ts";

test("a glob's escapes are decoded, and what they stand for is no wildcard", () => {
  expect(decodeGlob("/a%20b/**")).toBe("/a b/**");
  expect(decodeGlob("/%C3%A9")).toBe("/é");
  expect(decodeGlob("/%2A")).toBe("/\\*");
});

test("escapes that aren't UTF-8 stay as they are", () => {
  expect(decodeGlob("/%FF/a")).toBe("/%FF/a");
  expect(decodeGlob("/%zz")).toBe("/%zz");
});
