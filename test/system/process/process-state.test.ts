import { expect, test } from "bun:test";

import { isAwaitingDisk } from "../../../src/system/process/process-state.ts";

test("a process that runs, sleeps, is stopped or has ended waits for no disk", async () => {
  expect(isAwaitingDisk(process.pid)).toBe(false);
  const sleeping = Bun.spawn(["sleep", "60"]);
  expect(isAwaitingDisk(sleeping.pid)).toBe(false);
  process.kill(sleeping.pid, "SIGSTOP");
  expect(isAwaitingDisk(sleeping.pid)).toBe(false);
  sleeping.kill("SIGKILL");
  await sleeping.exited;
  expect(isAwaitingDisk(sleeping.pid)).toBe(false);
});
