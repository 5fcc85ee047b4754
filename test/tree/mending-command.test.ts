import { describe, expect, test } from "bun:test";

import { mendingCommand } from "../../src/tree/mending-command.ts";
import { deny, unlisted } from "../../src/tree/permission.ts";

describe("the command that mends a denial", () => {
  test.each([
    ["private/notes.html", "", "chmod o+r -- private/notes.html"],
    ["a b.html", "", "chmod o+r -- 'a b.html'"],
    ["-n", "", "chmod o+r -- -n"],
    ["it's", "my site", "chmod o+r -- 'my site/it'\\''s'"],
    ["notes.html", "site/", "chmod o+r -- site/notes.html"],
    ["/outside/a.txt", "site", "chmod o+r -- /outside/a.txt"],
  ])("of %s in %j is %s", (path, root, command) => {
    expect(mendingCommand(deny(path, 0o100600, "read"), root)).toBe(command);
  });

  test("of a folder gives o+x, and o+r with it where that is listed", () => {
    const denial = deny("shut", 0o040700, "search");
    expect(mendingCommand(denial)).toBe("chmod o+x -- shut");
    expect(mendingCommand(unlisted(denial, () => false))).toBe("chmod o+rx -- shut");
  });

  test("doesn't exist in a store, where there is no such file", () => {
    const denial = deny("a.txt", 0o100600, "read");
    for (const object of ["upload", "other"] as const) {
      expect(mendingCommand({ ...denial, object })).toBeUndefined();
    }
  });

  test("doesn't exist where the bit is there", () => {
    expect(mendingCommand(deny("a.txt", 0o100004, "read"))).toBeUndefined();
  });
});
