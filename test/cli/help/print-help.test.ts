import { expect, test } from "bun:test";

import { join } from "node:path";

const program = join(import.meta.dir, "../../../src/cli/help/print-help.ts");

/** What is printed for `asked`, and the outcome. */
function printed(asked: string): string {
  const script = `const { printHelp } = await import(${JSON.stringify(program)});
    console.error(JSON.stringify(await printHelp(${JSON.stringify(asked)})));`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script], {
    stdout: "pipe",
    stderr: "pipe",
  });
  return stdout.toString() + stderr.toString();
}

test("help on an option is printed, and one on nothing is a line", () => {
  expect(printed("single")).toMatch(/--single[^]*\{"ok":true\}\n$/);
  expect(printed("nothing-of-it")).toMatch(/^\{"ok":false,"error":".*nothing-of-it/);
});
