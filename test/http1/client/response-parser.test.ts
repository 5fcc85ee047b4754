import { describe, expect, test } from "bun:test";

import type { Limits } from "../../../src/base/limits.ts";
import { resolveLimits } from "../../../src/base/limits.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";
import type { ResponseHead } from "../../../src/http1/client/response-parser.ts";
import { ResponseParser } from "../../../src/http1/client/response-parser.ts";

/** How the backend's side ends behind the octets. */
type Ending = "open" | "ended" | "broken";

const headText = ({ status, minorVersion, fields, framing, persist }: ResponseHead): string => {
  const lines = Array.from(fields, ([name, value]) => `${name}=${value}`);
  const length = framing.kind === "length" ? ` ${framing.octets}` : "";
  return `1.${minorVersion} ${status} [${lines.join("|")}] ${framing.kind}${length} ${persist}`;
};

function limitsOf(changes: Partial<Record<keyof Limits, number>>): Limits {
  const limits = resolveLimits(changes);
  if (!limits.ok) throw new Error(limits.error.limit);
  return limits.value;
}

/** What the parser says of `pieces`; the pieces of a body are joined. */
function said(
  pieces: readonly Uint8Array[],
  { ending = "open", isHead = false, limits = {} }: Options = {},
): string[] {
  const parser = new ResponseParser(limitsOf(limits));
  parser.begin(isHead);
  const all: string[] = [];
  let body = "";
  let isOver = false;
  const drain = (): void => {
    for (let steps = 0; steps < 10_000; steps++) {
      const event = parser.next();
      if (event.kind === "need-data" && !isOver) return;
      if (event.kind === "need-data") break;
      if (event.kind === "body") {
        body += latin1Text(event.octets);
        continue;
      }
      if (body !== "") all.push(`body ${body}`);
      body = "";
      if (event.kind === "error") return void all.push(`error ${event.fault}`);
      all.push(event.kind === "end" ? "end" : `${event.kind} ${headText(event.head)}`);
      isOver ||= event.kind === "end" || (event.kind === "head" && event.head.status === 101);
    }
    if (parser.buffered > 0) all.push(`rest ${latin1Text(parser.takeRest())}`);
  };
  for (const piece of pieces) {
    parser.push(piece);
    if (all.at(-1)?.startsWith("error") !== true) drain();
  }
  if (ending === "ended") parser.peerEnded();
  if (ending === "broken") parser.breakOff();
  if (ending !== "open" && !/^(?:end|error)/.test(all.at(-1) ?? "")) drain();
  if (body !== "") all.push(`body ${body}`);
  return all;
}

interface Options {
  readonly ending?: Ending;
  readonly isHead?: boolean;
  readonly limits?: Partial<Record<keyof Limits, number>>;
}

const read = (text: string, options: Options = {}): string[] => said([latin1Bytes(text)], options);

const ok = "HTTP/1.1 200 OK\r\n";

describe("a status line (RFC 9112 §4)", () => {
  test("has a version, a status, and a phrase that may be empty, or missing with its blank", () => {
    const rest = "\r\nContent-Length: 0\r\n\r\n";
    for (const line of [
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 ",
      "HTTP/1.1 200",
      "HTTP/1.1 200 \xe9\t",
    ]) {
      expect(read(line + rest)).toEqual(["head 1.1 200 [Content-Length=0] length 0 true", "end"]);
    }
    expect(read(`HTTP/1.0 404 No${rest}`)[0]).toStartWith("head 1.0 404 ");
  });

  test("is nothing else", () => {
    for (const line of [
      "HTTP/1.1 20 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 600 OK",
      "HTTP/1.1 099 OK",
      "HTTP/1.1  200 OK",
      "http/1.1 200 OK",
      "HTTP/1.11 200 OK",
      " HTTP/1.1 200 OK",
      "ICY 200 OK",
      "HTTP/1.1 200\0OK",
      "",
    ]) {
      expect(read(`${line}\r\n\r\n`)).toEqual(["error status-line"]);
    }
    expect(read("HTTP/2.0 200 OK\r\n\r\n")).toEqual(["error version"]);
  });

  test("ends in CRLF, and has a bound", () => {
    expect(read("HTTP/1.1 200 OK\n\n")).toEqual(["error line-break"]);
    expect(read("HTTP/1.1 200 OK\rX")).toEqual(["error line-break"]);
    const limits = { requestLineBytesMax: 32 };
    expect(read(`HTTP/1.1 200 ${"x".repeat(40)}`, { limits })).toEqual(["error status-line"]);
  });
});

