import { expect, test } from "bun:test";

import { Stalls } from "../../../src/check/play/stalls.ts";

test("stalls are what the event loop was kept from going on for", async () => {
  using stalls = new Stalls();
  await Bun.sleep(20);
  Bun.sleepSync(50);
  const first = stalls.lostMs();
  await Bun.sleep(20);
  Bun.sleepSync(50);
  await Bun.sleep(20);
  expect(first).toBeGreaterThanOrEqual(40);
  expect(stalls.lostMs()).toBeGreaterThanOrEqual(first + 40);
});
