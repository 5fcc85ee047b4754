import { describe, expect, test } from "bun:test";

import type { Http1RefusalKind } from "../../src/http1/error.ts";
import { http1Refusals } from "../../src/http1/error.ts";
import { reasonPhrases } from "../../src/http/message/status.ts";
import { refusal } from "./transcript.ts";

const get = (target: string, lines = "Host: a\r\n"): string =>
  `GET ${target} HTTP/1.1\r\n${lines}\r\n`;
const chunks = (body: string): string =>
  get("/", "Host: a\r\nTransfer-Encoding: chunked\r\n") + body;

/** For every kind an input that makes it, or the layer that does, which isn't this one. */
const origins: Record<Http1RefusalKind, string | { readonly layer: "handlers" | "server" }> = {
  "empty-lines": "\r\n\r\n\r\n",
  "line-break": "GET / HTTP/1.1\n",
  "request-line": "GET /\r\n",
  method: "G(T / HTTP/1.1\r\n",
  target: get("/<"),
  "target-form": get("*"),
  "target-scheme": get("ftp://a/"),
  version: "GET / HTTP/1\r\n",
  "field-name": get("/", "Host : a\r\n"),
  "field-value": get("/", "Host: a\0\r\n"),
  "line-folding": get("/", "Host: a\r\n b\r\n"),
  "host-missing": get("/", ""),
  "host-repeated": get("/", "Host: a\r\nHost: a\r\n"),
  "host-malformed": get("/", "Host: a b\r\n"),
  "length-malformed": get("/", "Host: a\r\nContent-Length: +1\r\n"),
  "length-repeated": get("/", "Host: a\r\nContent-Length: 1, 1\r\n"),
  "length-and-coding": get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
  "coding-not-final": get("/", "Transfer-Encoding: chunked, gzip\r\n"),
  "coding-malformed": get("/", "Transfer-Encoding: ,\r\n"),
  "coding-version": "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
  "chunk-size": chunks("x"),
  "chunk-extension": chunks("1;;"),
  "chunk-line-too-long": chunks("0".repeat(1025)),
  "chunk-data": chunks("1\r\nab"),
  cleartext: { layer: "server" },
  incomplete: { layer: "server" },
  path: { layer: "handlers" },
  form: { layer: "handlers" },
  json: { layer: "handlers" },
  "media-type": { layer: "handlers" },
  "request-timeout": { layer: "server" },
  "length-required": { layer: "handlers" },
  "body-too-large": chunks("ffffffffffffffff"),
  "request-line-too-long": get(`/${"a".repeat(8192)}`),
  expectation: get("/", "Host: a\r\nExpect: x\r\n"),
  credentials: { layer: "handlers" },
  "not-permitted": { layer: "handlers" },
  "cross-origin": { layer: "handlers" },
  host: { layer: "handlers" },
  misdirected: { layer: "handlers" },
  "header-section-too-large": get("/", `X: ${"a".repeat(32_768)}`),
  "too-many-fields": get("/", "X: a\r\n".repeat(101)),
  "trailer-section-too-large": chunks(`0\r\nX: ${"a".repeat(8192)}`),
  "bad-gateway": { layer: "handlers" },
  "gateway-timeout": { layer: "handlers" },
  "handler-failed": { layer: "server" },
  "coding-unknown": get("/", "Transfer-Encoding: gzip, chunked\r\n"),
  overloaded: { layer: "server" },
  "version-unsupported": "GET / HTTP/2.0\r\n",
};

const kinds = Object.keys(http1Refusals) as Http1RefusalKind[];

describe("the table of refusals", () => {
  test("has for every kind an input that makes it, or another layer that does", () => {
    expect(Object.keys(origins).toSorted()).toEqual(kinds.toSorted());
    for (const [kind, origin] of Object.entries(origins)) {
      if (typeof origin === "string") expect(refusal(origin)).toBe(kind);
    }
  });

  test("answers with a status of its own class, a section, and one sentence", () => {
    for (const kind of kinds) {
      const { status, section, text } = http1Refusals[kind];
      expect(Object.keys(reasonPhrases)).toContain(String(status));
      expect(status).toBeGreaterThanOrEqual(400);
      expect(section).toMatch(/^RFC \d{4} §\d+(\.\d+)*( step \d)?$/);
      expect(text).toMatch(/^[A-Z].*\.$/);
    }
  });

  test("closes the connection on everything but a handler or backend that failed, and wrong users", () => {
    expect(kinds.filter((kind) => !http1Refusals[kind].close)).toEqual([
      "credentials",
      "not-permitted",
      "handler-failed",
      "bad-gateway",
      "gateway-timeout",
    ]);
  });

  test("has the statuses that the RFCs name (RFC 9112 §3, §6.1; RFC 9110 §15; RFC 6585 §5)", () => {
    const others = kinds.filter((kind) => http1Refusals[kind].status !== 400);
    expect(Object.fromEntries(others.map((kind) => [kind, http1Refusals[kind].status]))).toEqual({
      "request-timeout": 408,
      "length-required": 411,
      "body-too-large": 413,
      "request-line-too-long": 414,
      "media-type": 415,
      expectation: 417,
      credentials: 401,
      "not-permitted": 403,
      "cross-origin": 403,
      host: 421,
      misdirected: 421,
      "header-section-too-large": 431,
      "too-many-fields": 431,
      "trailer-section-too-large": 431,
      "handler-failed": 500,
      "coding-unknown": 501,
      "bad-gateway": 502,
      overloaded: 503,
      "gateway-timeout": 504,
      "version-unsupported": 505,
    });
  });
});