describe("fields (RFC 9112 §5)", () => {
  test("are read strictly", () => {
    expect(read(`${ok}X-A : 1\r\n\r\n`)).toEqual(["error field-name"]);
    expect(read(`${ok}X-A: 1\r\n b\r\n\r\n`)).toEqual(["error line-folding"]);
    expect(read(`${ok}X-A: 1\nX: 2\r\n\r\n`)).toEqual(["error line-break"]);
    expect(read(`${ok}X-A: \0\r\n\r\n`)).toEqual(["error field-value"]);
  });

  test("have bounds", () => {
    expect(read(`${ok}X: ${"a".repeat(32_768)}`)).toEqual(["error header-section-too-large"]);
    expect(read(ok + "X: a\r\n".repeat(101))).toEqual(["error too-many-fields"]);
  });
});

describe("the extent of a response (RFC 9112 §6.3)", () => {
  test("is nothing for HEAD, 204 and 304, whatever the fields say (step 1)", () => {
    const sized = "Content-Length: 5\r\n\r\n";
    expect(read(ok + sized, { isHead: true })).toEqual([
      "head 1.1 200 [Content-Length=5] none true",
      "end",
    ]);
    expect(read(`HTTP/1.1 304 Not\r\n${sized}`)[0]).toEndWith(" none true");
    expect(read("HTTP/1.1 204 No\r\n\r\n")).toEqual(["head 1.1 204 [] none true", "end"]);
    const coded = "Transfer-Encoding: chunked\r\n\r\n";
    expect(read(ok + coded, { isHead: true })[0]).toEndWith(" none true");
  });

  test("is a length (step 6)", () => {
    expect(read(`${ok}Content-Length: 3\r\n\r\nabcd`)).toEqual([
      "head 1.1 200 [Content-Length=3] length 3 true",
      "body abc",
      "end",
      "rest d",
    ]);
  });

  test("is chunks, whose trailers are dropped (step 4)", () => {
    const chunks = "2;a=b\r\nab\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n";
    expect(read(`${ok}Transfer-Encoding: chunked\r\n\r\n${chunks}`)).toEqual([
      "head 1.1 200 [Transfer-Encoding=chunked] chunked true",
      "body abc",
      "end",
    ]);
  });

  test("is the rest of the connection, if the backend ends it (step 8)", () => {
    const head = "head 1.1 200 [] close false";
    expect(read(`${ok}\r\nabc`, { ending: "ended" })).toEqual([head, "body abc", "end"]);
    expect(read(`${ok}\r\nabc`, { ending: "broken" })).toEqual([
      head,
      "body abc",
      "error incomplete",
    ]);
  });

  test("is in doubt, and an error, where it could be read in two ways", () => {
    const faults: readonly (readonly [string, string])[] = [
      ["Content-Length: 1\r\nTransfer-Encoding: chunked", "length-and-coding"],
      ["Content-Length: 1\r\nContent-Length: 1", "length-repeated"],
      ["Content-Length: 1, 1", "length-repeated"],
      ["Content-Length: +1", "length-malformed"],
      ["Content-Length: 0x1", "length-malformed"],
      ["Content-Length: ", "length-malformed"],
      ["Transfer-Encoding: gzip, chunked", "coding-unknown"],
      ["Transfer-Encoding: chunked, gzip", "coding-not-final"],
      ["Transfer-Encoding: chunked, chunked", "coding-not-final"],
      ["Transfer-Encoding: xchunked", "coding-not-final"],
      ["Transfer-Encoding: \x0bchunked", "field-value"],
      ["Transfer-Encoding:", "coding-malformed"],
    ];
    for (const [lines, fault] of faults) {
      expect([lines, ...read(`${ok}${lines}\r\n\r\n`)]).toEqual([lines, `error ${fault}`]);
    }
    expect(read("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")).toEqual([
      "error coding-version",
    ]);
    // The fields of a response without content are held to the same grammar.
    expect(read(`${ok}Content-Length: x\r\n\r\n`, { isHead: true })).toEqual([
      "error length-malformed",
    ]);
  });

  test("is not reached when the backend breaks off", () => {
    for (const text of ["", "HTTP/1.1 2", `${ok}X: 1\r\n`]) {
      expect(read(text, { ending: "ended" })).toEqual(["error incomplete"]);
    }
    const short = read(`${ok}Content-Length: 3\r\n\r\nab`, { ending: "ended" });
    expect(short.slice(1)).toEqual(["body ab", "error incomplete"]);
    const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`;
    expect(read(chunked, { ending: "ended" })).toContain("error incomplete");
  });
});

describe("interim responses (RFC 9110 §15.2)", () => {
  test("come before the final one", () => {
    expect(read(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\n${ok}\r\n`)).toEqual(
      [
        "interim 1.1 100 [] none true",
        "interim 1.1 103 [Link=a] none true",
        "head 1.1 200 [] close false",
      ],
    );
  });

  test("end HTTP with 101", () => {
    expect(read("HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\nabc")).toEqual([
      "head 1.1 101 [Upgrade=x] none true",
      "rest abc",
    ]);
  });

  test("have no framing, and no place in HTTP/1.0", () => {
    expect(read("HTTP/1.1 100 C\r\nContent-Length: 3\r\n\r\n")).toEqual(["error status-line"]);
    expect(read("HTTP/1.1 101 S\r\nTransfer-Encoding: chunked\r\n\r\n")).toEqual([
      "error status-line",
    ]);
    expect(read("HTTP/1.0 100 C\r\n\r\n")).toEqual(["error status-line"]);
  });
});

