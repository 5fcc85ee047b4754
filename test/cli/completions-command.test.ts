import { describe, expect, test } from "bun:test";

import { bashCompletions } from "../../src/cli/completions/bash.ts";
import { fishCompletions } from "../../src/cli/completions/fish.ts";
import { zshCompletions } from "../../src/cli/completions/zsh.ts";
import { Command } from "./command.ts";

describe("postern completions", () => {
  test("prints the script of a shell", async () => {
    const scripts = { bash: bashCompletions(), zsh: zshCompletions(), fish: fishCompletions() };
    for (const [shell, script] of Object.entries(scripts)) {
      await using command = new Command(["completions", shell]);
      expect(`${(await command.rest()).join("\n")}\n`).toBe(script);
      expect(await command.status).toBe(0);
    }
  });

  test.each([
    [[], "completions needs a shell: bash, zsh, fish"],
    [["bsh"], "there are no completions for bsh: did you mean bash?"],
    [["powershell"], "there are completions for bash, zsh, fish, not for powershell"],
    [["bash", "zsh"], "completions takes one shell, and not zsh, too"],
  ])("refuses %p", async (words, line) => {
    await using command = new Command(["completions", ...words]);
    expect(await command.stderr).toBe(`postern: ${line}\n`);
    expect(await command.status).toBe(2);
  });
});
