/**
 * Clients, a writer and a store that fails by chance, all at once: no answer is older than its
 * request, none is made of two versions, and none is given of what was locked before it was asked
 * for.
 */

import { expect, test } from "bun:test";

import { serve } from "../src/server/serve.ts";
import type { StubFault } from "./tree/store/store-stub.ts";
import { StoreStub } from "./tree/store/store-stub.ts";

/** Numbers from 0 to 1 that are the same in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const largeRepeats = 560_000;

/** The content of a version, each octet of which tells which one it is. */
const contentOf = (version: number, repeats: number): string =>
  `${String(version).padStart(7, "0")}\n`.repeat(repeats);

/** What the clients have counted. */
interface Counts {
  whole: number;
  broken: number;
  refused: number;
  failed: number;
  readonly wrong: string[];
}

test.each([1, 2])("no answer is older than its request, by chance %d", async (seed) => {
  const random = chance(seed);
  const stub = await StoreStub.start();
  const { root, store } = stub.options();
  await using server = await serve({ root, store, host: "127.0.0.1" });
  const counts: Counts = { whole: 0, broken: 0, refused: 0, failed: 0, wrong: [] };
  const faults: readonly (() => StubFault | undefined)[] = [
    () => ({ closeAfter: 0 }),
    () => ({ closeAfter: Math.floor(random() * 2_000_000) }),
    () => ({ status: 503 }),
    () => ({ wait: Bun.sleep(random() * 10) }),
    () => ({ ignores: ["if-match"] }),
    () => ({ ignores: ["if-none-match"] }),
  ];
  stub.fault = () =>
    random() < 0.15 ? faults[Math.floor(random() * faults.length)]?.() : undefined;

  let version = 0;
  let changes = 0;
  const put = (isShut: boolean): void => {
    changes++;
    // The metadata alone may change, under the same entity tag.
    if (random() < 0.7 || version === 0) version++;
    const modifiedMs = stub.nowMs - 3_600_000 + changes * 1000;
    const fields = { "x-amz-meta-mode": isShut ? "100600" : "100644" };
    stub.put("small.txt", contentOf(version, 50), fields, modifiedMs);
    stub.put("large.txt", contentOf(version, largeRepeats), {}, modifiedMs);
  };
  put(false);
  let shutSince: number | undefined;
  const clients = { left: 4 };
  const write = async (): Promise<void> => {
    while (clients.left > 0) {
      const isShut = random() < 0.3;
      put(isShut);
      shutSince = isShut ? (shutSince ?? changes) : undefined;
      await Bun.sleep(random() * 20);
    }
  };
  const ask = async (path: string, repeats: number, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      const [floor, shut] = [version, shutSince];
      try {
        const response = await fetch(new URL(path, server.url));
        const text = await response.text();
        const came = Number.parseInt(text, 10);
        if (response.status === 403) counts.refused++;
        else if (response.status !== 200) counts.failed++;
        else if (text !== contentOf(came, repeats)) counts.wrong.push(`${path}: a mixture`);
        else if (came < floor) counts.wrong.push(`${path}: ${came}, asked at ${floor}`);
        else counts.whole++;
        const isOpen = response.status === 200 && path === "/small.txt";
        if (isOpen && shut !== undefined && shutSince === shut) counts.wrong.push("locked");
      } catch {
        counts.broken++;
      }
    }
    clients.left--;
  };
  const asking = [
    ask("/small.txt", 50, 100),
    ask("/small.txt", 50, 100),
    ask("/large.txt", largeRepeats, 4),
    ask("/large.txt", largeRepeats, 4),
  ];
  await Promise.all([write(), ...asking]);
  await stub.stop();
  expect(counts.wrong).toEqual([]);
  expect(counts.whole).toBeGreaterThan(100);
  expect(counts.refused).toBeGreaterThan(0);
});
