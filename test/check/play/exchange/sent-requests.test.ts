import { describe, expect, test } from "bun:test";

import { SentRequests } from "../../../../src/check/play/exchange/sent-requests.ts";
import { latin1Bytes, latin1Text } from "../../../../src/http/octets/bytes.ts";

function sent(...pieces: readonly string[]): SentRequests {
  const requests = new SentRequests();
  for (const piece of pieces) requests.sent(latin1Bytes(piece));
  return requests;
}

function texts(requests: SentRequests): readonly string[] {
  return requests.unanswered.map((octets) => latin1Text(octets));
}

const get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
const post = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
const chunked =
  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nT: u\r\n\r\n";
const unclear = "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n";

describe("requests that were sent", () => {
  test("are told apart: heads, contents with a length, chunks with trailers, empty lines", () => {
    const all = [get, post, chunked, `\r\n${get}`, chunked.replace("T: u\r\n", "")];
    expect(texts(sent(all.join("")))).toEqual(all);
  });

  test("are told apart however they were cut", () => {
    const all = [get, post, chunked, get];
    const text = all.join("");
    for (let at = 1; at < text.length; at++) {
      const requests = sent(text.slice(0, at), text.slice(at));
      expect(texts(requests).join("")).toBe(text);
      for (let answers = 0; answers < 3; answers++) requests.answered();
      expect(texts(requests).join("")).toBe(get);
      expect(requests.answeredEarly).toBe(false);
    }
    expect(texts(sent(...text.split("")))).toEqual(all);
  });

  test("have one answer each, in their order", () => {
    const requests = sent(get + post);
    requests.answered();
    expect(texts(requests)).toEqual([post]);
    requests.answered();
    expect(texts(requests)).toEqual([]);
    expect(requests.answeredEarly).toBe(false);
  });

  test("may be answered early: then the rest is no request", () => {
    const requests = sent("POST / HTTP/1.1\r\nContent-Length: 50\r\n\r\n");
    requests.answered();
    expect(requests.answeredEarly).toBe(true);
  });

  test("end with one whose framing is unclear", () => {
    for (const broken of [
      unclear,
      "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: \vchunked\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ]) {
      const requests = sent(get + broken + get);
      expect(texts(requests)).toEqual([get, broken + get]);
      requests.answered();
      requests.answered();
      expect(requests.answeredEarly).toBe(true);
    }
  });
});

const asked = (text: string): boolean => {
  const requests = sent(text);
  requests.answered();
  return requests.endWasAsked;
};

describe("the connection's end", () => {
  test("is asked for by the close option, among others and in any case", () => {
    expect(asked("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).toBe(true);
    expect(asked("GET / HTTP/1.1\r\nconnection: TE , CLOSE\r\n\r\n")).toBe(true);
    expect(asked("GET / HTTP/1.1\r\nConnection: closed\r\n\r\n")).toBe(false);
    expect(asked(get)).toBe(false);
  });

  test("is asked for by HTTP/1.0 without keep-alive (RFC 9112 §9.3)", () => {
    expect(asked("GET / HTTP/1.0\r\n\r\n")).toBe(true);
    expect(asked("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).toBe(false);
  });
});
