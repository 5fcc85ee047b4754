import { describe, expect, test } from "bun:test";

import { concatBytes, latin1Bytes, latin1Text } from "../../src/http/octets/bytes.ts";
import { refusals } from "../../src/http/message/error.ts";
import { RequestParser } from "../../src/http1/request-parser.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { headOf, limitsWith, meaning, read, refusal, singly, transcript } from "./transcript.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const post = (fields: string, body: string): string =>
  `POST /form HTTP/1.1\r\nHost: a\r\n${fields}\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);
const kinds = (text: string): string[] =>
  read(text).map((event) => Object.keys(event).find((key) => key !== "fields") ?? "");

describe("message parsing (RFC 9112 §2.2)", () => {
  test("reads a request that comes in one piece", () => {
    const text = "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\n\r\n";
    expect(read(text)).toEqual([
      {
        head: {
          method: "GET",
          rawTarget: "/a?b=c",
          target: { form: "origin", path: "/a", query: "b=c" },
          minorVersion: 1,
          framing: { kind: "none" },
          authority: { host: "example.com", port: 8080 },
          persist: true,
          expectsContinue: false,
          opensWebSocket: false,
          slot: undefined,
        },
        fields: [
          ["Host", "example.com:8080"],
          ["X-Empty", ""],
          ["octets", text],
        ],
      },
      { end: [] },
    ]);
  });

  test("says nothing about a request until its empty line is there", () => {
    for (let length = 0; length < get.length; length++) {
      expect(read(get.slice(0, length))).toEqual([]);
    }
  });

  test("skips one empty line, and two, before a request line", () => {
    expect(kinds(`\r\n${get}`)).toEqual(["head", "end"]);
    expect(kinds(`\r\n\r\n${get}`)).toEqual(["head", "end"]);
  });

  test("rejects a third empty line before a request line", () => {
    expect(read(`\r\n\r\n\r\n${get}`)).toEqual([
      { error: "empty-lines", method: undefined, limit: "emptyLinesMax" },
    ]);
  });

  test("counts empty lines anew before each request", () => {
    expect(kinds(`\r\n\r\n${get}\r\n\r\n${get}`)).toEqual(["head", "end", "head", "end"]);
  });

  test("rejects a bare LF as the end of any line of a head", () => {
    expect(refusal("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET\n/ HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET /\nHTTP/1.1\r\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP\n/1.1\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost:\na\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n\n")).toBe("line-break");
  });

  test("rejects a bare CR wherever a line may end", () => {
    expect(refusal("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\rHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n\rX")).toBe("line-break");
    expect(refusal("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n")).toBe("line-break");
  });

  test("rejects white space between the request line and the first field line", () => {
    expect(refusal("GET / HTTP/1.1\r\n Host: a\r\n\r\n")).toBe("line-folding");
    expect(refusal("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n")).toBe("line-folding");
  });
});

const withVersion = (version: string): string => `GET / ${version}\r\nHost: a\r\n\r\n`;

describe("HTTP version (RFC 9112 §2.3)", () => {
  test("takes 1.0 for what it is, and every later minor version for 1.1", () => {
    expect(headOf(withVersion("HTTP/1.0")).minorVersion).toBe(0);
    expect(headOf(withVersion("HTTP/1.1")).minorVersion).toBe(1);
    expect(headOf(withVersion("HTTP/1.2")).minorVersion).toBe(1);
    expect(headOf(withVersion("HTTP/1.9")).minorVersion).toBe(1);
  });

  test("answers a well-formed other major version with 505", () => {
    for (const version of ["HTTP/0.9", "HTTP/2.0", "HTTP/3.1", "HTTP/9.9"]) {
      expect(refusal(withVersion(version))).toBe("version-unsupported");
    }
    expect(refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toBe("version-unsupported");
  });

  test.each([
    "http/1.1",
    "Http/1.1",
    "HTTP/1,1",
    "HTTP/1.",
    "HTTP/1",
    "HTTP/11",
    "HTTP/1.1.",
    "HTTP/1.10",
    "HTTP/01.1",
    "HTTP/x.1",
    "HTTP/1.x",
    "HTTP /1.1",
    "HTTP/1.1 ",
    "HTTP/1.1\t",
    "HTTP/-1.1",
    "HTTPS/1.1",
    "ICY/1.1",
    "HTTP/2",
    "HTTP/2.0x",
    "\tHTTP/1.1",
    " HTTP/1.1",
    "",
  ])("rejects %j as a version", (version) => {
    expect(refusal(withVersion(version))).toBe("version");
  });

  test("rejects a request line without a version, as HTTP/0.9 had it", () => {
    expect(refusal("GET /\r\n\r\n")).toBe("request-line");
  });
});

const getWithLineOf = (length: number): string =>
  `GET /${"a".repeat(length - 14)} HTTP/1.1\r\nHost: a\r\n\r\n`;

describe("request line (RFC 9112 §3)", () => {
  test("rejects any other white space than one SP between the three parts", () => {
    expect(refusal(` ${get}`)).toBe("request-line");
    expect(refusal("GET  / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("request-line");
    expect(refusal("GET /  HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("version");
    expect(refusal("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n")).toBe("method");
    expect(refusal("GET /\tHTTP/1.1\r\nHost: a\r\n\r\n")).toBe("target");
    expect(refusal("GET /\x0bHTTP/1.1\r\nHost: a\r\n\r\n")).toBe("target");
    expect(refusal("GET /\x0cHTTP/1.1\r\nHost: a\r\n\r\n")).toBe("target");
  });

  test("rejects a line that ends too soon", () => {
    expect(refusal("GET\r\n\r\n")).toBe("request-line");
    expect(refusal("GET \r\n\r\n")).toBe("request-line");
    expect(refusal("GET / \r\n\r\n")).toBe("version");
  });

  test("takes a line of exactly requestLineBytesMax octets and rejects the octet after it", () => {
    const requestLineBytesMax = 40;
    const limits = limitsWith({ requestLineBytesMax });
    expect(getWithLineOf(40).indexOf("\r")).toBe(40);
    expect(refusal(getWithLineOf(40), limits)).toBe("accepted");
    expect(read(getWithLineOf(41), limits)).toEqual([
      { error: "request-line-too-long", method: "GET", limit: "requestLineBytesMax" },
    ]);
  });

  test.each([
    ["method", "M".repeat(40)],
    ["target", `GET ${"/".repeat(36)}`],
    ["space before the version", `GET ${"/".repeat(35)} `],
    ["version", `GET ${"/".repeat(30)} HTTP/`],
  ])("finds a line too long inside its %s, as soon as it is", (_, start) => {
    const limits = limitsWith({ requestLineBytesMax: 40 });
    expect(start.length).toBe(40);
    expect(refusal(start.slice(0, 39), limits)).toBe("accepted");
    expect(refusal(`${start}1.1/`, limits)).toBe("request-line-too-long");
    expect(transcript([latin1Bytes(start), latin1Bytes("1.1/")], limits)).toEqual(
      read(`${start}1.1/`, limits),
    );
  });

  test("does not count empty lines to the request line", () => {
    const limits = limitsWith({ requestLineBytesMax: 16 });
    expect(refusal(`\r\n\r\nGET /ab HTTP/1.1\r\nHost: a\r\n\r\n`, limits)).toBe("accepted");
  });
});

describe("method (RFC 9112 §3.1)", () => {
  test("takes any token, in its letter case", () => {
    for (const method of ["GET", "get", "GEX", "G", "M-SEARCH", "!#$%&'*+-.^_`|~09azAZ"]) {
      expect(headOf(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).method).toBe(method);
    }
  });

  test("rejects every octet that no token has", () => {
    const tchars = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (let octet = 0; octet <= 255; octet++) {
      const character = String.fromCharCode(octet);
      const kind = refusal(`G${character}T / HTTP/1.1\r\nHost: a\r\n\r\n`);
      if (tchars.includes(character)) expect(kind).toBe("accepted");
      else if (character === "\n") expect(kind).toBe("line-break");
      // "G T / …" has a method G and a target T.
      else if (character === " ") expect(kind).toBe("version");
      else expect(kind).toBe(character === "\r" ? "request-line" : "method");
    }
  });

  test("rejects the beginning of a TLS handshake", () => {
    expect(refusal("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")).toBe("method");
  });
});

