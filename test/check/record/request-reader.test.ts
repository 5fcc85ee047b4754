import { describe, expect, test } from "bun:test";

import { RequestReader } from "../../../src/check/record/request-reader.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";

/** The messages in `text`, sent in pieces of `size` octets. */
function messagesIn(text: string, size = text.length, bytesMax = 1000) {
  const reader = new RequestReader(bytesMax);
  const fragments: ReturnType<RequestReader["push"]>[number][] = [];
  for (let at = 0; at < text.length; at += size) {
    fragments.push(...reader.push(latin1Bytes(text.slice(at, at + size))));
  }
  const messages = [...new Set(fragments.map(({ message }) => message))];
  return messages.map(({ head, octets, payload, isComplete, isOver }) => ({
    line: head === undefined ? undefined : `${head.method} ${head.target}`,
    text: latin1Text(octets),
    content: payload.map(({ start, end }) => latin1Text(octets.subarray(start, end))).join(""),
    isComplete,
    isOver,
  }));
}

const get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const post = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const chunked =
  "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n";

describe("requests", () => {
  test("are found where they end, however they are cut", () => {
    const whole = `${get}${post}\r\n${chunked}${get}`;
    const expected = [
      { line: "GET /a", text: get, content: "", isComplete: true, isOver: false },
      { line: "POST /b", text: post, content: "hello", isComplete: true, isOver: false },
      {
        line: "PUT /c",
        text: `\r\n${chunked}`,
        content: "abcde",
        isComplete: true,
        isOver: false,
      },
      { line: "GET /a", text: get, content: "", isComplete: true, isOver: false },
    ];
    for (const size of [1, 2, 3, 7, 30, whole.length]) {
      const came = messagesIn(whole, size);
      expect([size, came]).toEqual([size, expected]);
    }
  });

  test("have the places of their fields' values", () => {
    const reader = new RequestReader(0);
    const text = "GET / HTTP/1.1\r\nHost:a\r\nX:  two words \r\n\r\n";
    const [fragment] = reader.push(latin1Bytes(text));
    const fields = fragment?.message.head?.fields ?? [];
    expect(fields.map(({ start, end }) => text.slice(start, end))).toEqual(["a", "two words"]);
    expect(fragment?.message.head?.targetStart).toBe(4);
  });

  test("that have not all come are not complete", () => {
    expect(messagesIn("GET / HTTP/1.1\r\nHost")).toMatchObject([{ isComplete: false }]);
    expect(messagesIn(post.slice(0, -1))).toMatchObject([{ line: "POST /b", isComplete: false }]);
  });

  test("that are too long are not kept, and those behind them are", () => {
    const long = `PUT / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n${"x".repeat(300_000)}`;
    expect(messagesIn(`${long}${get}`, 4096, 10)).toMatchObject([
      { line: "PUT /", isOver: true, isComplete: true },
      { line: "GET /a", isOver: false },
    ]);
  });
});

describe("what is no request", () => {
  test.each([
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
    "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "PUT / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
    "PUT / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  ])("has all that follows in it: %j", (text) => {
    expect(messagesIn(`${text}${get}`)).toMatchObject([{ text: `${text}${get}` }]);
    expect(messagesIn(`${text}${get}`, 1)).toMatchObject([{ text: `${text}${get}` }]);
    const reader = new RequestReader(0);
    reader.push(latin1Bytes(text));
    expect(reader.isOpaque).toBe(true);
  });

  test("may begin in the middle of a chunked body", () => {
    const head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (const rest of ["zz\r\n", "1\r\nab\r\n"]) {
      const reader = new RequestReader(10);
      reader.push(latin1Bytes(head + rest));
      expect([rest, reader.isOpaque]).toEqual([rest, true]);
    }
  });
});
