import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";

import { CountedResponses } from "../../../src/site/operations/counted-responses.ts";
import { serve } from "../../../index.ts";
import { TempSite } from "../../temp-site.ts";
import { RawClient } from "../../raw-client.ts";

const site = new TempSite("empty");
site.file("a.txt", "a");
// What was written a moment ago is not cached.
beforeAll(() => void setSystemTime(new Date(Date.now() + 60_000)));
afterAll(() => {
  setSystemTime();
  site[Symbol.dispose]();
});

/** The hits and misses that `server` tells. */
function lookups(families: Awaited<ReturnType<typeof serve>>): readonly number[] {
  const family = families.measure().find(({ name }) => name.startsWith("postern_response_cache"));
  return family?.samples.map(({ value }) => value) ?? [];
}

describe("a cache that counts", () => {
  test("has nothing for a request whose head has no slot: a miss", () => {
    const counts = { hits: 0, misses: 0 };
    const cache = new CountedResponses({ inlineBytesMax: 1000 }, counts);
    const request = { head: {}, receivedMs: 0 } as Parameters<typeof cache.find>[0];
    expect(cache.find(request, 0)).toBeUndefined();
    expect(counts).toEqual({ hits: 0, misses: 1 });
  });

  test("tells hits from misses of requests that are the same", async () => {
    await using server = await serve({ root: site.root, metrics: true });
    const client = await RawClient.connect(server.port);
    for (let i = 1; i <= 5; i++) {
      client.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await client.responses(i);
    }
    client.close();
    const [hits = 0, misses = 0] = lookups(server);
    expect(hits + misses).toBe(5);
    expect(hits).toBeGreaterThan(0);
    expect(misses).toBeGreaterThan(0);
  });

  test("goes on counting after a reload, which begins with an empty cache", async () => {
    await using server = await serve({ root: site.root, metrics: true });
    await fetch(new URL("a.txt", server.url));
    server.reload({});
    await fetch(new URL("a.txt", server.url));
    expect(lookups(server)).toEqual([0, 2]);
  });
});
