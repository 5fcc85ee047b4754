import { describe, expect, test } from "bun:test";

import { EventLoop } from "../../../../src/schedule/event-loop.ts";
import { StoreClient, readUpTo } from "../../../../src/tree/store/client/store-client.ts";
import { StoreCounts, outcomeOf } from "../../../../src/tree/store/client/store-counts.ts";
import { readStoreSource } from "../../../../src/tree/store/client/store-source.ts";
import { MovedClock, testLimits } from "../stored-tree.ts";
import { StoreStub } from "../store-stub.ts";

test.each<readonly [status: number, outcome: ReturnType<typeof outcomeOf>]>([
  [200, "answered"],
  [206, "answered"],
  [412, "answered"],
  [416, "answered"],
  [304, "unchanged"],
  [404, "absent"],
  [301, "refused"],
  [403, "refused"],
  [429, "busy"],
  [503, "busy"],
  [500, "failed"],
  [504, "failed"],
])("an answer of %d counts as %s", (status, outcome) => {
  expect(outcomeOf(status)).toBe(outcome);
});

/**
 * What is counted of two GETs of five octets, the second when what the first has caused `isReady`.
 * The first attempts have `faults`.
 */
async function countsWith(
  faults: ReturnType<NonNullable<StoreStub["fault"]>>[],
  limits = testLimits,
  isReady: (client: StoreClient) => boolean = () => true,
): Promise<StoreCounts> {
  const stub = await StoreStub.start();
  stub.put("a.txt", "hello");
  stub.fault = () => faults.shift();
  const counts = new StoreCounts();
  const { root, store } = stub.options();
  const source = readStoreSource(root, store, {});
  if (!source.ok) throw new Error(source.error);
  const around = { clock: new MovedClock(), scheduler: new EventLoop(), counts };
  const client = new StoreClient(source.value, limits, around);
  const ask = (): Promise<unknown> =>
    client.ask({ method: "GET", key: "a.txt" }, async (answer) => {
      const { content } = await readUpTo(answer, 1000);
      client.received(content.length);
      if (content.length < 5) throw new Error("short");
    });
  await ask();
  while (!isReady(client)) await Bun.sleep(1);
  await ask();
  await stub.stop();
  return counts;
}

describe("requests to a store", () => {
  test("are counted by what has come of each attempt", async () => {
    // On a connection that was used before, the runtime asks again by itself.
    const counts = await countsWith([{ closeAfter: 0 }, { status: 503, code: "SlowDown" }]);
    expect(Object.fromEntries(counts.outcomes)).toEqual({ busy: 1, unreachable: 1, answered: 2 });
    expect([counts.retries, counts.broken, counts.receivedBytes]).toEqual([2, 0, 10]);
  });

  test("whose answer breaks off have that beside their outcome", async () => {
    const counts = await countsWith([{ closeAfter: 2 }]);
    expect(Object.fromEntries(counts.outcomes)).toEqual({ answered: 3 });
    expect([counts.retries, counts.broken]).toEqual([1, 1]);
  });

  test("that aren't sent while the circuit is open are held", async () => {
    const limits = { ...testLimits, storeFailuresMax: 3 };
    const counts = await countsWith(
      Array.from({ length: 4 }, () => ({ status: 500 })),
      limits,
      // The fourth is that of the probe, by which the circuit opens.
      (client) => client.isHeld,
    );
    expect(Object.fromEntries(counts.outcomes)).toEqual({ failed: 4, held: 1 });
    expect(counts.retries).toBe(2);
  });
});
