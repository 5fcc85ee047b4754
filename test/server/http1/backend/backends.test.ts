import { expect, test } from "bun:test";

import { defaultLimits } from "../../../../src/base/limits.ts";
import { SystemClock } from "../../../../src/schedule/clock.ts";
import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { BackendPools } from "../../../../src/server/http1/backend/backends.ts";

const address = {
  scheme: "http",
  host: "127.0.0.1",
  port: 1,
  verify: true,
  ca: undefined,
  unix: undefined,
} as const;

test("sites that follow each other share the connections to a backend that both have", () => {
  const scheduler = new EventLoop();
  const pools = new BackendPools(new SystemClock(scheduler), scheduler);
  const [first, other] = pools.open([address, { ...address, port: 2 }], defaultLimits);
  expect(first).not.toBe(other);
  // Two paths of one backend share them, too.
  const second = pools.open([{ ...address }, address], defaultLimits);
  expect(second.map((one) => one === first)).toEqual([true, true]);
  expect(pools.open([address], { ...defaultLimits, backendConnectionsMax: 1 })[0]).not.toBe(first);
  pools.close();
});