const persists = (version: string, lines: string): boolean =>
  read(`HTTP/${version} 200 OK\r\n${lines}Content-Length: 0\r\n\r\n`)[0]?.endsWith("true") === true;

describe("the connection goes on (RFC 9112 §9.3)", () => {
  test("unless it says close, or is of HTTP/1.0 and doesn't say keep-alive", () => {
    expect(persists("1.1", "")).toBeTrue();
    expect(persists("1.1", "Connection: x, Close\r\n")).toBeFalse();
    expect(persists("1.0", "")).toBeFalse();
    expect(persists("1.0", "Connection: Keep-Alive\r\n")).toBeTrue();
  });
});

const joined = (all: readonly string[]): string => {
  // What follows the response comes in pieces, too.
  const rest = all.filter((one) => one.startsWith("rest ")).map((one) => one.slice(5));
  return [...all.filter((one) => !one.startsWith("rest ")), rest.join("")].join("\n");
};

test("what is read doesn't depend on how the octets were cut", () => {
  const texts: readonly (readonly [string, Options])[] = [
    [`HTTP/1.1 103 X\r\nLink: a\r\n\r\n${ok}Content-Length: 3\r\n\r\nabcd`, {}],
    [
      `${ok}Transfer-Encoding: chunked\r\n\r\n2;a="b"\r\nab\r\n10\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n`,
      {},
    ],
    [`${ok}X: 1\r\n\r\nabc`, { ending: "ended" }],
    [`${ok}X: 1\r\n b\r\n\r\n`, {}],
    ["HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\nabc", {}],
  ];
  for (const [text, options] of texts) {
    const octets = latin1Bytes(text);
    const whole = said([octets], options);
    for (let at = 1; at < octets.length; at++) {
      const cut = said([octets.subarray(0, at), octets.subarray(at)], options);
      expect(joined(cut)).toBe(joined(whole));
    }
    const bytewise = Array.from(octets, (octet) => Uint8Array.of(octet));
    expect(joined(said(bytewise, options))).toBe(joined(whole));
  }
});
