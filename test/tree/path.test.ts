import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { PathRefusal } from "../../src/tree/path.ts";
import {
  childPath,
  containPath,
  displayPath,
  encodePath,
  isHidden,
  isNameable,
  parentPath,
  rootPath,
  withoutEmptySegments,
} from "../../src/tree/path.ts";
import { pathOf } from "./temp-tree.ts";

const utf8 = new TextEncoder();

/** Names that a file can have and a request can spell. */
const names = fc
  .string({ unit: "binary", minLength: 1, maxLength: 80 })
  .filter((name) => !/[\0/\\]/.test(name) && name !== "." && name !== ".." && name.isWellFormed())
  .filter((name) => utf8.encode(name).length <= 255);

describe("split at the slashes, decode each segment once (RFC 3986 §2.4)", () => {
  test.each<[string, readonly string[], boolean]>([
    ["/", [], true],
    ["/a", ["a"], false],
    ["/a/", ["a"], true],
    ["/a/b%20c/d.txt", ["a", "b c", "d.txt"], false],
    ["/%61", ["a"], false],
    ["/%2561", ["%61"], false],
    ["/%252e%252e/x", ["%2e%2e", "x"], false],
    ["/%C3%A9", ["é"], false],
    ["/%c3%a9%F0%9F%8D%B0", ["é🍰"], false],
    ["/\u00c3\u00a9", ["é"], false],
    ["/%EF%BB%BFx", ["\ufeffx"], false],
    ["/...", ["..."], false],
    ["/..a", ["..a"], false],
    ["/a..", ["a.."], false],
    ["/.hidden", [".hidden"], false],
    ["/a+b;c=d,e@2x", ["a+b;c=d,e@2x"], false],
    [`/${"x".repeat(255)}`, ["x".repeat(255)], false],
    [`/${"%C3%A9".repeat(127)}`, ["é".repeat(127)], false],
  ])("%p", (rawPath, segments, trailingSlash) => {
    const path = pathOf(rawPath);
    expect(path.segments).toEqual(segments);
    expect(path.trailingSlash).toBe(trailingSlash);
  });

  const refusals: { readonly [R in PathRefusal]: readonly string[] } = {
    "bad-escape": ["/%", "/%4", "/a%", "/a%2", "/%zz", "/%2g", "/%g2", "/%%20", "/%2/a", "/%u0041"],
    nul: ["/%00", "/a%00b", "/a/%00/c", "/\0", "/index.html%00.png"],
    separator: ["/%2f", "/a%2Fb", "/%5c", "/a%5Cb", "/a\\b", "/..%2f..%2fetc", "/..%5c", "/..\\x"],
    "dot-segment": [
      "/.",
      "/..",
      "/../",
      "/a/../b",
      "/a/./b",
      "/a/..",
      "/%2e",
      "/%2E%2e",
      "/.%2e/x",
      "/%2e./x",
      "/a/%2e%2e/",
    ],
    unnameable: [
      "",
      "a",
      "*",
      "//",
      "//a",
      "/a//b",
      "/a//",
      "/%ff",
      "/%c3",
      "/%c0%ae%c0%ae/x",
      "/%ed%a0%80",
      "/\u00e9",
      "/\u20ac",
      `/${"x".repeat(256)}`,
      `/${"%C3%A9".repeat(128)}`,
    ],
  };
  for (const [refusal, rawPaths] of Object.entries(refusals)) {
    test.each(rawPaths.map((rawPath) => [rawPath]))(`refuses %p as ${refusal}`, (rawPath) => {
      expect(containPath(rawPath)).toEqual({ ok: false, error: refusal as PathRefusal });
    });
  }

  test("never throws, and what it lets pass can be a name", () => {
    const fragment = fc.constantFrom("/", "\\", ".", "..", "%2e", "%2F", "%5c", "%00", "%", "%c3");
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fragment);
    fc.assert(
      fc.property(fc.array(text), (parts) => {
        const path = containPath(`/${parts.join("")}`);
        if (path.ok) expect(path.value.segments.every(isNameable)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (rawPath) => {
        containPath(rawPath);
      }),
    );
  });
});

describe("without empty segments", () => {
  test.each<[string, string | undefined]>([
    ["//docs", "/docs"],
    ["/docs//", "/docs"],
    ["///a//b%20c///", "/a/b c"],
    ["//", "/"],
    ["/docs/", undefined],
    ["/", undefined],
    ["//..", undefined],
    ["//a%2fb", undefined],
    ["a//b", undefined],
  ])("%p is %p", (rawPath, text) => {
    expect(withoutEmptySegments(rawPath)?.text).toBe(text as string);
  });
});

describe("one spelling for a path", () => {
  test.each([
    ["/", "/"],
    ["/a/b%20c/", "/a/b%20c/"],
    ["/%61/%7e", "/a/~"],
    ["/a%3fb%23c%25", "/a%3Fb%23c%25"],
    ["/%0d%0aSet-Cookie:x", "/%0D%0ASet-Cookie:x"],
    ["/caf%c3%a9@2x", "/caf%C3%A9@2x"],
    ["/%22%3cb%3e", "/%22%3Cb%3E"],
  ])("%p is %p", (rawPath, canonical) => {
    expect(encodePath(pathOf(rawPath))).toBe(canonical);
  });

  test("is read back as the same path, is ASCII, and names no other host", () => {
    fc.assert(
      fc.property(fc.array(names, { maxLength: 6 }), fc.boolean(), (segments, slash) => {
        let path = rootPath;
        for (const name of segments) path = childPath(path, name) ?? path;
        expect(path.segments).toEqual(segments);
        const encoded = encodePath(path) + (slash && segments.length > 0 ? "/" : "");
        expect(encoded).toMatch(/^\/(?!\/)[!$-;=@-Z_a-z~]*$/);
        const again = pathOf(encoded);
        expect(again.segments).toEqual(segments);
        expect(again.trailingSlash).toBe(slash || segments.length === 0);
        expect(encodePath(again)).toBe(encoded);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a path for a person", () => {
  test.each([
    ["/", ""],
    ["/a/b%20c", "a/b c"],
    ["/a/b/", "a/b"],
    ["/a%0ab%1b%5bm", "a\\u{a}b\\u{1b}[m"],
    ["/%e2%80%aeexe.txt", "\\u{202e}exe.txt"],
  ])("%p is %p", (rawPath, shown) => {
    expect(displayPath(pathOf(rawPath))).toBe(shown);
  });
});

describe("hidden names", () => {
  test.each([
    ["/", false],
    ["/a/b", false],
    ["/.git", true],
    ["/a/.env", true],
    ["/.git/config", true],
    ["/%2egit", true],
    ["/.well-known", false],
    ["/.well-known/acme-challenge/x", false],
    ["/.well-known/.secret", true],
    ["/a/.well-known", true],
    ["/.Well-Known", true],
    ["/.well-known2", true],
    ["/a.b", false],
  ])("%p: %p (RFC 8615 §3)", (rawPath, hidden) => {
    expect(isHidden(pathOf(rawPath))).toBe(hidden);
  });
});

describe("the neighbours of a path", () => {
  test("a child is the path with one more name", () => {
    expect(childPath(pathOf("/a/"), "b c")).toEqual(pathOf("/a/b%20c"));
  });

  test.each(["", ".", "..", "a/b", "a\\b", "a\0", "\ud800", "é".repeat(128)])(
    "there is no child %p",
    (name) => {
      expect(childPath(rootPath, name)).toBeUndefined();
    },
  );

  test("a parent is the folder that holds it", () => {
    expect(parentPath(pathOf("/a/b"))).toEqual(pathOf("/a/"));
    expect(parentPath(pathOf("/a/b/"))).toEqual(pathOf("/a/"));
    expect(parentPath(rootPath)).toEqual(rootPath);
  });
});
