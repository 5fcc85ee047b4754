import { expect, test } from "bun:test";

import { latin1Bytes } from "../../../src/http/octets/bytes.ts";
import type { ExchangePart } from "../../../src/check/play/exchange/exchange.ts";
import { exchangeLines, sentLines } from "../../../src/check/report/exchange-text.ts";

function bytes(connection: string, from: "client" | "server", text: string): ExchangePart {
  const octets = latin1Bytes(text);
  return { kind: "bytes", connection, from, octets, byteCount: octets.length };
}

test("lines look like a script's: with CRLF, without it, and what is no text escaped", () => {
  const exchange = [
    bytes("main", "client", "GET / HTTP/1.1\r\n\r\n"),
    bytes("main", "server", "HTTP/1.1 200 OK\r\n\r\na\nb\x00"),
  ];
  expect(exchangeLines(exchange)).toEqual([
    "> GET / HTTP/1.1",
    ">",
    "< HTTP/1.1 200 OK",
    "<",
    "<< a\\n",
    "<< b\\x00",
  ]);
  expect(sentLines(exchange)).toEqual(["> GET / HTTP/1.1", ">"]);
});

test("connections are named where there are several, and bytes that were left out counted", () => {
  const cut = { ...bytes("b", "server", "x"), byteCount: 10 };
  expect(exchangeLines([bytes("a", "client", "x"), cut])).toEqual([
    "* on a",
    ">> x",
    "* on b",
    "<< x",
    "* and 9 more bytes",
  ]);
});
