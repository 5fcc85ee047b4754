import { describe, expect, test } from "bun:test";

import { hasVariants, isCompressible } from "../../../src/site/variants/compressible.ts";

describe("content of a type that shrinks", () => {
  test.each([
    ["text/html; charset=utf-8", true],
    ["text/x-new", true],
    ["application/ld+json; charset=utf-8", true],
    ["application/atom+xml", true],
    ["application/sql; charset=utf-8", true],
    ["application/wasm", true],
    ["font/ttf", true],
    ["font/woff2", false],
    ["image/png", false],
    ["application/octet-stream", false],
    ["application/gzip", false],
    ["application/xmlish", false],
    ["video/mp2t", false],
  ])("%s: %p", (type, wanted) => {
    expect(isCompressible(type)).toBe(wanted);
  });

  test.each([
    ["text/html; charset=utf-8", "a.html", true],
    ["text/html; charset=utf-8", "", true],
    ["image/svg+xml; charset=utf-8", "a.svg", true],
    ["image/svg+xml; charset=utf-8", "a.svgz", false],
    ["image/svg+xml; charset=utf-8", "A.SVGZ", false],
    ["model/x3d+xml; charset=utf-8", "a.x3dz", false],
    ["image/png", "a.png", false],
  ])("%s in %p has variants: %p", (type, name, wanted) => {
    expect(hasVariants(type, name)).toBe(wanted);
  });
});