describe("request target (RFC 9112 §3.2)", () => {
  test("takes the octets of RFC 3986, and those that browsers leave as they are in a query", () => {
    const allowed = `-._~:/?@!$&'()*+,;=%[]^\`{|}\\`;
    for (let octet = 0; octet <= 255; octet++) {
      const character = String.fromCharCode(octet);
      if (/[A-Za-z0-9]/.test(character)) continue;
      const kind = refusal(`GET /${character} HTTP/1.1\r\nHost: a\r\n\r\n`);
      if (allowed.includes(character)) expect([character, kind]).toEqual([character, "accepted"]);
      else expect([character, kind]).not.toEqual([character, "accepted"]);
    }
  });

  test("keeps the target as it came", () => {
    const raw = "/a/../b//c/%2e%2E/\\?x=%zz&y=?";
    const head = headOf(`GET ${raw} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(head.rawTarget).toBe(raw);
    expect(head.target).toEqual({
      form: "origin",
      path: "/a/../b//c/%2e%2E/\\",
      query: "x=%zz&y=?",
    });
  });
});

const withLine = (line: string): string => `GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;

describe("field lines (RFC 9112 §5)", () => {
  test("keeps order, spelling and repetition, and takes the white space off values", () => {
    const head = headOf("GET / HTTP/1.1\r\nhOsT:a\r\nX: \t b  c\t \r\nx:\r\nY:  \t\r\nX:d\r\n\r\n");
    expect([...head.fields]).toEqual([
      ["hOsT", "a"],
      ["X", "b  c"],
      ["x", ""],
      ["Y", ""],
      ["X", "d"],
    ]);
    expect(head.fields.getAll("x")).toEqual(["b  c", "", "d"]);
  });

  test("rejects white space before the colon", () => {
    expect(refusal(withLine("X : b"))).toBe("field-name");
    expect(refusal(withLine("X\t: b"))).toBe("field-name");
    expect(refusal(withLine("Content-Length : 5"))).toBe("field-name");
  });

  test("rejects a line without a colon, and one without a name", () => {
    expect(refusal(withLine("X"))).toBe("field-name");
    expect(refusal(withLine(": b"))).toBe("field-name");
  });

  test("rejects obsolete line folding", () => {
    expect(refusal(withLine("X: b\r\n c"))).toBe("line-folding");
    expect(refusal(withLine("X: b\r\n\tc"))).toBe("line-folding");
    expect(refusal(withLine("X: b\r\n "))).toBe("line-folding");
  });

  test("rejects every control character but HTAB in a value, and takes all other octets", () => {
    for (let octet = 0; octet <= 255; octet++) {
      if (octet === 0x0a || octet === 0x0d) continue;
      const kind = refusal(withLine(`X: a${String.fromCharCode(octet)}b`));
      const control = (octet < 0x20 && octet !== 0x09) || octet === 0x7f;
      expect([octet, kind]).toEqual([octet, control ? "field-value" : "accepted"]);
      const first = refusal(withLine(`X:${String.fromCharCode(octet)}`));
      expect([octet, first]).toEqual([octet, control ? "field-value" : "accepted"]);
    }
  });

  test("rejects every octet that no token has in a name", () => {
    for (let octet = 0; octet <= 255; octet++) {
      const character = String.fromCharCode(octet);
      if (/[!#$%&'*+\-.^_`|~0-9A-Za-z:]/.test(character)) continue;
      expect([octet, refusal(withLine(`X${character}Y: b`))]).toEqual([octet, "field-name"]);
    }
  });
});

const getWithSectionOf = (octets: number): string =>
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${"b".repeat(octets - 16)}\r\n\r\n`;

const getWithLines = (count: number): string =>
  `GET / HTTP/1.1\r\nHost: a\r\n${"X: b\r\n".repeat(count - 1)}\r\n`;

describe("field limits (RFC 9110 §5.4)", () => {
  test("takes headerSectionBytesMax octets, the empty line included, and rejects one more", () => {
    const limits = limitsWith({ headerSectionBytesMax: 64 });
    expect(getWithSectionOf(64).length - "GET / HTTP/1.1\r\n".length).toBe(64);
    expect(refusal(getWithSectionOf(64), limits)).toBe("accepted");
    expect(read(getWithSectionOf(65), limits)).toEqual([
      { error: "header-section-too-large", method: "GET", limit: "headerSectionBytesMax" },
    ]);
  });

  test("takes fieldCountMax field lines and rejects one more", () => {
    const limits = limitsWith({ fieldCountMax: 3 });
    expect(refusal(getWithLines(3), limits)).toBe("accepted");
    expect(read(getWithLines(4), limits)).toEqual([
      { error: "too-many-fields", method: "GET", limit: "fieldCountMax" },
    ]);
  });

  test("tells with a limit its maximum and what came", () => {
    const parser = new RequestParser(limitsWith({ fieldCountMax: 1 }));
    parser.push(latin1Bytes("GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n"));
    expect(parser.next()).toEqual({
      kind: "error",
      refusal: {
        ...refusals["too-many-fields"],
        limit: { name: "fieldCountMax", maximum: 1, actual: 2 },
      },
      method: "GET",
    });
  });
});

describe("body with a length (RFC 9112 §6.2)", () => {
  test("yields exactly the octets that were declared, and parses on after them", () => {
    expect(read(post("Content-Length: 5\r\n", `hello${get}`)).slice(1)).toEqual([
      { body: "hello" },
      { end: [] },
      ...read(get),
    ]);
  });

  test("ends a body of length 0 at once", () => {
    expect(kinds(post("Content-Length: 0\r\n", ""))).toEqual(["head", "end"]);
  });

  test("waits for what is missing, and holds nothing back meanwhile", () => {
    const parser = new RequestParser(defaultLimits);
    parser.push(latin1Bytes(post("Content-Length: 5\r\n", "he")));
    expect(parser.next().kind).toBe("head");
    expect(parser.next()).toEqual({ kind: "body", octets: latin1Bytes("he") });
    expect(parser.next()).toEqual({ kind: "need-data" });
    expect(parser.buffered).toBe(0);
    parser.push(latin1Bytes("llo"));
    expect(parser.next()).toEqual({ kind: "body", octets: latin1Bytes("llo") });
    expect(parser.next().kind).toBe("end");
    expect(parser.next()).toEqual({ kind: "need-data" });
  });

  test("gives the octets of a body that look like a request as a body", () => {
    expect(read(post(`Content-Length: ${get.length}\r\n`, get))[1]).toEqual({ body: get });
  });

  test("reads the body of a GET, which has no meaning, as a body", () => {
    const text = `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: ${get.length}\r\n\r\n${get}`;
    expect(kinds(text)).toEqual(["head", "body", "end"]);
  });
});

const trailersOf = (octets: number): string => `A: ${"b".repeat(octets - 7)}\r\n\r\n`;

describe("chunked body (RFC 9112 §7.1)", () => {
  test("gives the data of its chunks, and goes on after it", () => {
    const text = chunked(`5\r\nhello\r\n1\r\n,\r\n06\r\n world\r\n0\r\n\r\n${get}`);
    expect(read(text).slice(1)).toEqual([{ body: "hello, world" }, { end: [] }, ...read(get)]);
  });

  test("gives data that looks like chunks as data", () => {
    expect(read(chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n")).slice(1)).toEqual([
      { body: "0\r\n\r\n" },
      { end: [] },
    ]);
  });

  test("gives the trailer fields with the end (§7.1.2), apart from the header fields", () => {
    const text = chunked("0\r\nA: b\r\nContent-Length:  7 \r\n\r\n");
    const [head, end] = read(text);
    expect(end).toEqual({
      end: [
        ["A", "b"],
        ["Content-Length", "7"],
      ],
    });
    expect(head).toHaveProperty("head.framing", { kind: "chunked" });
  });

  test.each([
    ["A : b\r\n\r\n", "field-name"],
    [" A: b\r\n\r\n", "line-folding"],
    ["A: b\r\n c\r\n\r\n", "line-folding"],
    ["A: b\n\r\n", "line-break"],
    ["\n", "line-break"],
    ["\rX", "line-break"],
    ["A: \x00\r\n\r\n", "field-value"],
    ["GET / HTTP/1.1\r\n\r\n", "field-name"],
  ])("rejects the trailer section %j", (trailers, kind) => {
    expect(refusal(chunked(`0\r\n${trailers}`))).toBe(kind);
  });

  test("takes trailerSectionBytesMax octets of trailers and rejects one more", () => {
    const limits = limitsWith({ trailerSectionBytesMax: 20 });
    expect(trailersOf(20)).toHaveLength(20);
    expect(refusal(chunked(`0\r\n${trailersOf(20)}`), limits)).toBe("accepted");
    expect(read(chunked(`0\r\n${trailersOf(21)}`), limits).at(-1)).toEqual({
      error: "trailer-section-too-large",
      method: "POST",
      limit: "trailerSectionBytesMax",
    });
  });

  test("counts trailer fields apart from header fields", () => {
    const limits = limitsWith({ fieldCountMax: 2 });
    expect(refusal(chunked("0\r\nA: b\r\nC: d\r\n\r\n"), limits)).toBe("accepted");
    expect(refusal(chunked("0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), limits)).toBe("too-many-fields");
  });

  test("says which limit a chunk line broke", () => {
    const line = limitsWith({ chunkLineBytesMax: 16 });
    expect(read(chunked(`1;${"a".repeat(15)}\r\n`), line).at(-1)).toEqual({
      error: "chunk-line-too-long",
      method: "POST",
      limit: "chunkLineBytesMax",
    });
    const extensions = limitsWith({ chunkLineBytesMax: 16, chunkExtensionsBytesMax: 16 });
    const chunks = "1;123456789\r\na\r\n1;123456\r\na\r\n";
    expect(read(chunked(chunks), extensions).at(-1)).toEqual({
      error: "chunk-line-too-long",
      method: "POST",
      limit: "chunkExtensionsBytesMax",
    });
  });
});

describe("pipelining (RFC 9112 §9.3.2)", () => {
  test("reads requests that came together, each in its turn", () => {
    const events = kinds(get + post("Content-Length: 2\r\n", "ab") + chunked("0\r\n\r\n") + get);
    const whole = ["head", "end", "head", "body", "end", "head", "end", "head", "end"];
    expect(events).toEqual(whole);
  });

  test("reads no further than it is asked to", () => {
    const parser = new RequestParser(defaultLimits);
    parser.push(latin1Bytes(get + get));
    expect(parser.next().kind).toBe("head");
    expect(parser.next().kind).toBe("end");
    expect(parser.buffered).toBe(get.length);
    expect(parser.place).toBe("between");
  });

  test("keeps what it has given out, while later octets are appended", () => {
    const parser = new RequestParser(defaultLimits);
    for (const octet of singly(latin1Bytes(get))) parser.push(octet);
    const first = parser.next();
    for (const octet of singly(latin1Bytes(get.replaceAll("a", "b")))) parser.push(octet);
    parser.next();
    parser.next();
    expect(first.kind === "head" && latin1Text(first.head.octets)).toBe(get);
    expect(first.kind === "head" && first.head.fields.get("host")).toBe("a");
  });

  test("forgets the method of the request before when the next one is malformed", () => {
    expect(read(`${get}\x00`).at(-1)).toEqual({ error: "method", method: undefined });
    expect(read(`${get}PUT \x00`).at(-1)).toEqual({ error: "target", method: "PUT" });
  });
});

describe("place", () => {
  test("tells where the parser stands after each octet of a request", () => {
    const parser = new RequestParser(defaultLimits);
    const text = chunked("1\r\na\r\n0\r\nA: b\r\n\r\n");
    const places: string[] = [parser.place];
    for (const octet of singly(latin1Bytes(`\r\n${text}\x00`))) {
      parser.push(octet);
      for (let event = parser.next(); event.kind !== "need-data"; event = parser.next()) {
        if (event.kind === "error") break;
      }
      if (places.at(-1) !== parser.place) places.push(parser.place);
    }
    expect(places).toEqual(["between", "head", "body", "between", "failed"]);
  });
});

describe("after an error", () => {
  test("repeats it, and keeps nothing of what still comes", () => {
    const parser = new RequestParser(defaultLimits);
    parser.push(latin1Bytes(`BAD\x00${get}`));
    const error = parser.next();
    expect(error.kind).toBe("error");
    for (let i = 0; i < 3; i++) {
      parser.push(latin1Bytes(get));
      expect(parser.next()).toBe(error);
      expect(parser.buffered).toBe(0);
      expect(parser.place).toBe("failed");
    }
  });
});

/** A parser that has read the head of `text`, and the body is next. */
const parserAt = (text: string): RequestParser => {
  const parser = new RequestParser(defaultLimits);
  parser.push(latin1Bytes(text));
  expect(parser.next().kind).toBe("head");
  return parser;
};

describe("a body that has arrived", () => {
  test("can be taken out whole, once, and the next request follows it", () => {
    const parser = parserAt(post("Content-Length: 5\r\n", `hello${get}`));
    expect(latin1Text(parser.takeBody()?.octets ?? latin1Bytes(""))).toBe("hello");
    expect(parser.isBodyRead).toBe(true);
    expect(parser.takeBody()).toBeUndefined();
    expect(parser.next().kind).toBe("end");
    expect(parser.takeBody()).toBeUndefined();
    expect(parser.next().kind).toBe("head");
  });

  test("can't be while some of it is to come, and what was left is what is taken", () => {
    const parser = parserAt(post("Content-Length: 5\r\n", "hell"));
    expect(parser.takeBody()).toBeUndefined();
    parser.push(latin1Bytes("o"));
    expect(latin1Text(parser.takeBody()?.octets ?? latin1Bytes(""))).toBe("hello");
  });

  test("is none where there is none, or where it is in chunks", () => {
    expect(parserAt(get).takeBody()).toBeUndefined();
    const parser = parserAt(chunked("5\r\nhello\r\n0\r\n\r\n"));
    expect(parser.takeBody()).toBeUndefined();
    expect(parser.next()).toMatchObject({ kind: "body" });
  });
});

describe("what follows the last message", () => {
  test("is taken out as it is, and nothing is left", () => {
    const parser = parserAt(`${get}not HTTP`);
    expect(parser.next().kind).toBe("end");
    expect(latin1Text(parser.takeRest())).toBe("not HTTP");
    expect(parser.buffered).toBe(0);
    expect(parser.takeRest().length).toBe(0);
  });
});

describe("work", () => {
  const heavy: readonly (readonly [string, string])[] = [
    ["a Connection with a long run of blanks", `Connection: a${" ".repeat(32_000)}b`],
    ["a Transfer-Encoding with one", `Transfer-Encoding: a${" ".repeat(32_000)}b`],
    ["a Transfer-Encoding of many members", `Transfer-Encoding: ${"a;b=c ,".repeat(4500)}b !`],
    ["an unfinished quoted parameter", `Transfer-Encoding: a;b="${'\\"'.repeat(16_000)}`],
    ["an Expect with one", `Expect: a${"\t".repeat(32_000)}b`],
  ];
  test.each(heavy)("is linear for %s", (_, line) => {
    const text = `GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`;
    const begun = Bun.nanoseconds();
    for (let i = 0; i < 5; i++) read(text);
    // Quadratic work takes seconds here; linear work a few milliseconds.
    expect((Bun.nanoseconds() - begun) / 1e6).toBeLessThan(500);
  });

  test("is linear for a head that comes octet by octet", () => {
    const limits = limitsWith({ headerSectionBytesMax: 2 ** 20 });
    const text = `GET / HTTP/1.1\r\nHost: a\r\n${`X: ${"y".repeat(7000)}\r\n`.repeat(90)}\r\n`;
    const begun = Bun.nanoseconds();
    expect(transcript(singly(latin1Bytes(text)), limits)).toEqual(read(text, limits));
    // Copying everything at each octet takes a minute here.
    expect((Bun.nanoseconds() - begun) / 1e6).toBeLessThan(4000);
  });

  test("is the same for a request in one buffer with others or alone", () => {
    const many = concatBytes(Array.from({ length: 50 }, () => latin1Bytes(get)));
    const alone = Array.from({ length: 50 }, () => read(get)).flat();
    expect(meaning(transcript([many]))).toEqual(meaning(alone));
  });
});
