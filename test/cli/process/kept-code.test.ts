import { expect, test } from "bun:test";
import { join } from "node:path";

const module = join(import.meta.dir, "../../../src/cli/process/kept-code.ts");

/** The modules that a process has loaded after `keepCode` of `server`, an expression. */
async function loadedBy(server: string): Promise<string> {
  const program = `
    import { keepCode } from ${JSON.stringify(module)};
    await keepCode(${server});
    console.log(Object.keys(require.cache).join(" "));
  `;
  await using child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe" });
  return await child.stdout.text();
}

test("a server keeps what requests and a handover need, and a supervisor the latter", async () => {
  const [server, supervisor] = await Promise.all([
    loadedBy("{}"),
    loadedBy("{ listening: Promise.resolve() }"),
  ]);
  for (const loaded of [server, supervisor]) {
    expect(loaded).toContain("src/cli/process/handover.ts");
    expect(loaded).toContain("src/cli/process/own-command.ts");
  }
  expect(server).toContain("src/site/near/near-search.ts");
  expect(supervisor).not.toContain("src/site/near/");
});
