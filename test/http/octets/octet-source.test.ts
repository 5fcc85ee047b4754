import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { OctetSource, readOctets } from "../../../src/http/octets/octet-source.ts";

describe("octets as a source", () => {
  test("are read from anywhere, up to their end", () => {
    const source = new OctetSource(utf8Bytes("hello"));
    const into = new Uint8Array(3);
    expect([source.read(into, 0), new TextDecoder().decode(into)]).toEqual([3, "hel"]);
    expect([source.read(into, 3), new TextDecoder().decode(into)]).toEqual([2, "lol"]);
    expect([source.read(into, 5), source.read(into, 500)]).toEqual([0, 0]);
  });

  test("have no handle, and can be read when they were closed: another response may use them", () => {
    const source = new OctetSource(utf8Bytes("hello"));
    source.close();
    expect("handle" in source).toBe(false);
    expect(source.read(new Uint8Array(9), 0)).toBe(5);
  });

  test("are copied, never lent", () => {
    const octets = utf8Bytes("hello");
    const into = new Uint8Array(5);
    readOctets(octets, into, 0);
    into.fill(0);
    expect(new TextDecoder().decode(octets)).toBe("hello");
  });
});
