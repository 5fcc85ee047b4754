import { expect, test } from "bun:test";

import { manualPage } from "../../src/cli/manual/manual-page.ts";
import { Command } from "./command.ts";

test("postern man prints the page, and takes no words", async () => {
  await using command = new Command(["man"]);
  expect(`${(await command.rest()).join("\n")}\n`).toBe(manualPage());
  expect(await command.status).toBe(0);
  await using wrong = new Command(["man", "ls"]);
  expect(await wrong.stderr).toBe("postern: man takes no words, and not ls\n");
  expect(await wrong.status).toBe(2);
});
