import { expect, test } from "bun:test";

import { OctetHash } from "../../../src/site/echo/octet-hash.ts";

const sha256 = (text: string): string => new Bun.CryptoHasher("sha256").update(text).digest("hex");

test("octets are counted and hashed, and their beginning is kept, however they come", () => {
  for (const cut of [1, 3, 10, 100]) {
    const text = "0123456789".repeat(20);
    const hash = new OctetHash(150);
    const octets = Buffer.from(text);
    for (let at = 0; at < octets.length; at += cut) hash.push(octets.subarray(at, at + cut));
    expect(hash.octets).toBe(200);
    expect(Buffer.from(hash.beginning).toString()).toBe(text.slice(0, 150));
    expect(hash.digest()).toBe(sha256(text));
  }
});

test("nothing is nothing", () => {
  const hash = new OctetHash(10);
  expect([hash.octets, hash.beginning.length, hash.digest()]).toEqual([0, 0, sha256("")]);
});
