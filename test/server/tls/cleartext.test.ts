import { describe, expect, test } from "bun:test";

import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import { headIn } from "../../../src/server/tls/cleartext.ts";

function head(text: string): string | undefined {
  const octets = headIn(latin1Bytes(text));
  return octets === undefined ? undefined : latin1Text(octets);
}

describe("the head of what came in cleartext", () => {
  test("ends before the content", () => {
    const whole = "POST / HTTP/1.1\r\nHost: a\r\n\r\n";
    expect(head(whole)).toBe(whole);
    expect(head(`${whole}a=b\r\n\r\n`)).toBe(whole);
  });

  test("is its whole lines when the rest is still to come", () => {
    const lines = "GET / HTTP/1.1\r\nhost: a\r\n";
    expect(head(lines)).toBe(`${lines}\r\n`);
    expect(head(`${lines}Cookie: abc`)).toBe(`${lines}\r\n`);
    expect(head(`${lines}Cookie: abc\r`)).toBe(`${lines}\r\n`);
  });

  test("is none before it names a host", () => {
    for (const text of [
      "",
      "GET ",
      "GET / HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a",
      "GET / HTTP/1.1\r\nX-Host: a\r\n",
      "GET / HTTP/1.1\nHost: a\n\n",
    ]) {
      expect([text, head(text)]).toEqual([text, undefined]);
    }
  });
});
