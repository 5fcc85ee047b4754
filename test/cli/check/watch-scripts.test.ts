import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { playOnChange } from "../../../src/cli/check/watch-scripts.ts";

const folder = mkdtempSync(join(tmpdir(), "watch-scripts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("scripts are played once, again after a change of one, and until it is stopped", async () => {
  mkdirSync(join(folder, "s"));
  writeFileSync(join(folder, "s/a.wire"), "1");
  const stopped = Promise.withResolvers<void>();
  let plays = 0;
  const status = await playOnChange(
    [folder],
    () => {
      plays += 1;
      if (plays === 1) writeFileSync(join(folder, "s/a.wire"), "2");
      else stopped.resolve();
      return Promise.resolve(plays);
    },
    stopped.promise,
  );
  expect(status).toBe(2);
});
