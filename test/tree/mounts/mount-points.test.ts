import { describe, expect, test } from "bun:test";

import { MountPoints } from "../../../src/tree/mounts/mount-points.ts";
import { pathOf } from "../temp-tree.ts";

function points(...paths: readonly string[]): MountPoints<string> {
  const all = new MountPoints<string>();
  for (const path of paths) expect(all.add(pathOf(path), path)).toBe(true);
  return all;
}

describe("mount points", () => {
  const all = points("/", "/docs/", "/docs/api/v1/", "/img/");

  test.each([
    ["/", "/", 0, ["docs", "img"]],
    ["/x/y", "/", 0, []],
    ["/docs", "/docs/", 1, ["api"]],
    ["/docs/", "/docs/", 1, ["api"]],
    ["/docs/api/", "/docs/", 1, ["v1"]],
    ["/docs/api/x", "/docs/", 1, []],
    ["/docs/api/v1/x/y", "/docs/api/v1/", 3, []],
    ["/docsx/a", "/", 0, []],
    ["/Docs/", "/", 0, []],
  ] as const)("%s belongs to %s", (path, mount, depth, names) => {
    expect(all.find(pathOf(path))).toEqual({ mount, depth, names: [...names] });
  });

  test("without one at the root leave other paths to none", () => {
    const some = points("/a/b/");
    expect(some.find(pathOf("/"))).toEqual({ mount: undefined, depth: 0, names: ["a"] });
    expect(some.find(pathOf("/a/"))).toEqual({ mount: undefined, depth: 0, names: ["b"] });
    expect(some.find(pathOf("/x"))).toEqual({ mount: undefined, depth: 0, names: [] });
    expect(some.above(pathOf("/a/"))).toEqual([]);
  });

  test("take one mount each", () => {
    const some = points("/a/");
    expect(some.add(pathOf("/a"), "again")).toBe(false);
    expect(some.find(pathOf("/a/")).mount).toBe("/a/");
  });

  test("are told on the way to a path, the deepest first", () => {
    expect(all.above(pathOf("/docs/api/v1/x"))).toEqual(["/docs/api/v1/", "/docs/", "/"]);
    expect(all.above(pathOf("/docs/api"))).toEqual(["/docs/", "/"]);
    expect(all.above(pathOf("/none"))).toEqual(["/"]);
  });

  test("may be called as the properties of objects are", () => {
    const some = points("/constructor/", "/__proto__/x/");
    expect(some.find(pathOf("/constructor/")).mount).toBe("/constructor/");
    expect(some.find(pathOf("/toString")).mount).toBeUndefined();
    expect(some.find(pathOf("/__proto__/x/y")).mount).toBe("/__proto__/x/");
  });
});
