import { describe, expect, test } from "bun:test";

import { asksFor } from "../../src/http1/request-head.ts";
import { headOf, refusal } from "./transcript.ts";

const request = (lines: string, first = "GET / HTTP/1.1"): string => `${first}\r\n${lines}\r\n`;

describe("Host (RFC 9112 §3.2)", () => {
  test("is demanded of HTTP/1.1 and of every later minor version", () => {
    expect(refusal(request(""))).toBe("host-missing");
    expect(refusal(request("", "GET / HTTP/1.2"))).toBe("host-missing");
    expect(refusal(request("Hosts: a\r\nHos: a\r\n"))).toBe("host-missing");
    expect(headOf(request("", "GET / HTTP/1.0")).authority).toBeUndefined();
  });

  test("may come once only, in HTTP/1.0 too", () => {
    expect(refusal(request("Host: a\r\nHost: a\r\n"))).toBe("host-repeated");
    expect(refusal(request("Host: a\r\nX: b\r\nhOST: b\r\n"))).toBe("host-repeated");
    expect(refusal(request("Host: a\r\nHost: b\r\n", "GET / HTTP/1.0"))).toBe("host-repeated");
    expect(refusal(request("Host:\r\nHost: a\r\n"))).toBe("host-repeated");
  });

  test.each(["", "  ", "a b", "a, b", "a/", "http://a", "u@a", "a:b", "[::1", ":80", "é", "a\\b"])(
    "rejects %j",
    (value) => {
      expect(refusal(request(`Host: ${value}\r\n`))).toBe("host-malformed");
      expect(refusal(request(`Host: ${value}\r\n`, "GET / HTTP/1.0"))).toBe("host-malformed");
    },
  );

  test("gives way to the authority of an absolute-form target (§3.2.2)", () => {
    const head = headOf(request("Host: a\r\n", "GET http://b:81/ HTTP/1.1"));
    expect(head.authority).toEqual({ host: "b", port: 81 });
    expect(head.fields.get("host")).toBe("a");
  });

  test("is demanded, and has to be right, beside an absolute-form target", () => {
    expect(refusal(request("", "GET http://b/ HTTP/1.1"))).toBe("host-missing");
    expect(refusal(request("Host:\r\n", "GET http://b/ HTTP/1.1"))).toBe("host-malformed");
    expect(refusal(request("Host: a\r\nHost: b\r\n", "GET http://b/ HTTP/1.1"))).toBe(
      "host-repeated",
    );
  });

  test("names the authority of origin-form and asterisk-form", () => {
    expect(headOf(request("Host: a:80\r\n")).authority).toEqual({ host: "a", port: 80 });
    expect(headOf(request("Host: a\r\n", "OPTIONS * HTTP/1.1")).authority).toEqual({ host: "a" });
  });
});

const persists = (lines: string, version = "1.1"): boolean =>
  headOf(request(`Host: a\r\n${lines}`, `GET / HTTP/${version}`)).persist;

describe("persistence (RFC 9112 §9.3)", () => {
  test("is HTTP/1.1's default", () => {
    expect(persists("")).toBe(true);
    expect(persists("Connection: keep-alive\r\n")).toBe(true);
    expect(persists("Connection: upgrade\r\n")).toBe(true);
    expect(persists("Connection:\r\n")).toBe(true);
    expect(persists("", "1.2")).toBe(true);
  });

  test("ends with close, in any letter case, anywhere in the list, on any line", () => {
    expect(persists("Connection: close\r\n")).toBe(false);
    expect(persists("connection: CLOSE\r\n")).toBe(false);
    expect(persists("Connection: x,\t Close ,y\r\n")).toBe(false);
    expect(persists("Connection: keep-alive\r\nConnection: close\r\n")).toBe(false);
    expect(persists("Connection: close, keep-alive\r\n")).toBe(false);
  });

  test("does not end with an option that only looks like close", () => {
    expect(persists("Connection: closed\r\n")).toBe(true);
    expect(persists("Connection: not close\r\n")).toBe(true);
    expect(persists("X-Connection: close\r\n")).toBe(true);
  });

  test("has to be asked for in HTTP/1.0", () => {
    expect(persists("", "1.0")).toBe(false);
    expect(persists("Connection: x\r\n", "1.0")).toBe(false);
    expect(persists("Connection: keep-alive\r\n", "1.0")).toBe(true);
    expect(persists("Connection: x, Keep-Alive\r\n", "1.0")).toBe(true);
    expect(persists("Connection: keep-alive, close\r\n", "1.0")).toBe(false);
  });
});

const expecting = (lines: string, version = "1.1"): string =>
  request(`Host: a\r\nContent-Length: 1\r\n${lines}`, `POST / HTTP/${version}`);

