import { describe, expect, test } from "bun:test";

import type { OutgoingHead } from "../../../src/http/message/outgoing-head.ts";
import { encodeRequestHead } from "../../../src/http1/client/request-encoder.ts";

const head: OutgoingHead = {
  method: "GET",
  target: "/a?b",
  fields: [
    ["Host", "example.com"],
    ["x-A", "1"],
  ],
  content: "none",
  expectsContinue: false,
  upgrade: undefined,
};

describe("the head of a request to a backend (RFC 9112 §3)", () => {
  test("is a line, the fields as they are, and an empty line", () => {
    expect(encodeRequestHead(head)).toBe(
      "GET /a?b HTTP/1.1\r\nHost: example.com\r\nx-A: 1\r\n\r\n",
    );
  });

  test("has one field of framing (§6.1)", () => {
    expect(encodeRequestHead({ ...head, content: 0 })).toEndWith("Content-Length: 0\r\n\r\n");
    expect(encodeRequestHead({ ...head, content: 12 })).toEndWith("Content-Length: 12\r\n\r\n");
    expect(encodeRequestHead({ ...head, content: "chunked" })).toEndWith(
      "x-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
  });

  test("asks for 100 and for an upgrade only if the client does", () => {
    expect(encodeRequestHead({ ...head, content: 1, expectsContinue: true })).toEndWith(
      "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n",
    );
    expect(encodeRequestHead({ ...head, upgrade: "websocket" })).toEndWith(
      "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
  });
});
