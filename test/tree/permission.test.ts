import { describe, expect, test } from "bun:test";
import {
  denialOf,
  deny,
  permissionBitsOf,
  permits,
  unlisted,
  withoutListing,
} from "../../src/tree/permission.ts";

describe("the other of a mode", () => {
  test("decides alone, in all 512 modes", () => {
    for (let mode = 0; mode < 512; mode++) {
      const other = mode % 8;
      expect(permits(mode, "read")).toBe([4, 5, 6, 7].includes(other));
      expect(permits(mode, "search")).toBe([1, 3, 5, 7].includes(other));
      expect(permits(0o107000 | mode, "read")).toBe(permits(mode, "read"));
    }
  });
});

describe("an entry of a listing", () => {
  test.each([
    ["file", 0o100644, false, undefined],
    ["file", 0o100641, false, "o+r"],
    ["directory", 0o040755, false, undefined],
    ["directory", 0o040754, false, "o+x"],
    ["directory", 0o040751, true, undefined],
    ["directory", 0o040751, false, "o+r"],
    ["directory", 0o040750, true, "o+x"],
    ["directory", 0o040750, false, "o+rx"],
  ] as const)("that is a %s of mode %o, index %p, lacks %p", (type, mode, hasIndex, lacks) => {
    const denial = denialOf(
      "a",
      { type, mode },
      () => hasIndex,
      () => hasIndex,
    );
    expect(denial?.lacks).toBe(lacks);
    if (denial !== undefined) expect(denial).toMatchObject({ path: "a", mode });
  });
});

describe("the permission bits of a mode", () => {
  test("are nine, without set-user-ID, set-group-ID, the sticky bit and the type", () => {
    expect([0o106755, 0o041777, 0o100000].map(permissionBitsOf)).toEqual([0o755, 0o777, 0]);
  });
});

describe("a denial", () => {
  test("is of both bits for a folder that would be listed, and of o+x where none is", () => {
    const shut = unlisted(deny("private", 0o040700, "search"), () => false);
    expect(shut.lacks).toBe("o+rx");
    expect(unlisted(deny("a", 0o040700, "search"), () => true).lacks).toBe("o+x");
    expect(unlisted(deny("a", 0o040704, "search"), () => false).lacks).toBe("o+x");
    expect(unlisted(deny("a", 0o040701, "read"), () => false).lacks).toBe("o+r");
    expect(withoutListing(shut).lacks).toBe("o+x");
  });

  test("calls the root by a dot", () => {
    expect(deny("", 0o040700, "search").path).toBe(".");
  });
});
