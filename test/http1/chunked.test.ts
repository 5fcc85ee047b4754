import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import type { ChunkEvent } from "../../src/http1/chunked.ts";
import { ChunkReader } from "../../src/http1/chunked.ts";
import { limitsWith } from "./transcript.ts";

/** The data of the chunks in `text`, and how they end: "last", "need-data", or an error. */
function unchunked(text: string, limits = limitsWith({})): string {
  const reader = new ChunkReader(limits);
  const view = latin1Bytes(text);
  let data = "";
  let at = 0;
  for (;;) {
    const event: ChunkEvent = reader.read(view, at, view.length);
    if (event.kind === "data") data += `${text.slice(event.start, event.end)}|`;
    else if (event.kind === "error") return `${data}${event.error}`;
    else return `${data}${event.kind}`;
    at = reader.consumed;
  }
}

describe("chunk size (RFC 9112 §7.1)", () => {
  test("is hexadecimal, in both cases, with any number of leading zeros", () => {
    const ten = "0123456789";
    expect(unchunked(`a\r\n${ten}\r\n0\r\n`)).toBe(`${ten}|last`);
    expect(unchunked(`A\r\n${ten}\r\n0\r\n`)).toBe(`${ten}|last`);
    expect(unchunked(`0000A\r\n${ten}\r\n00000\r\n`)).toBe(`${ten}|last`);
    expect(unchunked(`10\r\n${ten}abcdef\r\n0\r\n`)).toBe(`${ten}abcdef|last`);
  });

  test("rejects a chunk size with a leading plus sign", () => {
    expect(unchunked("+5\r\nhello\r\n0\r\n")).toBe("chunk-size");
  });

  test.each(["-5", "0x5", "x", "", " 5", "\t5", "5g", "5_0", "5,", "5\x00", "5=a", "５", "5\xa0"])(
    "rejects a chunk size of %j",
    (size) => {
      const wire = String.fromCharCode(...Buffer.from(size, "latin1"));
      expect(unchunked(`${wire}\r\nhello\r\n0\r\n`)).toBe("chunk-size");
    },
  );

  test("rejects blanks after a chunk size that no extension follows", () => {
    expect(unchunked("5 \r\nhello\r\n0\r\n")).toBe("chunk-extension");
    expect(unchunked("5\t\r\nhello\r\n0\r\n")).toBe("chunk-extension");
    expect(unchunked("5 5\r\n")).toBe("chunk-extension");
  });

  test("rejects a bare LF or CR as the end of the line", () => {
    expect(unchunked("5\nhello\r\n0\r\n")).toBe("line-break");
    expect(unchunked("5\rhello\r\n0\r\n")).toBe("line-break");
    expect(unchunked("5;a\nhello\r\n0\r\n")).toBe("line-break");
    expect(unchunked('5;a="\n"\r\n')).toBe("line-break");
    expect(unchunked("0\n\n")).toBe("line-break");
  });

  test("is too large where it can't be counted any more", () => {
    expect(unchunked("1fffffffffffff\r\n")).toBe("need-data");
    expect(unchunked("20000000000000\r\n")).toBe("body-too-large");
    expect(unchunked("ffffffffffffffff\r\n")).toBe("body-too-large");
    expect(unchunked("10000000000000000000000000000000005\r\n")).toBe("body-too-large");
  });
});

