import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import { FieldLines } from "../../src/http1/field-lines.ts";
import { headOf } from "./transcript.ts";

const fields = headOf(
  "GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nX: 1\r\naccept: c\xe9\r\n\r\n",
).fields;

describe("field names (RFC 9110 §5.1)", () => {
  test("are looked up without regard to letter case", () => {
    expect(fields.get("accept")).toBe("b");
    expect(fields.get("ACCept")).toBe("b");
    expect(fields.has("aCCEPT")).toBe(true);
    expect(fields.has("x")).toBe(true);
    expect(fields.has("host")).toBe(true);
    expect(fields.has("hos")).toBe(false);
    expect(fields.has("hosts")).toBe(false);
    expect(fields.get("absent")).toBeUndefined();
    expect(fields.getAll("absent")).toEqual([]);
  });

  test("differ where only their case bit differs and they are no letters", () => {
    const odd = headOf("GET / HTTP/1.1\r\nHost: a\r\nX^: 1\r\nA\x2d: 2\r\n\r\n").fields;
    expect(odd.has("x~")).toBe(false);
    expect(odd.has("x^")).toBe(true);
    expect(odd.has("a\x0d")).toBe(false);
  });
});

describe("field lines (RFC 9110 §5.2, §5.3)", () => {
  test("have the names that were sent, common ones and those that resemble them", () => {
    const names = ["Content-Type", "content-type", "Content-type", "Content-Tape", "Cantent-Type"];
    const more = ["ETag", "Etag", "etag", "EtAg", "x", "Server", "Sevrer", "Content-Typ"];
    const sent = [...names, ...more];
    const lines = sent.map((name) => `${name}: 1\r\n`).join("");
    const head = headOf(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    expect([...head.fields].map(([name]) => name)).toEqual(["Host", ...sent]);
    expect(sent.map((_, i) => head.fields.nameAt(i + 1))).toEqual(sent);
  });

  test("keep their order and their repetitions", () => {
    expect(fields.count).toBe(4);
    expect(fields.getAll("accept")).toEqual(["b", "c\xe9"]);
    expect(fields.indexOf("accept")).toBe(1);
    expect(fields.indexOf("accept", 2)).toBe(3);
    expect(fields.indexOf("accept", 4)).toBe(-1);
    expect([...fields].map(([name]) => name)).toEqual(["Host", "Accept", "X", "accept"]);
  });

  test("are found from wherever the section begins in the octets", () => {
    const octets = latin1Bytes("....A:b");
    const section = new FieldLines(octets, [0, 1, 2, 3], 4);
    expect([...section]).toEqual([["A", "b"]]);
    expect(section.get("a")).toBe("b");
  });
});
