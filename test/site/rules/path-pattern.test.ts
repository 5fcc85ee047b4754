import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { containPath, encodePath } from "../../../src/tree/path.ts";
import { readPattern } from "../../../src/site/rules/path-pattern.ts";

/** Where `from` → `to` sends the request's path `path`; undefined when it doesn't fit. */
function lead(from: string, to: string, path: string): string | undefined {
  const pattern = readPattern(from, to, true);
  const contained = containPath(path);
  if (!pattern.ok) throw new Error(pattern.error);
  if (!contained.ok) throw new Error(contained.error);
  return pattern.value.target(contained.value.segments, contained.value.trailingSlash);
}

function fault(from: string, to: string, mayLeave = true): string | undefined {
  const pattern = readPattern(from, to, mayLeave);
  return pattern.ok ? undefined : pattern.error;
}

describe("a pattern", () => {
  test.each([
    ["/a", "/b", "/a", "/b"],
    ["/a", "/b", "/a/", "/b"],
    ["/a/", "/b", "/a", "/b"],
    ["/a", "/b/", "/a", "/b/"],
    ["/a", "/b", "/A", undefined],
    ["/a", "/b", "/a/c", undefined],
    ["/a", "/b", "/", undefined],
    ["/", "/start", "/", "/start"],
    ["/a", "/", "/a", "/"],
    ["/old/*", "/new/*", "/old/x", "/new/x"],
    ["/old/*", "/new/*", "/old/x/y/", "/new/x/y/"],
    ["/old/*", "/new/*", "/old", "/new"],
    ["/old/*", "/new/*", "/old/", "/new/"],
    ["/old/*", "/new/*", "/older", undefined],
    ["/a/b/*", "/new/*", "/a", undefined],
    ["/app/*", "/*", "/app", "/"],
    ["/*", "/new/*", "/", "/new/"],
    ["/*", "/*/end", "/", "/end"],
    ["/:a/*", "/*", "/", undefined],
    ["/blog/*", "/blog", "/blog/x", "/blog"],
    ["/blog/*", "/blog", "/blog/", undefined],
    ["/blog/*", "/blog/", "/blog", "/blog/"],
    ["/a/*", "https://example.com/*", "/a", "https://example.com/"],
    ["/old/*", "/", "/old/x/y", "/"],
    ["/*", "/*/end", "/a/b", "/a/b/end"],
    ["/:year/:slug", "/:slug/:year", "/2024/hello", "/hello/2024"],
    ["/:a", "/:a/:a", "/x", "/x/x"],
    ["/:a", "/new", "/x/y", undefined],
    ["/a b", "/c d", "/a%20b", "/c%20d"],
    ["/a%20b", "/c%20d", "/a%20b", "/c%20d"],
    ["/é", "/ü", "/%C3%A9", "/%C3%BC"],
    ["/%2A", "/%3Ax", "/*", "/:x"],
    ["/100%25", "/half", "/100%25", "/half"],
    ["/a", "https://example.com", "/a", "https://example.com/"],
    ["/a/*", "https://example.com/b/*", "/a/x%3Fy/", "https://example.com/b/x%3Fy/"],
    ["/a", "http://[::1]:8080/x", "/a", "http://[::1]:8080/x"],
  ] as const)("%s to %s leads %s to %p", (from, to, path, location) => {
    expect(lead(from, to, path)).toBe(location as string);
  });

  test.each(["", "a", "//a", "/a//b", "/a/..", "/./a", "/a?b", "/a#b", "/%", "/%2F", "/a\\b"])(
    "is not %p",
    (from) => {
      expect(fault(from, "/")).toBe(`not a path pattern: ${from}`);
    },
  );

  test.each(["/*.html", "/a*", "/:", "/:1", "/:a-b", "/\ud800", "/x\0"])(
    "says nothing by %p",
    (from) => {
      expect(fault(from, "/")).toBe(`not a path pattern: ${from}`);
    },
  );

  test("has one *, at its end, and each name once", () => {
    expect(fault("/*/x", "/")).toBe('"*" must be the last segment: /*/x');
    expect(fault("/*/*", "/")).toBe('"*" must be the last segment: /*/*');
    expect(fault("/:a/:a", "/")).toBe(":a is twice in /:a/:a");
    expect(fault("/a/*", "/b/*/c/*")).toBe('"*" is twice in /b/*/c/*');
  });
});

