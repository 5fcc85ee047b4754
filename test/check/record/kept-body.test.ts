import { describe, expect, test } from "bun:test";

import { KeptBody } from "../../../src/check/record/kept-body.ts";
import { latin1Text, utf8Bytes } from "../../../src/http/octets/bytes.ts";

const digestOfAbcd = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589";

describe("a body", () => {
  test("is kept whole up to the limit, in copies", () => {
    const body = new KeptBody(4);
    const octets = utf8Bytes("ab");
    expect(body.add(octets)).toBe(0);
    octets.fill(0);
    expect(body.add(utf8Bytes("cd"))).toBe(0);
    expect(latin1Text(body.octets ?? new Uint8Array(0))).toBe("abcd");
    expect([body.lengthBytes, body.digest]).toEqual([4, digestOfAbcd]);
  });

  test("that is longer has its length and its digest, and gives back what was held", () => {
    const body = new KeptBody(3);
    expect(body.add(utf8Bytes("ab"))).toBe(0);
    expect(body.keptBytes).toBe(2);
    expect(body.add(utf8Bytes("cd"))).toBe(2);
    expect([body.octets, body.lengthBytes, body.keptBytes]).toEqual([undefined, 4, 0]);
    expect(body.digest).toBe(digestOfAbcd);
  });

  test("is not kept where there is no memory for it", () => {
    const body = new KeptBody(100, (bytes) => bytes < 2);
    expect(body.add(utf8Bytes("a"))).toBe(0);
    expect(body.add(utf8Bytes("bcd"))).toBe(1);
    expect(body.digest).toBe(digestOfAbcd);
  });
});
