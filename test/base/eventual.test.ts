import { describe, expect, test } from "bun:test";

import { all, whenReady } from "../../src/base/eventual.ts";

const double = (value: number): number => 2 * value;
const fail = (): never => {
  throw new Error("no");
};
const doubleLater = (value: number): Promise<number> => Promise.resolve(2 * value);

describe("a value that is there", () => {
  test("is used at once, and makes no promise", () => {
    expect(whenReady(3, double)).toBe(6);
  });

  test("gives the promise that is made of it, and no other", () => {
    const promise = Promise.resolve(6);
    expect(whenReady(3, () => promise)).toBe(promise);
  });

  test("lets what is thrown through", () => {
    expect(() => whenReady(3, fail)).toThrow("no");
  });
});

test("several values are there at once when each is, and else when the last one is", async () => {
  expect(all([1, 2])).toEqual([1, 2]);
  const later = all<number>([1, Promise.resolve(2)]);
  expect(later).toBeInstanceOf(Promise);
  expect(await later).toEqual([1, 2]);
});

describe("a value that comes later", () => {
  test("is used when it has come, and not before", async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const used: number[] = [];
    const made = whenReady(promise, (value) => {
      used.push(value);
      return double(value);
    });
    expect(made).toBeInstanceOf(Promise);
    expect(used).toEqual([]);
    resolve(3);
    expect(await made).toBe(6);
    expect(used).toEqual([3]);
  });

  test("may be made into one that comes later still", async () => {
    expect(await whenReady(Promise.resolve(3), doubleLater)).toBe(6);
  });

  test("is not used when it doesn't come", async () => {
    let isUsed = false;
    const made = whenReady(Promise.reject(new Error("no")), () => {
      isUsed = true;
    });
    const reason: unknown = await Promise.resolve(made).catch((error: unknown) => error);
    expect([reason, isUsed]).toEqual([new Error("no"), false]);
  });
});