describe("chunk data (RFC 9112 §7.1)", () => {
  test("is whatever stands in the chunk", () => {
    expect(unchunked("4\r\n\r\n0\r\r\n0\r\n")).toBe("\r\n0\r|last");
  });

  test("rejects anything but CR LF after it", () => {
    expect(unchunked("5\r\nhello0\r\n")).toBe("hello|chunk-data");
    expect(unchunked("5\r\nhello!\r\n0\r\n")).toBe("hello|chunk-data");
    expect(unchunked("5\r\nhello\n0\r\n")).toBe("hello|chunk-data");
    expect(unchunked("5\r\nhello\r0\r\n")).toBe("hello|chunk-data");
    expect(unchunked("5\r\nhelloXX0\r\n")).toBe("hello|chunk-data");
    expect(unchunked("5\r\nhello\r\r\n0\r\n")).toBe("hello|chunk-data");
  });

  test("is given in pieces as it comes", () => {
    const reader = new ChunkReader(limitsWith({}));
    expect(reader.read(latin1Bytes("5\r\nhe"), 0, 5)).toEqual({ kind: "data", start: 3, end: 5 });
    expect(reader.consumed).toBe(5);
    const rest = latin1Bytes("..llo\r\n0\r\nrest");
    expect(reader.read(rest, 2, rest.length)).toEqual({ kind: "data", start: 2, end: 5 });
    expect(reader.read(rest, reader.consumed, rest.length)).toEqual({ kind: "last" });
    expect(reader.consumed).toBe(rest.length - "rest".length);
  });
});

describe("chunk extensions (RFC 9112 §7.1.1)", () => {
  test.each([
    ";a",
    ";a=b",
    ";a;b;c",
    ";a=b;c=d",
    ' ; a = b\t;\tc = "d"',
    " ;a ;b",
    ';a=""',
    ';a=" \t!#[]~\xff"',
    String.raw`;a="\"\\\ ;b"`,
    ';a="\\\t\\\xff"',
    ";!#$%&'*+-.^_`|~=!#$%&'*+-.^_`|~",
  ])("takes %j, and ignores it", (extension) => {
    expect(unchunked(`1${extension}\r\nx\r\n0${extension}\r\n`)).toBe("x|last");
  });

  test.each([
    ";",
    "; ",
    ";;a",
    ";a;",
    ";=b",
    ";a=",
    ";a= ",
    ";a=b=c",
    ";a=b c",
    ";a b",
    ";a ",
    ";a=b ",
    ';a="b',
    ';a="b"c',
    ';a="b"=c',
    ';a="b" ',
    ';a=b"c"',
    ';"a"',
    ";a=\x00",
    ';a="\x00"',
    ';a="\x7f"',
    ';a="\\\x00"',
    ';a="\\\x7f"',
    ';a="\\',
    ";é",
    ";a=é",
    ";a,b",
    ";a\x00",
    " a",
    " ",
    ';a="\r"',
    ";a=\rb",
  ])("rejects %j", (extension) => {
    expect(unchunked(`1${extension}\r\nx\r\n0\r\n`)).toBe("chunk-extension");
  });

  test("takes a line of chunkLineBytesMax octets and rejects one more", () => {
    const limits = limitsWith({ chunkLineBytesMax: 20 });
    expect(unchunked(`1;${"a".repeat(18)}\r\nx\r\n0\r\n`, limits)).toBe("x|last");
    expect(unchunked(`1;${"a".repeat(19)}\r\nx\r\n0\r\n`, limits)).toBe("chunk-line-too-long");
    expect(unchunked(`${"0".repeat(19)}1\r\nx\r\n0\r\n`, limits)).toBe("x|last");
    expect(unchunked(`${"0".repeat(20)}1\r\nx\r\n0\r\n`, limits)).toBe("chunk-line-too-long");
    expect(unchunked(`1;a="${"b".repeat(99)}`, limits)).toBe("chunk-line-too-long");
  });

  test("takes chunkExtensionsBytesMax octets in all chunks together and rejects one more", () => {
    const limits = limitsWith({ chunkLineBytesMax: 16, chunkExtensionsBytesMax: 30 });
    const chunk = `1;${"a".repeat(9)}\r\nx\r\n`;
    expect(unchunked(`${chunk.repeat(3)}0\r\n`, limits)).toBe("x|x|x|last");
    expect(unchunked(`${chunk.repeat(3)}0;\r\n`, limits)).toBe("x|x|x|chunk-line-too-long");
  });

  test("counts no chunk size to the extensions, however many chunks there are", () => {
    const limits = limitsWith({ chunkLineBytesMax: 16, chunkExtensionsBytesMax: 16 });
    const text = `${"1\r\nx\r\n".repeat(1000)}0\r\n`;
    expect(unchunked(text, limits)).toBe(`${"x|".repeat(1000)}last`);
  });
});
