import { describe, expect, test } from "bun:test";

import { commands } from "../../../src/cli/help/command-table.ts";
import { Command } from "../command.ts";

describe("the table of commands", () => {
  test("has each name once, and each option of a command once", () => {
    const names = commands.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    for (const { options } of commands) {
      const own = options.map(({ name }) => name);
      expect(own).toEqual([...new Set(own)]);
    }
  });

  test("has the commands that the program has: each knows --help, in 80 columns", async () => {
    for (const { name } of commands) {
      await using command = new Command([name, "--help"]);
      const lines = await command.rest();
      expect(lines.join("\n")).toContain(
        name === "untrust" ? "postern untrust" : `postern ${name}`,
      );
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
      expect(await command.status).toBe(0);
    }
  });
});
