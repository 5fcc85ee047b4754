import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";
import { isBoundary, readMultipart } from "../../src/http/multipart.ts";

const bounds = { formFieldCountMax: 3, headerSectionBytesMax: 96, fieldCountMax: 3 };

/** The parts of `body` as text, or the kind of refusal. */
function read(body: string, boundary = "XX"): unknown {
  const result = readMultipart(latin1Bytes(body), boundary, bounds);
  if (!result.ok) return result.error;
  return result.value.map(({ name, filename, contentType, content }) => ({
    name: latin1Text(name),
    filename: filename === undefined ? undefined : latin1Text(filename),
    contentType,
    content: latin1Text(content),
  }));
}

const named = 'Content-Disposition: form-data; name="a"';

/** A form with `count` parts. */
const parts = (count: number): string =>
  `--XX\r\n${named}\r\n\r\n1\r\n`.repeat(count).concat("--XX--");

/** A form with one part, whose header is `header`. */
const withHeader = (header: string): string => `--XX\r\n${header}\r\n\r\nb\r\n--XX--\r\n`;

describe("a boundary (RFC 2046 §5.1.1)", () => {
  test("has 1 to 70 characters, and no space at its end", () => {
    for (const text of ["X", "a b", "'()+_,-./:=?", "x".repeat(70)]) {
      expect([text, isBoundary(text)]).toEqual([text, true]);
    }
    for (const text of ["", "a ", "x".repeat(71), "a;b", "é", "a\r\n"]) {
      expect([text, isBoundary(text)]).toEqual([text, false]);
    }
    expect(read("--a;b--", "a;b")).toBe("form");
  });
});

describe("the parts of a form (RFC 2046 §5.1.1)", () => {
  test("stand between delimiters, in their order", () => {
    expect(read(`--XX\r\n${named}\r\n\r\n1\r\n--XX\r\n${named}\r\n\r\n\r\n--XX--`)).toEqual([
      { name: "a", content: "1" },
      { name: "a", content: "" },
    ]);
  });

  test("may be none", () => {
    expect(read("--XX--")).toEqual([]);
    expect(read("--XX--\r\n")).toEqual([]);
  });

  test("have a preamble before them and an epilogue behind them, which are ignored", () => {
    expect(read(`hello\r\n${withHeader(named)}bye`)).toEqual([{ name: "a", content: "b" }]);
  });

  test("hold lines that only begin like a delimiter", () => {
    const content = "\r\n--XXX\r\n--XX-\r\n--XX x";
    expect(
      read(`--XX\r\n${named}\r\n\r\n${content}\r\n--XX \t\r\n${named}\r\n\r\n\r\n--XX--`),
    ).toEqual([
      { name: "a", content },
      { name: "a", content: "" },
    ]);
  });

  test("end with the close delimiter, or are malformed", () => {
    expect(read(`--XX\r\n${named}\r\n\r\nb`)).toBe("form");
    expect(read(`--XX\r\n${named}\r\n\r\nb\r\n--XX\r\n`)).toBe("form");
    expect(read("nothing")).toBe("form");
  });

  test("are as many as the limit says, and not one more", () => {
    expect(read(parts(3))).toHaveLength(3);
    expect(read(parts(4))).toBe("body-too-large");
  });
});

describe("the header of a part (RFC 7578 §4)", () => {
  test("must say the part's name (§4.2)", () => {
    expect(read(withHeader("Content-Type: text/plain"))).toBe("form");
    expect(read(withHeader("Content-Disposition: form-data"))).toBe("form");
    expect(read(withHeader('Content-Disposition: attachment; name="a"'))).toBe("form");
    expect(read("--XX\r\n\r\nb\r\n--XX--")).toBe("form");
  });

  test("says a file's name and the content's type, where there are any (§4.2, §4.4)", () => {
    const header = `${named}; filename="c.txt"\r\nContent-Type: \ttext/plain `;
    expect(read(withHeader(header))).toEqual([
      { name: "a", filename: "c.txt", contentType: "text/plain", content: "b" },
    ]);
    expect(read(withHeader(`${named}; filename=""`))).toMatchObject([{ filename: "" }]);
  });

  test("has names in any letter case, of which the first of one name counts", () => {
    const header = "content-DISPOSITION:form-data; NAME=a\r\nContent-Type:1\r\ncontent-type:2";
    expect(read(withHeader(header))).toEqual([{ name: "a", contentType: "1", content: "b" }]);
  });

  test("escapes a quote and a backslash, and lets another backslash be", () => {
    const header = String.raw`Content-Disposition: form-data; name="\"\\"; filename="C:\d\\e"`;
    expect(read(withHeader(header))).toEqual([{ name: '"\\', filename: "C:\\d\\e", content: "b" }]);
  });

  test("may have other fields, which are ignored (§4.8)", () => {
    expect(read(withHeader(`X: y\r\n${named}`))).toEqual([{ name: "a", content: "b" }]);
  });

  test.each([
    "X",
    ": y",
    "X : y",
    " X: y",
    "X: y\r\n z",
    "X: \0",
    "X: y\rZ: y",
    "X: y\nZ: y",
    "é: y",
  ])("is malformed with the line %j", (line) => {
    expect(read(withHeader(`${named}\r\n${line}`))).toBe("form");
  });

  test("has as many lines and octets as the limits say, and not one more", () => {
    expect(read(withHeader(`${named}${"\r\nX: y".repeat(2)}`))).toHaveLength(1);
    expect(read(withHeader(`${named}${"\r\nX: y".repeat(3)}`))).toBe("form");
    const filler = "x".repeat(96 - `${named}\r\nX: \r\n\r\n`.length);
    expect(read(withHeader(`${named}\r\nX: ${filler}`))).toHaveLength(1);
    expect(read(withHeader(`${named}\r\nX: ${filler}x`))).toBe("form");
  });
});
