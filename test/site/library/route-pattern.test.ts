import { describe, expect, test } from "bun:test";

import { RoutePattern } from "../../../src/site/library/route-pattern.ts";
import { containPath } from "../../../src/tree/path.ts";

/** What the placeholders of `pattern` match in `path`; undefined when it doesn't match. */
function matched(pattern: string, path: string): readonly string[] | undefined {
  const contained = containPath(path);
  if (!contained.ok) throw new Error(contained.error);
  return new RoutePattern(pattern).match(contained.value);
}

const keyOf = (path: string): string => new RoutePattern(path).key;

describe("a route's path", () => {
  test.each([
    ["/a/b", "/a/b", []],
    ["/a/b", "/a/b/", undefined],
    ["/a/b/", "/a/b", undefined],
    ["/a b", "/a%20b", []],
    ["/users/:id", "/users/5", ["5"]],
    ["/users/:id", "/users/a%20b", ["a b"]],
    ["/users/:id", "/users/", undefined],
    ["/users/:id", "/users/5/", undefined],
    ["/users/:id", "/users/5/6", undefined],
    ["/users/:id/", "/users/5/", ["5"]],
    ["/users/:id/posts/:post", "/users/5/posts/6", ["5", "6"]],
    ["/users/:id/posts/:post", "/users/5/likes/6", undefined],
    ["/api/*", "/api", [""]],
    ["/api/*", "/api/", [""]],
    ["/api/*", "/api/a/b", ["a/b"]],
    ["/api/*", "/api/a/b/", ["a/b/"]],
    ["/api/*", "/apis", undefined],
    ["/:who/*", "/a", ["a", ""]],
    ["/:who/*", "/", undefined],
    ["/*", "/", [""]],
    ["/*", "/a%2A", ["a*"]],
    ["/%2A", "/%2A", []],
    ["/%2A", "/a", undefined],
    ["/%3Aid", "/a", undefined],
  ] as const)("%s matches in %s: %j", (pattern, path, values) => {
    expect(matched(pattern, path)).toEqual(values as never);
  });

  test("has a key that other spellings and other names share, and nothing else", () => {
    expect(keyOf("/%61/:id")).toBe(keyOf("/a/:name"));
    const paths = ["/a/:id", "/a/*", "/a/%3Aid", "/a/%2A", "/a/:id/", "/a", "/"];
    expect(new Set(paths.map(keyOf)).size).toBe(paths.length);
  });

  test("ranks before those that match more", () => {
    const paths = ["/*", "/:a", "/a/*", "/a/:b", "/a/b/*", "/a/b", "/:a/b"];
    const ranked = paths.toSorted((a, b) =>
      new RoutePattern(a).rank < new RoutePattern(b).rank ? -1 : 1,
    );
    expect(ranked).toEqual(["/a/b", "/a/b/*", "/a/:b", "/a/*", "/:a", "/:a/b", "/*"]);
  });
});
