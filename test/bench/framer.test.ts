import { describe, expect, test } from "bun:test";

import type { Exchange, ExpectedBody } from "../../bench/cases.ts";
import type { BodyWatcher } from "../../bench/framer.ts";
import { ResponseFramer } from "../../bench/framer.ts";

function exchange(status: number, body: ExpectedBody): Exchange {
  return { request: "GET / HTTP/1.1\r\n\r\n", status, body };
}

const hello: ExpectedBody = { kind: "file", path: "hello", offset: 0, length: 5 };
const okHello = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 5\r\n\r\nhello";
const empty = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
const unchanged = 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n';
const chunked =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
  "3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";

const mixed = [
  exchange(200, hello),
  exchange(304, { kind: "none" }),
  exchange(200, { kind: "any" }),
  exchange(404, { kind: "any" }),
];
const mixedStream = Buffer.from(okHello + unchanged + chunked + empty, "latin1");

/** Writes down every body, with its exchange. */
class Recorder implements BodyWatcher {
  fault: string | undefined;
  readonly seen: string[] = [];
  #body = "";

  take(piece: Uint8Array): void {
    this.#body += Buffer.from(piece).toString();
  }

  end(turn: number): void {
    this.seen.push(`${turn} ${this.#body}`);
    this.#body = "";
  }
}

function faultOf(expected: Exchange, stream: string): string | undefined {
  const framer = new ResponseFramer([expected]);
  framer.push(Buffer.from(stream, "latin1"));
  return framer.fault;
}

describe("counting responses", () => {
  test("counts all that one piece completes", () => {
    const framer = new ResponseFramer(mixed);
    expect(framer.push(Buffer.concat([mixedStream, mixedStream]))).toBe(8);
    expect(framer.fault).toBeUndefined();
  });

  test("counts the same when the stream is cut at any byte", () => {
    for (let cut = 0; cut <= mixedStream.length; cut++) {
      const framer = new ResponseFramer(mixed);
      const watcher = new Recorder();
      framer.watcher = watcher;
      const first = framer.push(mixedStream.subarray(0, cut));
      const second = framer.push(mixedStream.subarray(cut));
      expect({ cut, count: first + second, fault: framer.fault }).toEqual({
        cut,
        count: 4,
        fault: undefined,
      });
      expect(watcher.seen).toEqual(["0 hello", "1 ", "2 hello", "3 "]);
    }
  });

  test("counts the same byte by byte", () => {
    const framer = new ResponseFramer(mixed);
    let count = 0;
    for (const byte of mixedStream) count += framer.push(Buffer.of(byte));
    expect(count).toBe(4);
    expect(framer.fault).toBeUndefined();
  });

  test("counts a response with its last byte, not before", () => {
    const framer = new ResponseFramer([exchange(200, hello)]);
    const stream = Buffer.from(okHello, "latin1");
    expect(framer.push(stream.subarray(0, -1))).toBe(0);
    expect(framer.push(stream.subarray(-1))).toBe(1);
  });

  test("begins at the turn it is given", () => {
    const framer = new ResponseFramer(mixed, 3);
    expect(framer.push(Buffer.from(empty + okHello, "latin1"))).toBe(2);
    expect(framer.fault).toBeUndefined();
  });
});

describe("wrong answers", () => {
  test("another status is a fault that quotes the status line", () => {
    expect(faultOf(exchange(200, hello), empty)).toBe(
      'expected status 200, got "HTTP/1.1 404 Not Found"',
    );
  });

  test("another length is a fault", () => {
    const shorter = okHello.replace("length: 5", "length: 4");
    expect(faultOf(exchange(200, hello), shorter)).toBe("expected Content-Length 5, got 4");
  });

  test("a file that comes without Content-Length is a fault", () => {
    expect(faultOf(exchange(200, hello), chunked)).toBe("expected Content-Length 5, got none");
  });

  test("a body that only the end of the connection ends is a fault", () => {
    const endless = "HTTP/1.1 200 OK\r\n\r\n";
    expect(faultOf(exchange(200, { kind: "any" }), endless)).toContain("isn't chunked");
  });

  test("bytes behind a chunk that aren't CRLF are a fault", () => {
    const longer = chunked.replace("hel\r\n", "help\r\n");
    expect(faultOf(exchange(200, { kind: "any" }), longer)).toContain("longer than its size");
  });

  test("a chunk size that is no number is a fault", () => {
    const signed = chunked.replace("\r\n3\r\n", "\r\n+3\r\n");
    expect(faultOf(exchange(200, { kind: "any" }), signed)).toBe('no chunk size: "+3"');
  });

  test("nothing is counted after a fault", () => {
    const framer = new ResponseFramer([exchange(200, hello)]);
    expect(framer.push(Buffer.from(okHello + empty + okHello, "latin1"))).toBe(1);
    expect(framer.push(Buffer.from(okHello, "latin1"))).toBe(0);
  });
});

describe("a head that was seen before", () => {
  test("is as good as the first, and another is read anew", () => {
    const framer = new ResponseFramer([exchange(200, hello)]);
    const dated = okHello.replace("Server: x", "Server: y");
    expect(framer.push(Buffer.from(okHello + okHello + dated + okHello))).toBe(4);
    expect(framer.fault).toBeUndefined();
  });

  test("doesn't stand for one that begins alike", () => {
    const framer = new ResponseFramer([exchange(200, hello)]);
    framer.push(Buffer.from(okHello));
    framer.push(Buffer.from(okHello.replace("content-length: 5", "content-length: 6")));
    expect(framer.fault).toBe("expected Content-Length 5, got 6");
  });

  test("belongs to its exchange", () => {
    const framer = new ResponseFramer([exchange(200, hello), exchange(404, { kind: "any" })]);
    framer.push(Buffer.from(okHello + empty + okHello));
    framer.push(Buffer.from(okHello));
    expect(framer.fault).toBe('expected status 404, got "HTTP/1.1 200 OK"');
  });
});

describe("bodies", () => {
  test("that a watcher finds wrong are a fault", () => {
    const framer = new ResponseFramer([exchange(200, hello)]);
    const watcher = new Recorder();
    watcher.fault = "other bytes";
    framer.watcher = watcher;
    framer.push(Buffer.from(okHello));
    expect(framer.fault).toBe("other bytes");
  });

  test("are told the exchange that is expected", () => {
    const framer = new ResponseFramer(mixed);
    framer.expect(3);
    expect(framer.push(Buffer.from(empty))).toBe(1);
    expect(framer.fault).toBeUndefined();
  });
});
