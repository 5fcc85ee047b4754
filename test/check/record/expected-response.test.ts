import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";

import { Secrets } from "../../../src/check/record/blanking.ts";
import { Captures } from "../../../src/check/record/captures.ts";
import { expectation } from "../../../src/check/record/expected-response.ts";
import type { RecordedResponse } from "../../../src/check/record/recorded.ts";
import { latin1Text, utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { answer, phasesOf, request } from "./samples.ts";

function responseOf(text: string, method: string): RecordedResponse {
  const events = [
    [">", request("/a", "", method)],
    ["<", text],
  ] as const;
  const [phase] = phasesOf(events, 1500);
  const step = phase?.steps[1];
  if (step?.kind !== "response") throw new Error(phase?.leftOut);
  return step.response;
}

/** What is expected of `text`, and the files beside the script. */
function expected(text: string, method = "GET", secrets = new Secrets(10)) {
  const files: string[] = [];
  const { lines, notes } = expectation(responseOf(text, method), {
    captures: new Captures(),
    secrets,
    target: "/a",
    keep: (octets) => `f${files.push(latin1Text(octets))}`,
  });
  return { lines, notes, files };
}

describe("of an answer is expected", () => {
  test("what is the same each time by its value, the rest by its presence", () => {
    const fields =
      'Date: today\r\nServer: x/1 \r\nETag: "1"\r\nLast-Modified: now\r\nSet-Cookie: a=b\r\n' +
      "X-Request-Id: 5\r\nVary: a\r\nVary: b\r\nX-Empty:\r\nX-Odd: \xe9{{a}}\r\nKeep-Alive: timeout=5\r\n";
    expect(expected(answer("hi\n", fields)).lines).toEqual([
      "< 200",
      "has Date",
      "< Server: x/1",
      "has ETag",
      "has Last-Modified",
      "has Set-Cookie",
      "has X-Request-Id",
      "< Vary: a, b",
      "< X-Empty:",
      "< X-Odd: \\xe9\\x7b{a}}",
      "has Keep-Alive",
      "< Content-Length: 3",
      "| hi",
    ]);
  });

  test("a body whose framing does not matter", () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    expect(expected(chunked).lines).toEqual(["< 200", "|| hi"]);
  });

  test("a body in a file where it is long, or no text", () => {
    const long = "x\n".repeat(600);
    expect(expected(answer(long))).toEqual({
      lines: ["< 200", "< Content-Length: 1200", "body is ./f1"],
      notes: [],
      files: [long],
    });
    expect(expected(answer("\0\xff")).files).toEqual(["\0\xff"]);
  });

  test("the length and the digest of a body that was not kept", () => {
    const digest = new Bun.CryptoHasher("sha256").update("x".repeat(2000)).digest("hex");
    const { lines } = expected(answer("x".repeat(2000)));
    expect(lines.slice(2)).toEqual(["body length 2000", `body sha256 ${digest}`]);
  });

  test("a compressed body as what it means", () => {
    const coded = latin1Text(gzipSync(utf8Bytes("plain\n")));
    expect(expected(answer(coded, "Content-Encoding: gzip\r\n")).lines).toEqual([
      "< 200",
      "< Content-Encoding: gzip",
      "has Content-Length",
      "decoded",
      "| plain",
    ]);
    const broken = expected(answer("no gzip", "Content-Encoding: gzip\r\n"));
    expect(broken.lines.slice(3)).toEqual(["|| no gzip"]);
  });

  test("the length of parts, since their boundary may be another one", () => {
    const type = "Content-Type: multipart/byteranges; boundary=12\r\n";
    expect(expected(answer("--12\r\n", type, "206 Partial Content")).lines).toEqual([
      "< 206",
      "< Content-Type ~ ^multipart/byteranges;",
      "< Content-Length: 6",
      "body length 6",
    ]);
  });

  test("no body of HEAD, of 304, and of an interim response", () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    expect(expected(head, "HEAD").lines).toEqual(["< 200", "< Content-Length: 9", "body none"]);
    expect(expected("HTTP/1.1 304 Not Modified\r\n\r\n").lines).toEqual(["< 304", "body empty"]);
    expect(expected("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n").lines).toEqual([
      "< 103",
      "< Link: a",
    ]);
  });

  test("nothing of a body that has credentials, or repeats them", () => {
    const token = answer('{"token":"1"}', "Content-Type: application/json\r\n");
    expect(expected(token)).toEqual({
      lines: ["< 200", "< Content-Type: application/json", "has Content-Length"],
      notes: ["The answer's body has the member token, so it isn't compared."],
      files: [],
    });
    const secrets = new Secrets(10);
    secrets.add("sesame");
    const echo = expected(answer("you said sesame", "X-Said: sesame\r\n"), "GET", secrets);
    expect(echo).toEqual({
      lines: ["< 200", "has X-Said", "has Content-Length"],
      notes: ["The answer's body repeats what was blanked, so it isn't compared."],
      files: [],
    });
  });
});
