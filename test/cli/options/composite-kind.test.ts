import { describe, expect, test } from "bun:test";

import { listOf, object, truthOr } from "../../../src/cli/options/composite-kind.ts";
import { path, text, truth } from "../../../src/cli/options/value-kind.ts";

interface Door {
  readonly key: string;
  readonly open?: boolean;
}

const door = object<Door>({
  expected: "a door",
  members: { key: path("a key's path"), open: truth },
  required: ["key"],
});

describe("an object", () => {
  test("has all required members and no unknown ones", () => {
    expect(door.fault({ key: "a" }, "door")).toBeUndefined();
    expect(door.fault({ open: true }, "door")).toEqual({
      key: "door.key",
      text: "expected a key's path, got none",
    });
    expect(door.fault({ key: "a", bell: 1 }, "")).toEqual({
      key: "bell",
      text: "unknown key, expected one of key, open",
    });
  });

  test("may have members that are undefined, if they aren't required", () => {
    expect(door.fault({ key: "a", open: undefined }, "")).toBeUndefined();
    expect(door.fault({ key: undefined }, "")?.key).toBe("key");
  });

  test("names the member that is wrong by its place", () => {
    const house = object<{ readonly doors?: readonly Door[] }>({
      expected: "a house",
      members: { doors: listOf("a list of doors", door) },
    });
    expect(house.fault({ doors: [{ key: "a" }, { key: "b", open: 1 }] }, "house")?.key).toBe(
      "house.doors[1].open",
    );
  });

  test("resolves the paths in it, and nothing else", () => {
    const resolved = door.resolvePaths?.({ key: "a", open: true }, (one) => `/etc/${one}`);
    expect(resolved).toEqual({ key: "/etc/a", open: true });
  });
});

test("a switch or an object is true, false or an object", () => {
  const kind = truthOr("a door", door);
  expect(kind.fault(false, "door")).toBeUndefined();
  expect(kind.fault({ key: "a" }, "door")).toBeUndefined();
  expect(kind.fault({}, "door")?.key).toBe("door.key");
  expect(kind.fault("a", "door")?.text).toBe('expected true, false or a door, got "a"');
});

test("a list names the entry that is wrong by its index", () => {
  expect(listOf("names", text("a name")).fault(["a", 5], "names")).toEqual({
    key: "names[1]",
    text: "expected a name, got 5",
  });
});