describe("Expect (RFC 9110 §10.1.1)", () => {
  test("is known as 100-continue, in any letter case", () => {
    expect(headOf(expecting("")).expectsContinue).toBe(false);
    expect(headOf(expecting("Expect: 100-continue\r\n")).expectsContinue).toBe(true);
    expect(headOf(expecting("expect: 100-Continue\r\n")).expectsContinue).toBe(true);
    expect(headOf(expecting("Expect: 100-continue, 100-CONTINUE\r\n")).expectsContinue).toBe(true);
    expect(headOf(expecting("Expect:\r\n")).expectsContinue).toBe(false);
  });

  test("rejects any other expectation, beside the known one too", () => {
    expect(refusal(expecting("Expect: 100-continues\r\n"))).toBe("expectation");
    expect(refusal(expecting("Expect: 200-ok\r\n"))).toBe("expectation");
    expect(refusal(expecting("Expect: 100-continue;a=b\r\n"))).toBe("expectation");
    expect(refusal(expecting("Expect: 100-continue\r\nExpect: x\r\n"))).toBe("expectation");
  });

  test("is ignored in HTTP/1.0", () => {
    expect(headOf(expecting("Expect: 100-continue\r\n", "1.0")).expectsContinue).toBe(false);
    expect(headOf(expecting("Expect: x\r\n", "1.0")).expectsContinue).toBe(false);
  });
});

describe("what a head says of itself in any version's terms", () => {
  test("is the version it is served as (RFC 9110 §2.5)", () => {
    expect(headOf(request("", "GET / HTTP/1.0")).version).toBe("HTTP/1.0");
    expect(headOf(request("Host: a\r\n")).version).toBe("HTTP/1.1");
    expect(headOf(request("Host: a\r\n", "GET / HTTP/1.9")).version).toBe("HTTP/1.1");
  });

  test("is whether the client understands interim responses (RFC 9110 §15.2)", () => {
    expect(headOf(request("", "GET / HTTP/1.0")).acceptsInterim).toBe(false);
    expect(headOf(request("Host: a\r\n")).acceptsInterim).toBe(true);
  });

  test.each<readonly [line: string, hasContent: boolean, contentLength: number | undefined]>([
    ["", false, undefined],
    ["Content-Length: 0\r\n", true, 0],
    ["Content-Length: 7\r\n", true, 7],
    ["Transfer-Encoding: chunked\r\n", true, undefined],
  ])("is whether content follows, and its declared length: %j", (line, hasContent, length) => {
    const head = headOf(request(`Host: a\r\n${line}`));
    expect([head.hasContent, head.contentLength]).toEqual([hasContent, length]);
  });
});

describe("an upgrade (RFC 9110 §7.8)", () => {
  test.each<readonly [lines: string, opens: boolean]>([
    ["", false],
    ["Upgrade: websocket\r\n", true],
    ["UPGRADE: WebSocket\r\n", true],
    ["Upgrade: h2c, websocket\r\n", true],
    ["Upgrade: h2c\r\nUpgrade: websocket\r\n", true],
    ["Upgrade: h2c\r\n", false],
    ["Upgrade: websockets\r\n", false],
    ["Updated: websocket\r\n", false],
  ])("opens a WebSocket (RFC 6455 §4.1) where it asks for one: %j", (lines, opens) => {
    expect(headOf(request(`Host: a\r\n${lines}`)).opensWebSocket).toBe(opens);
  });
});

describe("a switch of protocols (RFC 9110 §7.8)", () => {
  const lines = "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, WebSocket\r\n";

  test("is asked for by both fields, in any case", () => {
    const head = headOf(request(`Host: a\r\n${lines}`));
    expect(asksFor(head, "websocket")).toBe(true);
    expect(asksFor(head, "H2C")).toBe(true);
    expect(asksFor(head, "h3")).toBe(false);
    expect(asksFor(head, undefined)).toBe(false);
    expect(asksFor(headOf(request("Host: a\r\nUpgrade: websocket\r\n")), "websocket")).toBe(false);
  });

  test("isn't in HTTP/1.0, nor by a HEAD", () => {
    expect(asksFor(headOf(`GET / HTTP/1.0\r\n${lines}\r\n`), "websocket")).toBe(false);
    expect(asksFor(headOf(`HEAD / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`), "websocket")).toBe(false);
  });
});

describe("order of refusals (the framing first)", () => {
  test("is framing, target, host, expectation", () => {
    const wrong = "Content-Length: x\r\nExpect: x\r\n";
    expect(refusal(request(wrong, "GET * HTTP/1.1"))).toBe("length-malformed");
    expect(refusal(request("Expect: x\r\n", "GET * HTTP/1.1"))).toBe("target-form");
    expect(refusal(request("Expect: x\r\n"))).toBe("host-missing");
    expect(refusal(request("Host: a\r\nExpect: x\r\n"))).toBe("expectation");
  });
});
