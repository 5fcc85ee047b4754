import { expect, test } from "bun:test";

import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import { HeadEnding } from "../../../../src/check/play/exchange/head-ending.ts";

function after(...sent: readonly string[]): HeadEnding {
  const ending = new HeadEnding();
  for (const text of sent) ending.sent(latin1Bytes(text));
  return ending;
}

test("a request without its empty line lacks it, in one piece or several", () => {
  expect(after("GET / HTTP/1.1\r\nHost: a\r\n").missing).toBe(true);
  expect(after("GET / HTTP/1.1\r\nHost: a\r\n\r\n").missing).toBe(false);
  expect(after("GET / HTTP/1.1\r\n", "\r", "\n").missing).toBe(false);
});

test("where nothing was sent, nothing is missing", () => {
  expect(after().missing).toBe(false);
});

test("the second of two pipelined requests is not blamed for the first one's answer", () => {
  const ending = after("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  ending.answered();
  expect(ending.missing).toBe(false);
  ending.sent(latin1Bytes("GET / HTTP/1.1\r\n"));
  expect(ending.missing).toBe(true);
});
