import { describe, expect, test } from "bun:test";

import { shownCommand } from "../../../src/cli/trust/trust-step.ts";

describe("a command that is shown", () => {
  test("can be pasted into a shell, whatever its words are", () => {
    const words = ["printf", "%s\\n", "a b", "it's", "$HOME", "`id`", "", "sql:/x/.pki", "*", "é;"];
    const shown = shownCommand(words);
    expect(shown).toStartWith("printf '%s\\n' 'a b' 'it'\\''s' '$HOME' '`id`' '' sql:/x/.pki '*'");
    const { stdout } = Bun.spawnSync(["sh", "-c", shown]);
    expect(stdout.toString()).toBe(
      words
        .slice(2)
        .map((word) => `${word}\n`)
        .join(""),
    );
  });
});
