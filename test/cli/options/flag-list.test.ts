import { expect, test } from "bun:test";

import { readCommandLine } from "../../../src/cli/options/command-line.ts";
import { describeFlags } from "../../../src/cli/options/flag-list.ts";

function complaint(word: string): string {
  const command = readCommandLine([word], {});
  return command.ok ? "accepted" : command.error;
}

test("each flag stands in the help with its value", () => {
  expect(describeFlags()).toStartWith(
    "  -p, --port N             port to listen on, 0 for any free one (9001)\n",
  );
  const named = [...describeFlags().matchAll(/(?:(-\w), )?(--[\w-]+)/g)];
  for (const [, short, long = ""] of named) {
    for (const name of [short, long]) {
      if (name !== undefined) expect(complaint(name)).not.toStartWith("unknown option");
    }
  }
  expect(named.length).toBeGreaterThanOrEqual(15);
});
