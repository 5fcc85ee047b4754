import { describe, expect, test } from "bun:test";

import { HostRewriter } from "../../../src/cli/record/host-rewriter.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";

/** What is sent for `text`, given in pieces of `size` octets, up to its end. */
function rewritten(text: string, size = text.length): string {
  const rewriter = new HostRewriter(new URL("https://site.example/"));
  let out = "";
  for (let at = 0; at < text.length; at += size) {
    out += latin1Text(rewriter.push(latin1Bytes(text.slice(at, at + size))));
  }
  return out + latin1Text(rewriter.end());
}

const body = "Host: localhost:9002\r\n";
const post =
  "POST /a HTTP/1.1\r\nX: localhost:9002\r\nhost:  localhost:9002\r\n" +
  "Origin: http://localhost:9002\r\nReferer: http://localhost:9002/x\r\n" +
  `Content-Length: ${body.length}\r\n\r\n${body}`;
const postAfter =
  "POST /a HTTP/1.1\r\nX: localhost:9002\r\nhost:  site.example\r\n" +
  "Origin: https://site.example\r\nReferer: https://site.example/x\r\n" +
  `Content-Length: ${body.length}\r\n\r\n${body}`;
const other =
  "GET / HTTP/1.1\r\nHost: localhost:9002\r\nOrigin: null\r\nReferer: http://localhost:90021/\r\n\r\n";
const otherAfter = other.replace("Host: localhost:9002", "Host: site.example");

describe("the server's name", () => {
  test("stands in Host, and in Origin and Referer where they named the proxy", () => {
    for (const size of [1, 7, 40, 1000]) {
      expect([size, rewritten(post + other + post, size)]).toEqual([
        size,
        postAfter + otherAfter + postAfter,
      ]);
    }
  });

  test("is put into nothing that is no request, nor behind it", () => {
    const text = `GET / HTTP/1.1\nHost: localhost:9002\n\n${other}`;
    for (const size of [1, 9, 1000]) expect(rewritten(text, size)).toBe(text);
    expect(rewritten("GET / HTTP/1.1\r\nHost: loc")).toBe("GET / HTTP/1.1\r\nHost: loc");
    expect(rewritten("GET / HTTP/1.0\r\n\r\n")).toBe("GET / HTTP/1.0\r\n\r\n");
  });
});
