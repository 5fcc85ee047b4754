/** The file of faults among the examples is right. */

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Command } from "../cli/command.ts";

test("the example of a file of faults can be used as it stands", async () => {
  await using command = new Command(
    ["faults", "faults.txt"],
    {},
    join(import.meta.dir, "../../examples"),
  );
  expect([await command.rest(), await command.status]).toEqual([["faults.txt: 6 rules"], 0]);
});
