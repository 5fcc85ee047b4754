import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import * as fc from "fast-check";
import { nameText } from "../../src/base/file-name.ts";
import type { PathRefusal } from "../../src/tree/path.ts";
import {
  childPath,
  containPath,
  displayName,
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

/** Names that a file can have: most octets are those that UTF-8 treats in different ways. */
const names = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 80 }).map((name) => utf8.encode(name)),
    fc.uint8Array({ minLength: 1, maxLength: 255 }),
    fc.uint8Array({ min: 0x7f, max: 0xff, minLength: 1, maxLength: 255 }),
  )
  .filter((octets) => octets.length <= 255 && !octets.includes(0) && !octets.includes(0x2f))
  .map((octets) => nameText(octets))
  .filter((name) => name !== "." && name !== "..");

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
    ["/%5c", ["\\"], false],
    ["/a%5Cb", ["a\\b"], false],
    ["/..%5c", ["..\\"], false],
    ["/..%5C..%5Cetc", ["..\\..\\etc"], false],
    ["/%ff", ["\udcff"], false],
    ["/r%E9sum%e9/", ["r\udce9sum\udce9"], true],
    ["/%c3", ["\udcc3"], false],
    ["/%c3/%a9", ["\udcc3", "\udca9"], false],
    ["/%c0%ae%c0%ae/x", ["\udcc0\udcae\udcc0\udcae", "x"], false],
    ["/..%c0%af", ["..\udcc0\udcaf"], false],
    ["/%ed%a0%80", ["\udced\udca0\udc80"], false],
    ["/%ed%b3%a9", ["\udced\udcb3\udca9"], false],
    ["/%EF%BF%BD", ["\ufffd"], false],
    [`/${"%ff".repeat(255)}`, ["\udcff".repeat(255)], false],
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
    separator: ["/%2f", "/a%2Fb", "/a\\b", "/..%2f..%2fetc", "/..\\x", "/%e9\\", "/%5c\\"],
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
      "/\u00e9",
      "/%c3\u00e9",
      "/\u20ac",
      "/a%e9\u20ac",
      `/${"x".repeat(256)}`,
      `/${"%ff".repeat(256)}`,
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

test("a backslash parts folders on Windows, and so is refused there", () => {
  const module = JSON.stringify(join(import.meta.dir, "../../src/tree/path.ts"));
  const script = `
    Object.defineProperty(process, "platform", { value: "win32" });
    const { containPath, isNameable } = await import(${module});
    const paths = ["/..%5c..%5cx", "/a%5Cb", "/a%2Fb"].map((path) => containPath(path).error);
    console.log([...paths, isNameable("a\\\\b"), isNameable("ab")].join(" "));
  `;
  const { stdout } = Bun.spawnSync([process.execPath, "-e", script]);
  expect(stdout.toString()).toBe("separator separator separator false true\n");
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
    ["/r%e9sum%e9%5c%3f", "/r%E9sum%E9%5C%3F"],
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
    ["/r%e9sum%e9", "r\\xE9sum\\xE9"],
    ["/dev-disk%5cx2duuid", "dev-disk\\x2duuid"],
    ["/a%5cu%7ba%7d", "a\\\\u{a}"],
    ["/a%5cxE9", "a\\\\xE9"],
    ["/a%5c%0a%5c", "a\\\\\\u{a}\\"],
  ])("%p is %p", (rawPath, shown) => {
    expect(displayPath(pathOf(rawPath))).toBe(shown);
  });
});

/** Undoes `displayName`, as its documentation says. */
function nameShownAs(shown: string): string {
  return shown.replace(
    /\\(?:(\\)|u\{([\da-f]+)\}|x([89A-F][\dA-F]))/g,
    (_, backslash?: string, code?: string, octet?: string) =>
      backslash ?? String.fromCharCode(Number.parseInt(code ?? `dc${octet}`, 16)),
  );
}

describe("a name for a person", () => {
  test("is well-formed, on one line, and no other name's", () => {
    const pieces = fc.constantFrom("\\", "\\x", "E9", "u{", "a}", "\n", "\u202e", "\udce9", "é");
    const anyName = fc.oneof(
      names,
      fc.array(pieces).map((some) => some.join("")),
    );
    fc.assert(
      fc.property(anyName, (name) => {
        const shown = displayName(name);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(nameShownAs(shown)).toBe(name);
      }),
      { numRuns: 5000 },
    );
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

  test.each(["", ".", "..", "a/b", "a\0", "\ud800", "\udcc3\udca9", "é".repeat(128)])(
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
