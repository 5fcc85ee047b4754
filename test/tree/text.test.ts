import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import {
  charsetSampleOctets,
  isMarkedUtf16,
  isText,
  isUtf8Text,
  textSampleOctets,
} from "../../src/tree/text.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

function utf16(text: string, isBig = false): Uint8Array {
  const octets = Buffer.from(text, "utf16le");
  return new Uint8Array(isBig ? octets.swap16() : octets);
}

/** A sample as long as they get, which ends with `end`. */
function fullSample(end: Uint8Array): Uint8Array {
  const sample = new Uint8Array(textSampleOctets).fill(0x61);
  sample.set(end, sample.length - end.length);
  return sample;
}

describe("octets are text", () => {
  test.each([
    ["nothing", ""],
    ["ASCII", "all:\n\tcc -o a a.c\n"],
    ["lines of other systems", "a\r\nb\rc\f"],
    ["colours of a terminal", "\u001b[1mbold\u001b[0m"],
    ["letters beyond ASCII", "Grüße, 日本語, 😀"],
    ["a byte order mark", "\ufeffa"],
    ["the replacement character itself", "\ufffd"],
  ])("with %s", (_what, text) => {
    expect(isText(utf8(text))).toBe(true);
  });

  test("when a character is cut in two by the sample's end, wherever it is cut", () => {
    for (const character of ["ü", "日", "😀"]) {
      const octets = utf8(character);
      for (let kept = 1; kept <= octets.length; kept++) {
        expect(isText(fullSample(octets.subarray(0, kept)))).toBe(true);
      }
    }
  });
});

describe("octets are UTF-16 with a mark", () => {
  test.each([false, true])("in either order (big-endian: %p)", (isBig) => {
    expect(isMarkedUtf16(utf16("\ufeffGrüße\r\n\t日本 😀", isBig))).toBe(true);
    expect(isMarkedUtf16(utf16("\ufeff", isBig))).toBe(true);
    expect(isMarkedUtf16(utf16(`\ufeff${"a".repeat(2046)}😀`, isBig).subarray(0, 4096))).toBe(true);
  });

  test.each([
    ["no mark", utf16("hi")],
    ["a control character", utf16("\ufeffa\u0000b")],
    ["half a pair", utf16("\ufeffa\ud83d")],
    ["an odd octet", Uint8Array.of(0xff, 0xfe, 0x61)],
    ["UTF-8", utf8("\ufeffhi")],
  ])("unless there is %s", (_what, octets) => {
    expect(isMarkedUtf16(octets)).toBe(false);
  });
});

describe("octets are none", () => {
  test.each([
    ["a NUL", [0x61, 0x00]],
    ["a bell", [0x07]],
    ["a vertical tab", [0x0b]],
    ["DEL", [0x7f]],
    ["Latin-1", [0x47, 0x72, 0xfc, 0xdf, 0x65]],
    ["UTF-16", [0xff, 0xfe, 0x61, 0x00]],
    ["a continuation without a start", [0x61, 0x80]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["what lies beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["a character that is cut in two by the file's end", [0x61, 0xe6, 0x97]],
  ])("with %s", (_what, octets) => {
    expect(isText(Uint8Array.from(octets))).toBe(false);
  });

  test.each([
    ["what begins no character", [0xff]],
    ["an overlong form", [0xe0, 0x80]],
    ["a surrogate", [0xed, 0xa0]],
    ["a continuation without a start", [0x61, 0x80]],
    ["a start that another start follows", [0xe6, 0xe6]],
  ])("with %s at the sample's end", (_what, octets) => {
    expect(isText(fullSample(Uint8Array.from(octets)))).toBe(false);
  });

  test("with a control anywhere", () => {
    const sample = fullSample(utf8("b"));
    for (const at of [0, 1, 2000, textSampleOctets - 1]) {
      const spoiled = sample.slice();
      spoiled[at] = 0;
      expect(isText(spoiled)).toBe(false);
    }
  });
});

test("one look has no effect on the next", () => {
  expect(isText(fullSample(Uint8Array.of(0xe6, 0x97)))).toBe(true);
  expect(isText(Uint8Array.of(0xa5))).toBe(false);
  expect(isText(utf8("a"))).toBe(true);
});

test("any text without controls is text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      // oxlint-disable-next-line no-control-regex
      const plain = text.replace(/[\u0000-\u001f\u007f]/g, "");
      expect(isText(utf8(plain))).toBe(true);
    }),
  );
});

describe("text may be sent as UTF-8 (RFC 9110 §8.3.2)", () => {
  test.each([
    ["", "text/plain", true],
    ["plain", "text/html", true],
    ["Gr\xc3\xbc\xc3\x9fe", "text/plain", true],
    ["Gr\xfc\xdfe", "text/plain", false],
    ["\xef\xbb\xbfa", "text/css", true],
    ["\xff\xfea\0b\0", "text/plain", false],
    ["\xfe\xff\0a\0b", "text/plain", false],
    ["a\0b\0", "application/xml", false],
    ["\0a\0b", "application/xml", false],
    ["\0\0\0\0", "text/css", true],
    ["a\0\0b", "text/plain", true],
    ["<meta charset=iso-8859-1>", "text/html", false],
    ["<meta charset=iso-8859-1>", "text/plain", true],
    ["<META HTTP-EQUIV=a CONTENT='text/html; charset=koi8-r'>", "text/html; charset=utf-8", false],
    ["<meta charset = ' utf-8'>", "text/html", true],
    ["<meta charset=utf-16>", "text/html", true],
    ["<meta name=charset content=latin1>", "text/html", true],
    [`${" ".repeat(1024)}<meta charset=iso-8859-1>`, "text/html", true],
    ["<meta charset=iso-8859-1>\xc3\xa9", "text/html", true],
    ['@charset "windows-1252";', "text/css", false],
    ['@charset "utf-8";', "text/css", true],
    ['a{} @charset "windows-1252";', "text/css", true],
    ['<?xml version="1.0" encoding="ISO-8859-1"?>', "image/svg+xml", false],
    ["<?xml version='1.0' encoding='UTF-8'?>", "application/atom+xml", true],
    ['\x1b$B$"\x1b(B', "text/plain", false],
    ["\x1b[1mbold", "text/plain", true],
  ])("%j of type %s: %p", (text, type, wanted) => {
    expect(isUtf8Text(latin1(text), type)).toBe(wanted);
  });

  test("when a character is cut in two by the sample's end, wherever it is cut", () => {
    for (const character of ["ü", "日", "😀"]) {
      const octets = utf8(character);
      for (let kept = 0; kept <= octets.length; kept++) {
        const sample = new Uint8Array(charsetSampleOctets).fill(0x61);
        sample.set(octets.subarray(0, kept), sample.length - kept);
        expect(isUtf8Text(sample, "text/plain")).toBe(true);
        // A whole text that ends within a character isn't UTF-8.
        const whole = sample.subarray(1);
        const isWhole = kept === 0 || kept === octets.length;
        expect(isUtf8Text(whole, "text/plain")).toBe(isWhole);
      }
    }
  });
});
