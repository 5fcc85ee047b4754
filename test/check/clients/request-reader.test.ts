import { describe, expect, test } from "bun:test";

import { requestReader } from "../../../src/check/clients/request-reader.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";

/** What reading `text` comes to, in one piece and byte by byte. */
function read(text: string): unknown {
  const whole = requestReader().push(latin1Bytes(text));
  const reader = requestReader();
  let cut = whole;
  for (const octet of latin1Bytes(text)) {
    cut = reader.push(Uint8Array.of(octet));
    if (cut.kind !== "need-data") break;
  }
  if (text !== "") expect(cut.kind).toBe(whole.kind);
  if (whole.kind === "fault") return whole.expected;
  if (whole.kind === "need-data") return reader.describeMissing();
  const { message, rest } = whole;
  return { ...message, body: latin1Text(message.body), rest: latin1Text(rest) };
}

describe("a client's request", () => {
  test("ends with its fields, or with the content that they tell of", () => {
    expect(read("GET /a?b HTTP/1.1\r\nHost: a\r\n\r\nmore")).toEqual({
      method: "GET",
      target: "/a?b",
      version: "HTTP/1.1",
      fields: [{ name: "Host", value: "a" }],
      body: "",
      trailers: [],
      rest: "more",
    });
    expect(read("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd")).toMatchObject({
      body: "abc",
      rest: "d",
    });
    const chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    expect(read(chunked)).toMatchObject({ body: "abc", rest: "" });
  });

  test.each([
    ["", "a request line"],
    ["GET /", "the rest of the header section"],
    [
      "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na",
      "2 more bytes of the content that Content-Length announced",
    ],
  ])("%p goes on", (text, missing) => {
    expect(read(text)).toBe(missing);
  });

  const start = "POST / HTTP/1.1\r\n";
  test.each([
    ["GET / HTTP/2\r\n\r\n", "METHOD SP TARGET SP HTTP/1.1 (RFC 9112 §3)"],
    ["GET  / HTTP/1.1\r\n\r\n", "METHOD SP TARGET SP HTTP/1.1 (RFC 9112 §3)"],
    ["GET / HTTP/1.1\n\n", "lines ended by CRLF (RFC 9112 §2.2)"],
    ["GET / HTTP/1.1\r\nA : b\r\n\r\n", "field-name: value (RFC 9112 §5)"],
    [
      `${start}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      "Content-Length or Transfer-Encoding, not both (RFC 9112 §6.2)",
    ],
    [
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "no Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)",
    ],
    [
      `${start}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      'Transfer-Encoding: chunked alone, not "gzip, chunked"',
    ],
    [
      `${start}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`,
      "Content-Length once (RFC 9112 §6.3 step 5)",
    ],
    [`${start}Content-Length: +3\r\n\r\n`, 'Content-Length: 1*DIGIT, not "+3" (RFC 9110 §8.6)'],
    [`${start}Content-Length: 999999999999\r\n\r\n`, "a smaller content"],
  ])("%p is refused", (text, expected) => {
    expect(read(text)).toBe(expected);
  });
});
