import { describe, expect, test } from "bun:test";

import { fieldsOf } from "../../../src/http/fields/fields.ts";
import { booleanItem, integerItem } from "../../../src/http/structured/structured-item.ts";

const one = (value: string): ReturnType<typeof fieldsOf> => fieldsOf([["X", value]]);

describe("a boolean (RFC 9651 §3.3.6)", () => {
  test.each([
    ["?1", true],
    ["?0", false],
    [" ?1 ", true],
    ["?1;a", true],
    ['?1; a=1;b=?0;c="x\\"";d=:aGk=:;e=@0;f=t/x;g=-1.5', true],
  ])("%j is %p", (text, value) => {
    expect(booleanItem(one(text), "x")).toBe(value);
  });

  test.each(["", "1", "?2", "true", "?1?0", "?1, ?1", "?1;", "?1; ", "?1 x", "?1;A", '?1;a="'])(
    "%j is none",
    (text) => {
      expect(booleanItem(one(text), "x")).toBeUndefined();
    },
  );

  test("on two lines is none, because they are a list", () => {
    const fields = fieldsOf([
      ["X", "?1"],
      ["x", "?1"],
    ]);
    expect(booleanItem(fields, "x")).toBeUndefined();
    expect(booleanItem(fields, "y")).toBeUndefined();
  });
});

describe("an integer (RFC 9651 §3.3.1)", () => {
  test.each([
    ["0", 0],
    ["-1", -1],
    ["007", 7],
    ["999999999999999", 999_999_999_999_999],
    ["5;a=1", 5],
  ])("%j is %p", (text, value) => {
    expect(integerItem(one(text), "x")).toBe(value);
  });

  test.each([
    "",
    "-",
    "+1",
    "1.0",
    "1e3",
    "0x1",
    "9999999999999999",
    "9007199254740993",
    "1, 1",
    "1 2",
    "٣",
  ])("%j is none", (text) => {
    expect(integerItem(one(text), "x")).toBeUndefined();
  });
});
