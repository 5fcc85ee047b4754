/** What the log, and the page under `--explain`, say of a name that is kept back. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "../../../index.ts";

const root = mkdtempSync(join(tmpdir(), "postern-absence-"));
chmodSync(root, 0o755);
writeFileSync(join(root, ".env"), "hidden\n");
symlinkSync("/etc/hostname", join(root, "outside"));
symlinkSync("round", join(root, "round"));
afterAll(() => rmSync(root, { recursive: true }));

const causes = [
  [".env", "names that begin with a dot are hidden; --hidden serves them"],
  ["outside", "a symbolic link leads outside the root; --symlinks follow serves it"],
  ["round", "the symbolic links go round in a circle, or on for too long"],
] as const;

test.each(causes)("404 for %s: the log says why, the page does not", async (name, why) => {
  let log = "";
  const write = (text: string): void => {
    log += text;
  };
  await using server = await serve({ root, log: "short", write });
  const response = await fetch(new URL(name, server.url));
  expect(response.status).toBe(404);
  expect(await response.text()).not.toContain(why);
  await server.stop();
  expect(log).toContain(`(${why})`);
});

test.each(causes)("404 for %s: under explain the page says why", async (name, why) => {
  await using server = await serve({ root, explain: true });
  expect(await (await fetch(new URL(name, server.url))).text()).toContain(why);
});
