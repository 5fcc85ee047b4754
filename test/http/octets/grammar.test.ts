import { describe, expect, test } from "bun:test";

import {
  classes,
  DIGIT,
  everyIs,
  FIELD_VALUE,
  HEXDIG,
  hexValue,
  IP_FUTURE,
  isToken,
  QDTEXT,
  REG_NAME,
  TARGET,
  TCHAR,
} from "../../../src/http/octets/grammar.ts";

/** The classes again, each as a pattern that is read beside its ABNF. */
const patterns: readonly (readonly [name: string, bit: number, pattern: RegExp])[] = [
  ["tchar (RFC 9110 §5.6.2)", TCHAR, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/],
  ["field-content and blanks (RFC 9110 §5.5)", FIELD_VALUE, /^[\t \x21-\x7e\x80-\xff]$/],
  ["request-target (RFC 9112 §3.2)", TARGET, /^[A-Za-z0-9\-._~:/?@!$&'()*+,;=%[\]^`{|}\\]$/],
  ["DIGIT (RFC 5234 B.1)", DIGIT, /^[0-9]$/],
  ["HEXDIG (RFC 5234 B.1)", HEXDIG, /^[0-9A-Fa-f]$/],
  ["reg-name (RFC 3986 §3.2.2)", REG_NAME, /^[A-Za-z0-9\-._~!$&'()*+,;=%]$/],
  ["qdtext (RFC 9110 §5.6.4)", QDTEXT, /^[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]$/],
  ["IPvFuture (RFC 3986 §3.2.2)", IP_FUTURE, /^[A-Za-z0-9\-._~!$&'()*+,;=:]$/],
];

describe("character classes", () => {
  test.each(patterns)("%s holds exactly its octets", (_, bit, pattern) => {
    for (let octet = 0; octet <= 255; octet++) {
      const held = ((classes[octet] ?? 0) & bit) !== 0;
      expect([octet, held]).toEqual([octet, pattern.test(String.fromCharCode(octet))]);
    }
  });

  test("the target's class has neither SP nor a control nor anything that ends a URI", () => {
    for (const octet of ' "#<>\x7f\x00\r\n\t\x80\xff') expect(everyIs(octet, TARGET)).toBe(false);
  });
});

describe("tokens (RFC 9110 §5.6.2)", () => {
  test("have one character at least, and no other than tchar", () => {
    expect(isToken("Content-Type")).toBe(true);
    expect(isToken("")).toBe(false);
    expect(isToken("a b")).toBe(false);
    expect(isToken("a:")).toBe(false);
    expect(isToken("é")).toBe(false);
    expect(isToken("\u0141")).toBe(false); // its low octet is "A"
  });
});

describe("hexadecimal digits", () => {
  test("have a value, and no other octet has one", () => {
    for (let octet = 0; octet <= 255; octet++) {
      const value = Number.parseInt(String.fromCharCode(octet), 16);
      expect(hexValue(octet)).toBe(Number.isNaN(value) ? -1 : value);
    }
  });
});
