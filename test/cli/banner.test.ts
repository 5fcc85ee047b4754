import { expect, test } from "bun:test";

import { helpText } from "../../src/cli/banner.ts";
import { describeFlags } from "../../src/cli/options/flag-list.ts";

test("the help lists the flags, and stands in 100 columns", () => {
  const help = helpText();
  expect(help).toContain(describeFlags());
  for (const line of help.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
