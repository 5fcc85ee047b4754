import { expect, test } from "bun:test";

import { fieldsOf } from "../../../src/http/fields/fields.ts";
import { sentFilename } from "../../../src/http/structured/sent-filename.ts";

const nameIn = (...values: string[]): string | undefined =>
  sentFilename(fieldsOf(values.map((value) => ["Content-Disposition", value])));

test.each([
  ["inline; filename=a.txt", "a.txt"],
  ['attachment; filename="a b.txt"', "a b.txt"],
  ['attachment; filename="a\\"b"', 'a"b'],
  ["attachment; filename*=UTF-8''%C3%BC%20b.txt", "ü b.txt"],
  ["attachment; filename*=utf-8'de'a", "a"],
  ["attachment; filename=\"plain\"; filename*=UTF-8''whole", "whole"],
  ["attachment; filename*=UTF-8''whole; filename=\"plain\"", "whole"],
  // An octet that isn't UTF-8 is a name, too.
  ["attachment; filename*=UTF-8''%FF", "\udcff"],
  // UTF-8 as it is, which the parser reads as Latin-1.
  ['attachment; filename="\u00c3\u00bc"', "ü"],
])("%j names %j (RFC 6266 §4.3)", (value, name) => {
  expect(nameIn(value)).toBe(name);
});

test.each([
  "attachment",
  "attachment; filename*=ISO-8859-1''a",
  "attachment; filename*=UTF-8''%zz",
  "attachment; filename*=UTF-8''a b",
  "",
  "attachment; filename=",
])("%j names nothing", (value) => {
  expect(nameIn(value)).toBeUndefined();
});

test("two fields name nothing, and neither does none", () => {
  expect(nameIn("inline; filename=a", "inline; filename=b")).toBeUndefined();
  expect(nameIn()).toBeUndefined();
});