describe("a target", () => {
  test.each([
    "",
    "b",
    "//b",
    "///b",
    "/\\b",
    "/a/../b",
    "/%2f%2fb",
    "/b?c",
    "/b#c",
    "ftp://b/",
    "javascript:alert(1)",
    "https:///b",
    "https://",
    "https://a@b/",
    "https://b:99999/",
    "https://b?c",
    "https://b/\r\nX: y/..",
    "HTTPS://b/",
    " /b",
  ])("is not %p", (to) => {
    expect(fault("/a", to)).toBe(`not a path or URL: ${to}`);
  });

  test("has no placeholder that the pattern lacks", () => {
    expect(fault("/a", "/:b")).toBe(":b isn't in the pattern /a");
    expect(fault("/:a", "/*")).toBe("* isn't in the pattern /:a");
  });

  test("of a rewrite stays on the site", () => {
    expect(fault("/a", "https://example.com/", false)).toBe("not a path: https://example.com/");
    expect(fault("/a", "/b", false)).toBeUndefined();
  });
});

/** Paths that try to lead away: slashes, backslashes, dots, controls and escapes of them. */
const crafted = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "//", "\\", "%2f", "%5c", "..", ".", "%2e", "%0d%0a", "%00", "@", ":"),
      fc.constantFrom("evil.example", "https:", "?", "#", "%3f", "%23", "%", "%25", "\t", "é"),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => `/${parts.join("")}`);

describe("whatever is caught", () => {
  const origin = "http://site.example";
  const targets = ["/*", "/new/*", "/*/end", "/"];

  test("leaves neither this host nor the target's folder, and adds no query", () => {
    fc.assert(
      fc.property(crafted, fc.constantFrom(...targets), (path, to) => {
        const contained = containPath(path);
        const pattern = readPattern("/*", to, true);
        if (!contained.ok || !pattern.ok) return;
        const { segments, trailingSlash } = contained.value;
        const location = pattern.value.target(segments, trailingSlash);
        if (location === undefined) return;
        expect(location).toMatch(/^\/(?!\/)[\x21-\x7e]*$/);
        expect(location).not.toMatch(/[\\?#]/);
        const url = new URL(location, `${origin}/some/where`);
        expect(url.origin).toBe(origin);
        expect(url.pathname + url.search).toBe(location);
        const fixed = to.split("*", 1)[0] ?? "";
        expect(location.startsWith(fixed)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("stays on the host that a target names", () => {
    fc.assert(
      fc.property(crafted, (path) => {
        const contained = containPath(path);
        const pattern = readPattern("/*", "https://other.example/in/*", true);
        if (!contained.ok || !pattern.ok) return;
        const { segments, trailingSlash } = contained.value;
        const location = pattern.value.target(segments, trailingSlash);
        if (location === undefined) return;
        const url = new URL(location);
        expect(url.href).toBe(location);
        expect(url.origin).toBe("https://other.example");
        expect(url.pathname.startsWith("/in/")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("comes out as it went in", () => {
    const name = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.boolean(), (names, slash) => {
        const path = `/${names.map(encodeURIComponent).join("/")}${slash ? "/" : ""}`;
        const contained = containPath(path);
        const pattern = readPattern("/*", "/*", false);
        if (!contained.ok || !pattern.ok) return;
        const { segments, trailingSlash } = contained.value;
        expect(pattern.value.target(segments, trailingSlash)).toBe(encodePath(contained.value));
      }),
    );
  });
});
