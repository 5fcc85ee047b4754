import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../../../src/http/octets/bytes.ts";
import { late, left } from "../../../../src/check/play/exchange/mishap.ts";
import { ResponseReader } from "../../../../src/check/play/response-reader.ts";
import type { ResponseStep } from "../../../../src/check/script/script.ts";

const step: ResponseStep = {
  kind: "response",
  line: 7,
  choices: [{ kind: "status", status: 200 }],
  framing: "own",
  decoded: false,
  fields: [],
  body: [],
  saves: [],
};

function lateAfter(received: string, unended: boolean): string {
  const reader = new ResponseReader("own");
  if (received !== "") reader.push(latin1Bytes(received));
  return late(step, reader, 50, unended).came;
}

describe("a response that is late", () => {
  test("hints at the blank > that the request lacks", () => {
    expect(lateAfter("", true)).toContain("is a > missing after the fields?");
  });

  test("does not hint at it when the request was whole, or something came", () => {
    expect(lateAfter("", false)).not.toContain("missing after the fields");
    expect(lateAfter("HTTP/1.1 2", true)).not.toContain("missing after the fields");
  });

  test("without its body hints at body none", () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    expect(lateAfter(head, false)).toContain("an answer to HEAD? say body none");
  });
});

test("an end has words", () => {
  expect([left("closed"), left("reset")]).toEqual([
    "the server closed the connection",
    "the server reset the connection",
  ]);
});
