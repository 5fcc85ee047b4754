import { describe, expect, test } from "bun:test";

import { ResponseBuilder } from "../../src/http/message/response-builder.ts";
import type { Response } from "../../src/http/message/response.ts";
import type { WireContext, WireFraming } from "../../src/http1/response-encoder.ts";
import {
  chunkPrefix,
  continueHead,
  encodeHead as encodeFully,
  encodeResponse,
  interimHead,
  keepAliveLines,
  lastChunk,
  wireContext,
} from "../../src/http1/response-encoder.ts";

const date = "Sun, 06 Nov 1994 08:49:37 GMT";
const plain: WireContext = { minorVersion: 1, bodiless: false, persist: true, keepAlive: "", date };
const old: WireContext = { ...plain, minorVersion: 0 };
const head: WireContext = { ...plain, bodiless: true };
const hello = new ResponseBuilder(200).field("ETag", '"a"').text("hello", "text/plain").build();
const empty: AsyncIterable<Uint8Array> = new ReadableStream<Uint8Array>();
const stream = new ResponseBuilder(200).stream(empty, "text/plain").build();

/** A head as it goes on the wire, and what follows it. */
function encodeHead(
  response: Response,
  context: WireContext,
): { text: string; framing: WireFraming; persist: boolean } {
  const { head: text, framing, persist } = encodeFully(response, context);
  return { text, framing, persist };
}

/** The octets of a cached response as text. */
const octetsOf = (response: Response, context: WireContext): string =>
  Buffer.from(encodeResponse(response, context).head as Uint8Array).toString();

const lines = (...all: string[]): string => [...all, "", ""].join("\r\n");

describe("a response with a length (RFC 9112 §6.2)", () => {
  test("has status line, Date, its own fields and its length", () => {
    expect(encodeHead(hello, plain)).toEqual({
      text: lines(
        "HTTP/1.1 200 OK",
        `Date: ${date}`,
        'ETag: "a"',
        "Content-Type: text/plain",
        "Content-Length: 5",
      ),
      framing: "length",
      persist: true,
    });
  });

  test("says a length of 0 when it has no body", () => {
    expect(encodeHead(new ResponseBuilder(404).build(), plain)).toEqual({
      text: lines("HTTP/1.1 404 Not Found", `Date: ${date}`, "Content-Length: 0"),
      framing: "length",
      persist: true,
    });
  });

  test("says the length of a file's region", () => {
    const file = { read: () => 0, close: () => undefined };
    const part = new ResponseBuilder(206).file(file, { start: 9, octets: 3 }, "a/b").build();
    expect(encodeHead(part, plain).text).toBe(
      lines(
        "HTTP/1.1 206 Partial Content",
        `Date: ${date}`,
        "Content-Type: a/b",
        "Content-Length: 3",
      ),
    );
  });
});

describe("a status without a name (RFC 9112 §4)", () => {
  test("has an empty reason phrase after its space", () => {
    const unnamed = { ...hello, status: 299 };
    expect(encodeHead(unnamed, plain).text).toStartWith("HTTP/1.1 299 \r\n");
  });
});

describe("a response to HEAD (RFC 9110 §9.3.2)", () => {
  test("has the fields of the one to GET, and nothing follows them", () => {
    expect(encodeHead(hello, head)).toEqual({ ...encodeHead(hello, plain), framing: "none" });
    expect(encodeHead(stream, head)).toEqual({ ...encodeHead(stream, plain), framing: "none" });
  });
});

describe("a response without content (RFC 9110 §6.4.1)", () => {
  test("of 204 has no Content-Length and no Transfer-Encoding (§8.6; RFC 9112 §6.1)", () => {
    expect(encodeHead(new ResponseBuilder(204).build(), plain)).toEqual({
      text: lines("HTTP/1.1 204 No Content", `Date: ${date}`),
      framing: "none",
      persist: true,
    });
  });

  test("of 304 has its fields and no length", () => {
    expect(encodeHead(new ResponseBuilder(304).field("ETag", '"a"').build(), plain)).toEqual({
      text: lines("HTTP/1.1 304 Not Modified", `Date: ${date}`, 'ETag: "a"'),
      framing: "none",
      persist: true,
    });
  });

  test("of 205 says so with a length of 0 (§15.3.6)", () => {
    expect(encodeHead(new ResponseBuilder(205).build(), plain)).toEqual({
      text: lines("HTTP/1.1 205 Reset Content", `Date: ${date}`, "Content-Length: 0"),
      framing: "none",
      persist: true,
    });
  });
});

