import { expect, test } from "bun:test";

import { defaultLimits } from "../../../../src/base/limits.ts";
import type { Alarm, Scheduler } from "../../../../src/schedule/scheduler.ts";
import { sweepAgain } from "../../../../src/site/uploads/resumable/repeated-sweep.ts";
import { rootPath } from "../../../../src/tree/path.ts";
import type { DiskUploadTree } from "../../../../src/tree/writing/disk/disk-upload-tree.ts";

test("sweeps at the start, and each time that the alarm rings", async () => {
  const swept: number[] = [];
  let nowMs = 1000;
  let rings = Promise.withResolvers<readonly [afterMs: number, ring: () => void]>();
  const alarm: Alarm = {
    set: (afterMs, ring) => rings.resolve([afterMs, ring]),
    clear: () => undefined,
  };
  const uploads = {
    sweep: (_: unknown, atMs: number) => Promise.resolve(swept.push(atMs)),
  } as unknown as DiskUploadTree;
  const scheduler = { alarm: () => alarm } as unknown as Scheduler;
  const clock = { epochMs: () => nowMs } as unknown as Parameters<typeof sweepAgain>[2]["clock"];
  sweepAgain(uploads, rootPath, { scheduler, clock, limits: defaultLimits });
  for (let i = 0; i < 3; i++) {
    const [afterMs, ring] = await rings.promise;
    expect(afterMs).toBe(3_600_000);
    rings = Promise.withResolvers();
    nowMs += afterMs;
    ring();
  }
  expect(swept).toEqual([1000, 3_601_000, 7_201_000, 10_801_000]);
});
