import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { Slot } from "../../../src/base/slot.ts";
import type { CodedVariant, MadeVariant } from "../../../src/site/variants/variant-cache.ts";
import { VariantCache } from "../../../src/site/variants/variant-cache.ts";

/** What each variant costs beside its octets, as the cache counts. */
const entryBytes = 512;

/** A variant of up to 64 KiB is counted twice, because it is copied behind its head. */
const costOf = (octets: number): number => entryBytes + 2 * octets;

const variantOf = (octets: number): CodedVariant => ({
  octets: new Uint8Array(octets),
  entityTag: { weak: false, opaque: String(octets) },
  slot: new Slot(),
});

const made =
  (octets: number, lasting = true) =>
  (): Promise<MadeVariant> =>
    Promise.resolve({ variant: variantOf(octets), lasting });

/** A cache with room for `count` variants of 100 octets. */
const roomFor = (count: number): VariantCache => new VariantCache(count * costOf(100), 1000);

describe("a variant", () => {
  test("is found at once when it has been made, with its octets and its tag", async () => {
    const cache = roomFor(2);
    expect(cache.find("a")).toBeUndefined();
    const variant = await cache.make("a", 1, made(100));
    expect(variant).toEqual(variantOf(100));
    expect(cache.find("a")).toBe(variant as CodedVariant);
    expect(cache.find("b")).toBeUndefined();
  });

  test("is found as its promise while it is being made", async () => {
    const cache = roomFor(2);
    const { promise, resolve } = Promise.withResolvers<MadeVariant>();
    const making = cache.make("a", 1, () => promise);
    expect(cache.find("a")).toBe(making as Promise<CodedVariant>);
    resolve({ variant: variantOf(7), lasting: true });
    expect(await cache.find("a")).toEqual(variantOf(7));
    expect(cache.find("a")).toEqual(variantOf(7));
  });

  test("that does not last goes to the requests that wait for it, and to no other", async () => {
    const cache = roomFor(2);
    const making = cache.make("a", 1, made(7, false));
    expect(await cache.find("a")).toEqual(variantOf(7));
    await making;
    expect(cache.find("a")).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });

  test("that can't be made fails for all who wait, and is tried again", async () => {
    const cache = roomFor(2);
    for (const fail of [
      () => Promise.reject(new Error("no")),
      () => {
        throw new Error("no");
      },
    ]) {
      const making = cache.make("a", 1000, fail);
      expect(cache.find("a")).toBe(making as Promise<CodedVariant>);
      expect(await making?.catch((error: Error) => error.message)).toBe("no");
      expect(cache.find("a")).toBeUndefined();
    }
    expect(await cache.make("a", 1000, made(7))).toEqual(variantOf(7));
  });
});

describe("room", () => {
  test("is counted with what a variant costs beside its octets", async () => {
    const cache = roomFor(3);
    await cache.make("a", 1, made(100));
    await cache.make("b", 1, made(0));
    expect(cache.bytes).toBe(costOf(100) + costOf(0));
  });

  test("is counted with a long key", async () => {
    const cache = roomFor(30);
    await cache.make("a".repeat(1000), 1, made(100));
    expect(cache.bytes).toBe(costOf(100) + 2 * 1000 - 256);
  });

  test("is counted once for a variant that isn't copied behind its head", async () => {
    const cache = new VariantCache(1024 * 1024, 1000);
    await cache.make("a", 1, made(64 * 1024));
    await cache.make("b", 1, made(64 * 1024 + 1));
    expect(cache.bytes).toBe(costOf(64 * 1024) + entryBytes + 64 * 1024 + 1);
  });

  test("is made by what was asked for longest ago", async () => {
    const cache = roomFor(3);
    for (const key of ["a", "b", "c"]) {
      await cache.make(key, 1, made(100));
    }
    expect(cache.find("a")).toEqual(variantOf(100));
    await cache.make("d", 1, made(100));
    const kept = ["a", "b", "c", "d"].filter((key) => cache.find(key) !== undefined);
    expect(kept).toEqual(["a", "c", "d"]);
    await cache.make("e", 1, made(entryBytes / 2 + 200));
    expect(["a", "c", "d", "e"].filter((key) => cache.find(key) !== undefined)).toEqual(["d", "e"]);
  });

  test("isn't made for what would fill more than all of it", async () => {
    const cache = roomFor(1);
    await cache.make("a", 1, made(100));
    expect(await cache.make("b", 1, made(101))).toEqual(variantOf(101));
    expect(cache.find("b")).toBeUndefined();
    expect(cache.find("a")).toEqual(variantOf(100));
    expect(await new VariantCache(0, 1).make("a", 1, made(0))).toEqual(variantOf(0));
  });

  test("is never exceeded, and always what is kept", async () => {
    const asked = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.integer({ max: 2000 }));
    const property = fc.asyncProperty(fc.array(asked), async (all) => {
      const cache = new VariantCache(3000, 1);
      for (const [key, size] of all) {
        if (cache.find(key) === undefined) await cache.make(key, 1, made(Math.abs(size) % 4000));
        expect(cache.bytes).toBeLessThanOrEqual(3000);
      }
      let bytes = 0;
      for (const key of ["a", "b", "c", "d", "e"]) {
        const variant = cache.find(key);
        if (variant !== undefined) bytes += costOf((variant as CodedVariant).octets.length);
      }
      expect(cache.bytes).toBe(bytes);
    });
    await fc.assert(property);
  });
});

describe("what is made at one time", () => {
  test("is bounded by the size of what it is made of", async () => {
    const cache = roomFor(9);
    const { promise, resolve } = Promise.withResolvers<MadeVariant>();
    const first = cache.make("a", 600, () => promise);
    let asked = false;
    const second = cache.make("b", 401, () => {
      asked = true;
      return promise;
    });
    expect([second, asked, cache.find("b")]).toEqual([undefined, false, undefined]);
    const third = cache.make("c", 400, () => promise);
    expect(cache.make("d", 1, made(1))).toBeUndefined();
    resolve({ variant: variantOf(7), lasting: true });
    await Promise.all([first, third]);
    expect(await cache.make("b", 1000, made(8))).toEqual(variantOf(8));
  });
});