describe("a response whose length is not known (RFC 9112 §7.1)", () => {
  test("is chunked", () => {
    expect(encodeHead(stream, plain)).toEqual({
      text: lines(
        "HTTP/1.1 200 OK",
        `Date: ${date}`,
        "Content-Type: text/plain",
        "Transfer-Encoding: chunked",
      ),
      framing: "chunked",
      persist: true,
    });
  });

  test("ends with the connection for HTTP/1.0 (§6.1)", () => {
    expect(encodeHead(stream, old)).toEqual({
      text: lines(
        "HTTP/1.1 200 OK",
        `Date: ${date}`,
        "Content-Type: text/plain",
        "Connection: close",
      ),
      framing: "close",
      persist: false,
    });
  });

  test("has chunks with their size in hexadecimal, and a last one", () => {
    expect(chunkPrefix(1)).toBe("1\r\n");
    expect(chunkPrefix(255)).toBe("ff\r\n");
    expect(chunkPrefix(65_536)).toBe("10000\r\n");
    expect(lastChunk).toBe("0\r\n\r\n");
  });

  test("never has a chunk of no octets before the last one", () => {
    expect(() => chunkPrefix(0)).toThrow(new RangeError("not the size of a chunk: 0"));
  });
});

const end = (text: string): string[] => text.split("\r\n").slice(2, -2);

describe("persistence (RFC 9112 §9.3, §9.6)", () => {
  const closing = new ResponseBuilder(200).closing().build();

  test("tells HTTP/1.1 of the end, and nothing otherwise", () => {
    expect(end(encodeHead(closing, plain).text)).toEqual([
      "Content-Length: 0",
      "Connection: close",
    ]);
    expect(encodeHead(closing, plain).persist).toBe(false);
    const unasked = encodeHead(new ResponseBuilder(204).build(), { ...plain, persist: false });
    expect(end(unasked.text)).toEqual(["Connection: close"]);
    expect(unasked.persist).toBe(false);
  });

  test("tells how long an idle connection stays open (RFC 2068 §19.7.1.1)", () => {
    const keepAlive = keepAliveLines(10_000);
    expect(keepAlive).toBe("Connection: keep-alive\r\nKeep-Alive: timeout=9\r\n");
    expect(encodeHead(hello, { ...plain, keepAlive }).text).toEndWith(`\r\n${keepAlive}\r\n`);
    expect(encodeHead(closing, { ...plain, keepAlive }).text).not.toContain("eep-");
    expect(keepAliveLines(1999)).toContain("timeout=0\r\n");
    expect(keepAliveLines(0)).toContain("timeout=0\r\n");
  });

  test("tells HTTP/1.0 that the connection goes on", () => {
    const keepAlive = "Connection: keep-alive\r\n";
    const kept = encodeHead(new ResponseBuilder(200).build(), { ...old, keepAlive });
    expect(kept.text).toStartWith("HTTP/1.1 200 OK\r\n");
    expect(end(kept.text)).toEqual(["Content-Length: 0", "Connection: keep-alive"]);
    expect(kept.persist).toBe(true);
    expect(end(encodeHead(closing, old).text)).toContain("Connection: close");
  });
});

describe("an upgrade (RFC 9110 §7.8)", () => {
  test("of a 101 names the protocol, and says nothing of a connection that goes on", () => {
    const response = ResponseBuilder.switching("websocket", () => {
      throw new Error("not called");
    });
    const context = { ...plain, keepAlive: keepAliveLines(10_000) };
    expect(encodeHead(response.field("A", "b").build(), context)).toEqual({
      text: lines(
        "HTTP/1.1 101 Switching Protocols",
        `Date: ${date}`,
        "A: b",
        "Upgrade: websocket",
        "Connection: Upgrade",
      ),
      framing: "tunnel",
      persist: true,
    });
  });

  test("that a 426 asks for is beside what is said of the connection", () => {
    const response = new ResponseBuilder(426).upgrading("h2c/1").build();
    const { text } = encodeHead(response, { ...plain, persist: false });
    expect(text).toEndWith("Upgrade: h2c/1\r\nConnection: Upgrade\r\nConnection: close\r\n\r\n");
  });
});

describe("an interim response (RFC 9110 §15.2)", () => {
  test("has its fields, and is nothing to a client of HTTP/1.0", () => {
    const fields = [["Link", "</a>"]] as const;
    expect(interimHead(103, fields, { acceptsInterim: true })).toBe(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
    );
    expect(interimHead(103, fields, { acceptsInterim: false })).toBe("");
  });
});

describe("a response that another server has made", () => {
  test("keeps its date (RFC 9110 §6.6.1), and a length that is known", () => {
    const body = { kind: "stream", octets: 5, chunks: empty } as const;
    const passed = { ...hello, fields: [], body, date: "Tue, 15 Nov 1994 08:12:31 GMT" };
    expect(encodeHead(passed, plain)).toEqual({
      text: lines("HTTP/1.1 200 OK", "Date: Tue, 15 Nov 1994 08:12:31 GMT", "Content-Length: 5"),
      framing: "length",
      persist: true,
    });
  });
});

describe("the context of a response", () => {
  test("is that of the request, or of what is known of one that is malformed", () => {
    const shared = [true, "", date] as const;
    expect(wireContext({ minorVersion: 0 }, "GET", ...shared)).toEqual(old);
    expect(wireContext({ minorVersion: 1 }, "HEAD", ...shared)).toEqual(head);
    expect(wireContext(undefined, undefined, ...shared)).toEqual(plain);
  });
});

