import { describe, expect, test } from "bun:test";

import {
  named,
  opposites,
  served,
  valueWords,
  writings,
} from "../../../src/cli/completions/completed-command.ts";
import { commands } from "../../../src/cli/help/command-table.ts";
import { allFlags } from "../../../src/cli/options/flag-list.ts";

describe("the command as a shell completes it", () => {
  test("has all options where it serves, and where it audits", () => {
    expect(served.options).toEqual(allFlags());
    expect(named.find(({ name }) => name === "audit")?.options).toEqual(allFlags());
    expect(named.map(({ name }) => name)).toEqual(commands.map(({ name }) => name));
  });

  test("has the opposites that begin with no-", () => {
    expect(opposites(served)).toContain("no-explain");
    expect(opposites(served)).not.toContain("listing");
  });

  test("has each way to write an option", () => {
    const writtenAs = served.options.map(writings);
    expect(writtenAs).toContainEqual(["--port", "-p"]);
    expect(writtenAs).toContainEqual(["--unix"]);
  });

  test("has a path or words for a value, or nothing", () => {
    expect(valueWords({ placeholder: "FILE", names: "file" })).toBe("file");
    expect(valueWords({ placeholder: "WORD", choices: ["a", "b"] })).toEqual(["a", "b"]);
    expect(valueWords({ placeholder: "N" })).toBe("nothing");
  });
});
