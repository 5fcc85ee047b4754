import { expect, test } from "bun:test";

import { checkLimits as limits } from "../../src/check/limits.ts";

test("each bound of a check is a whole number above zero", () => {
  for (const bound of Object.values(limits)) expect(Number.isSafeInteger(bound)).toBe(true);
  expect(Math.min(...Object.values(limits))).toBeGreaterThan(0);
});

test("what a script may describe can be sent, read and waited for", () => {
  expect(limits.bodyBytesMax).toBeGreaterThanOrEqual(limits.fileBytesMax);
  expect(limits.fillBytesMax).toBeLessThanOrEqual(limits.fileBytesMax);
  expect(limits.responseTimeMs).toBeGreaterThan(limits.settleMs);
  expect(limits.settleMs).toBeGreaterThan(limits.replaySettleMs);
  expect(limits.stallMsMax).toBeGreaterThan(limits.stallIntervalMs);
  expect(limits.timedAtOnceMax).toBeLessThan(limits.ownScriptsAtOnce);
});