describe("a cached response", () => {
  const again = new ResponseBuilder(200).text("hello", "text/plain").buildCached();
  const file = { read: () => 0, close: () => undefined };
  const region = { start: 0, octets: 7 };
  const fromFile = new ResponseBuilder(200).file(file, region, "a/b").buildCached();

  test("is made once a second, head and body in one piece", () => {
    const whole = encodeResponse(again, plain);
    expect(octetsOf(again, plain)).toBe(`${encodeHead(again, plain).text}hello`);
    expect(whole).toMatchObject({ contentOctets: 5, framing: "none", persist: true });
    const octets = whole.head;
    expect(encodeResponse(again, plain).head).toBe(octets);
    const later = { ...plain, date: "Sun, 06 Nov 1994 08:49:38 GMT" };
    expect(octetsOf(again, later)).toBe(`${encodeHead(again, later).text}hello`);
    // Lent, and so the same: what waits to be written is a copy by then.
    expect(encodeResponse(again, later).head).toBe(octets);
  });

  test("is made anew for a connection that stays open for another time", () => {
    const longer = { ...plain, keepAlive: keepAliveLines(60_000) };
    const shorter = { ...plain, keepAlive: keepAliveLines(5000) };
    for (const context of [longer, shorter, longer]) {
      expect(octetsOf(again, context)).toBe(`${encodeHead(again, context).text}hello`);
    }
  });

  test("with a file is its head alone", () => {
    const { head: octets, ...others } = encodeResponse(fromFile, plain);
    expect(octetsOf(fromFile, plain)).toBe(encodeHead(fromFile, plain).text);
    expect(others).toMatchObject({ contentOctets: 0, framing: "length", persist: true });
    expect(encodeResponse(fromFile, plain).head).toBe(octets);
  });

  test("without content is its head alone, for HEAD too", () => {
    const none = new ResponseBuilder(304).field("ETag", '"a"').buildCached();
    expect(octetsOf(none, plain)).toBe(encodeHead(none, plain).text);
    expect(encodeResponse(none, head).head).toBe(encodeResponse(none, plain).head);
  });

  test("is the same octets with another note for the log", () => {
    const noted = again.withNote({ reason: "a" });
    expect(encodeResponse(noted, plain).head).toBe(encodeResponse(again, plain).head);
  });

  test("is made each time for a HEAD, for HTTP/1.0, and before the connection's end", () => {
    for (const response of [again, fromFile]) {
      for (const context of [head, old, { ...plain, persist: false }]) {
        expect(encodeResponse(response, context).head).toBe(encodeHead(response, context).text);
      }
    }
    const closing = new ResponseBuilder(200).closing().text("hello").buildCached();
    expect(encodeResponse(closing, plain).head).toBe(encodeHead(closing, plain).text);
  });

  test("is made each time when a copy of its content would be large", () => {
    const large = new ResponseBuilder(200)
      .bytes(new Uint8Array(64 * 1024 + 1), "a/b")
      .buildCached();
    expect(encodeResponse(large, plain).head).toBe(encodeHead(large, plain).text);
  });

  test("is none by being made of one", () => {
    const spread = { ...(again as Response), fields: [...again.fields, ["A", "b"] as const] };
    for (const response of [hello, spread]) {
      expect(encodeResponse(response, plain).head).toBe(encodeHead(response, plain).text);
    }
  });
});

describe("the place of the date in a head (RFC 9110 §6.6.1)", () => {
  test("is known, whatever goes before it", () => {
    for (const response of [hello, stream, { ...hello, status: 299, hints: ["</a>"] }]) {
      const { head: text, dateAt } = encodeFully(response, plain);
      expect(text.slice(dateAt - 6, dateAt + date.length)).toBe(`Date: ${date}`);
    }
  });
});

describe("100 (Continue) (RFC 9110 §15.2.1)", () => {
  test("is a status line and an empty line", () => {
    expect(continueHead).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  });
});

describe("103 (Early Hints) (RFC 8297 §2)", () => {
  const links = ["</a.css>; rel=preload; as=style", "</a.js>; rel=modulepreload"];
  const hinted = { ...hello, hints: links };

  test("goes before the response with a Link field for each, and without a Date", () => {
    const { text, ...others } = encodeHead(hello, plain);
    expect(encodeHead(hinted, plain)).toEqual({
      text:
        "HTTP/1.1 103 Early Hints\r\n" +
        "Link: </a.css>; rel=preload; as=style\r\n" +
        "Link: </a.js>; rel=modulepreload\r\n" +
        `\r\n${text}`,
      ...others,
    });
  });

  test("is not sent to HTTP/1.0 (RFC 9110 §15.2), to HEAD, and with nothing in it", () => {
    expect(encodeHead(hinted, old)).toEqual(encodeHead(hello, old));
    expect(encodeHead(hinted, head)).toEqual(encodeHead(hello, head));
    expect(encodeHead({ ...hello, hints: [] }, plain)).toEqual(encodeHead(hello, plain));
  });
});
