import { describe, expect, test } from "bun:test";

import { fieldsOf, noFields, tokenList, trimBlanks } from "../../../src/http/fields/fields.ts";

describe("no fields", () => {
  test("are none", () => {
    expect(noFields.count).toBe(0);
    expect([...noFields]).toEqual([]);
    expect(noFields.get("a")).toBeUndefined();
    expect(noFields.getAll("a")).toEqual([]);
    expect(noFields.has("a")).toBe(false);
  });
});

describe("white space (RFC 9110 §5.6.3)", () => {
  test("is SP and HTAB at both ends, and nothing else", () => {
    expect(trimBlanks(" \t a \t b\t ")).toBe("a \t b");
    expect(trimBlanks("\xa0a\xa0")).toBe("\xa0a\xa0");
    expect(trimBlanks("\r\na\x0b")).toBe("\r\na\x0b");
    expect(trimBlanks(" \t ")).toBe("");
    expect(trimBlanks("")).toBe("");
  });
});

describe("lists of tokens (RFC 9110 §5.6.1)", () => {
  test("have members in lower case, without the empty ones", () => {
    expect(tokenList("Keep-Alive, Upgrade")).toEqual(["keep-alive", "upgrade"]);
    expect(tokenList(", ,a,,\tB ,")).toEqual(["a", "b"]);
    expect(tokenList("")).toEqual([]);
  });
});

test("fields of lines are found by any spelling of their name", () => {
  const fields = fieldsOf([
    ["If-Match", '"a"'],
    ["Host", "b"],
    ["if-match", '"c"'],
  ]);
  expect([fields.count, fields.has("IF-MATCH"), fields.has("x")]).toEqual([3, true, false]);
  expect(fields.getAll("If-Match")).toEqual(['"a"', '"c"']);
  expect([fields.get("host"), fields.get("x")]).toEqual(["b", undefined]);
  expect([...fields][1]).toEqual(["Host", "b"]);
});
