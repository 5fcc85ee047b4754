import { expect, test } from "bun:test";

import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import { ExchangeLog } from "../../../../src/check/play/exchange/exchange.ts";

test("bytes of one side are joined until the other side speaks", () => {
  const log = new ExchangeLog();
  log.bytes("main", "client", latin1Bytes("GET"));
  log.bytes("main", "client", latin1Bytes(" /"));
  log.bytes("main", "server", latin1Bytes("200"));
  log.event("main", "the server closed the connection");
  expect(log.take()).toEqual([
    {
      kind: "bytes",
      connection: "main",
      from: "client",
      octets: latin1Bytes("GET /"),
      byteCount: 5,
    },
    {
      kind: "bytes",
      connection: "main",
      from: "server",
      octets: latin1Bytes("200"),
      byteCount: 3,
    },
    { kind: "event", connection: "main", text: "the server closed the connection" },
  ]);
  expect(log.take()).toEqual([]);
});

test("keeps the first 2 KiB of a part, and counts the others", () => {
  const log = new ExchangeLog();
  for (let i = 0; i < 3; i++) log.bytes("main", "server", new Uint8Array(1000));
  const [part] = log.take();
  expect(part).toMatchObject({ byteCount: 3000 });
  expect(part?.kind === "bytes" && part.octets.length).toBe(2048);
});

test("keeps 64 parts of a phase", () => {
  const log = new ExchangeLog();
  for (let i = 0; i < 100; i++) log.event("main", "x");
  expect(log.take()).toHaveLength(64);
});
