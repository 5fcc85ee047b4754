/**
 * A test suite has a server for each test, many at once: they leave nothing behind in its process.
 */

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { canListDescriptors } from "../open-descriptors.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "postern-fifty-")));
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(!canListDescriptors)(
  "fifty servers, one by one and at once, leave no descriptor, timer or file (needs /proc)",
  async () => {
    const script = `${import.meta.dir}/fifty-servers.ts`;
    const child = Bun.spawn([process.execPath, script], {
      env: { ...process.env, TMPDIR: folder, BUN_TMPDIR: folder },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    // It has ended by itself: no server kept the process.
    expect([complaint, await child.exited]).toEqual(["", 0]);
    expect(JSON.parse(out)).toEqual({
      answered: 100,
      answers: ["200 200 hi hi 404"],
      descriptors: [],
      timers: 0,
      files: [],
    });
  },
);
