import { expect, test } from "bun:test";
import { join } from "node:path";

const root = join(import.meta.dir, "../..");

test("the example of a client's test passes as it stands", async () => {
  const file = "./examples/test-a-client/order-client.test.ts";
  const child = Bun.spawn([process.execPath, "test", file], {
    cwd: root,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, said] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect([await child.exited, `${out}${said}`]).toEqual([0, expect.stringMatching(/\n 8 pass\n/)]);
});
