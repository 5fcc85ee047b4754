import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { Progress } from "../../../src/check/play/response-reader.ts";
import { fieldValues, ResponseReader } from "../../../src/check/play/response-reader.ts";

/** Reads pieces, and the end of the connection if the reader then needs more data. */
function read(pieces: readonly string[], framing: "own" | "none" = "own"): Progress {
  const reader = new ResponseReader(framing);
  let rest = "";
  for (const [index, piece] of pieces.entries()) {
    const progress = reader.push(latin1Bytes(piece));
    if (progress.kind === "need-data") continue;
    rest = pieces.slice(index + 1).join("");
    if (progress.kind === "fault") return progress;
    const all = latin1Bytes(latin1Text(progress.rest) + rest);
    return { ...progress, rest: all };
  }
  return reader.end();
}

/** The text cut in two at every offset, and byte by byte. */
function cuts(text: string): readonly (readonly string[])[] {
  const twos = Array.from({ length: text.length - 1 }, (_, i) => [
    text.slice(0, i + 1),
    text.slice(i + 1),
  ]);
  return [[text], ...twos, text.split("")];
}

const good: readonly {
  readonly name: string;
  readonly text: string;
  readonly body: string;
  readonly rest?: string;
  readonly framing?: "none";
}[] = [
  { name: "Content-Length", text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", body: "abc" },
  { name: "length zero", text: "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", body: "" },
  {
    name: "what follows is kept",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 4",
    body: "a",
    rest: "HTTP/1.1 4",
  },
  { name: "until the end", text: "HTTP/1.0 200 OK\r\nA: b\r\n\r\nabc", body: "abc" },
  {
    name: "chunked, with extensions and trailers",
    text:
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n" +
      '3\r\nabc\r\nA;x="y"\r\n0123456789\r\n0\r\nT: v\r\n\r\nX',
    body: "abc0123456789",
    rest: "X",
  },
  {
    name: "an interim response",
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/",
    body: "",
    rest: "HTTP/",
  },
  { name: "204", text: "HTTP/1.1 204 \r\n\r\nrest", body: "", rest: "rest" },
  {
    name: "304 with a length",
    text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nrest",
    body: "",
    rest: "rest",
  },
  {
    name: "none expected in spite of its length",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nrest",
    body: "",
    rest: "rest",
    framing: "none",
  },
];

describe("reads a response", () => {
  for (const { name, text, body, rest, framing } of good) {
    test(`${name}, cut at every byte`, () => {
      for (const pieces of cuts(text)) {
        const progress = read(pieces, framing);
        if (progress.kind !== "response") throw new Error(JSON.stringify({ pieces, progress }));
        expect(latin1Text(progress.response.body)).toBe(body);
        expect(latin1Text(progress.rest)).toBe(rest ?? "");
      }
    });
  }

  test("with its version, reason, fields and trailers", () => {
    const progress = read([
      "HTTP/1.1 404 Not  Found\xe9\r\nA:  b c\t\r\nB:\r\n",
      "A: d\r\nTransfer-Encoding: chunked\r\n\r\n",
      "0\r\nT: u\r\n\r\n",
    ]);
    expect(progress).toMatchObject({
      kind: "response",
      response: {
        version: "HTTP/1.1",
        status: 404,
        reason: "Not  Found\xe9",
        fields: [
          { name: "A", value: "b c" },
          { name: "B", value: "" },
          { name: "A", value: "d" },
          { name: "Transfer-Encoding", value: "chunked" },
        ],
        trailers: [{ name: "T", value: "u" }],
      },
    });
  });
});

const bad: readonly (readonly [name: string, text: string, expected: string])[] = [
  ["no response at all", "SSH-2.0-x\r\n", "a status line"],
  ["a response without a head", "<html>", "a status line"],
  ["another version", "HTTP/2 200\r\n\r\n", "a status line"],
  ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", "STATUS SP"],
  ["no space after the status", "HTTP/1.1 200\r\n\r\n", "STATUS SP"],
  ["two spaces", "HTTP/1.1  200 OK\r\n\r\n", "STATUS SP"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "STATUS SP"],
  ["a bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n", "lines ended by CRLF"],
  ["a bare CR", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "lines ended by CRLF"],
  ["a folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "field-name: value"],
  ["a space before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "field-name: value"],
  ["no colon", "HTTP/1.1 200 OK\r\nA\r\n\r\n", "field-name: value"],
  ["NUL in a value", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", "field-name: value"],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "Content-Length once",
  ],
  ["a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na", "1*DIGIT"],
  ["a signed length", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na", "1*DIGIT"],
  [
    "a length and a coding",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "not both",
  ],
  ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "chunked alone"],
  ["chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"],
  [
    "a length with 204",
    "HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n",
    "no Content-Length with 204",
  ],
  ["a coding with 100", "HTTP/1.1 100 C\r\nTransfer-Encoding: chunked\r\n\r\n", "with 100"],
  [
    "a chunk size that is none",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk-size line",
  ],
  [
    "a chunk longer than its size",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "CRLF after a chunk",
  ],
  ["an end in the head", "HTTP/1.1 200 OK\r\nA: b\r\n", "the rest of the header section"],
  ["an end at once", "", "a status line"],
  ["an end in the body", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na", "2 more bytes"],
  [
    "an end in a chunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na",
    "2 more bytes of a chunk",
  ],
  [
    "an end before the last chunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
    "a chunk-size line",
  ],
  [
    "an end in the trailers",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    "the trailer section",
  ],
];

describe("refuses", () => {
  for (const [name, text, expected] of bad) {
    test(`${name}, cut at every byte`, () => {
      for (const pieces of text === "" ? [[]] : cuts(text)) {
        const progress = read(pieces);
        if (progress.kind !== "fault") throw new Error(JSON.stringify({ pieces, progress }));
        expect(progress.expected).toContain(expected);
      }
    });
  }

  test("what is no response before its first line has ended", () => {
    expect(new ResponseReader().push(latin1Bytes("HTTQ")).kind).toBe("fault");
    expect(new ResponseReader().push(latin1Bytes("HTTP")).kind).toBe("need-data");
  });

  test("a header section without an end", () => {
    const reader = new ResponseReader();
    const progress = reader.push(latin1Bytes(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(300_000)}`));
    expect(progress).toMatchObject({ kind: "fault", expected: "a shorter header section" });
  });
});

test("the values of a name are found in any case, in their order", () => {
  const fields = [
    { name: "A", value: "1" },
    { name: "B", value: "2" },
    { name: "a", value: "3" },
  ];
  expect(fieldValues(fields, "a")).toEqual(["1", "3"]);
});
