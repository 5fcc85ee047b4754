import { afterAll, describe, expect, test } from "bun:test";

import { CountedResponses } from "../../../src/site/operations/counted-responses.ts";
import { TempSite } from "../../temp-site.ts";
import { repeatedHead, requestWith } from "../fake-request.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const folder = new TempSite("empty");
folder.file("a.txt", "a");
afterAll(() => folder[Symbol.dispose]());

/** A client of a site whose cache counts, and the counts. */
function begin() {
  const counts = { hits: 0, misses: 0 };
  const client = new SiteClient(folder.root);
  Object.assign(client.surroundings, {
    responseCache: (limits: SiteClient["limits"]) => new CountedResponses(limits, counts),
  });
  client.reload(folder.root, {});
  return { client, counts };
}

describe("a cache that counts", () => {
  test("has misses until a response is cached, and then hits", async () => {
    const { client, counts } = begin();
    const head = repeatedHead("GET /a.txt");
    for (let i = 0; i < 6; i++) {
      const response = show(await client.answer(requestWith(head)));
      expect(response).toMatchObject({ status: 200, body: "a" });
    }
    expect(counts.hits + counts.misses).toBe(6);
    expect(counts.misses).toBeGreaterThan(0);
    const { hits } = counts;
    expect(hits).toBeGreaterThan(0);
    await client.answer(requestWith(head));
    expect(counts.hits).toBe(hits + 1);
  });

  test("has misses for heads that didn't come before", async () => {
    const { client, counts } = begin();
    for (let i = 0; i < 3; i++) await client.answer(requestWith(repeatedHead("GET /a.txt")));
    expect(counts).toEqual({ hits: 0, misses: 3 });
  });

  test("goes on counting in the cache of the site that a reload opens", async () => {
    const { client, counts } = begin();
    const head = repeatedHead("GET /a.txt");
    await client.answer(requestWith(head));
    client.reload(folder.root, {});
    await client.answer(requestWith(head));
    expect(counts).toEqual({ hits: 0, misses: 2 });
  });
});
