import { describe, expect, test } from "bun:test";

import { readHandshake } from "../../src/websocket/opening-handshake.ts";
import type { RequestHead } from "../../src/http/message/request.ts";

type Lines = readonly (readonly [string, string])[];

/** The head of a request with `lines`. */
function headOf(lines: Lines, hasContent = false): RequestHead {
  const getAll = (name: string): string[] =>
    lines.filter(([own]) => own.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  const fields = { getAll, get: (name: string) => getAll(name)[0] };
  return { fields, hasContent } as unknown as RequestHead;
}

/** The handshake of RFC 6455 §1.2, with `changes`; an empty value takes a line out. */
function handshake(changes: Readonly<Record<string, string>> = {}): Lines {
  const lines = {
    Host: "server.example.com",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    Origin: "http://example.com",
    "Sec-WebSocket-Protocol": "chat, superchat",
    "Sec-WebSocket-Version": "13",
    ...changes,
  };
  return Object.entries(lines).filter(([, value]) => value !== "");
}

const read = (lines: Lines, protocols: readonly string[] = []): string => {
  const made = readHandshake(headOf(lines), protocols);
  return made.kind === "accepted" ? `${made.key} ${made.protocol}` : `${made.status} ${made.text}`;
};

describe("the handshake of RFC 6455 §1.2", () => {
  test("is accepted, with the first protocol of the client's that is known", () => {
    const key = "dGhlIHNhbXBsZSBub25jZQ==";
    expect(read(handshake())).toBe(`${key} undefined`);
    expect(read(handshake(), ["superchat", "chat"])).toBe(`${key} chat`);
    expect(read(handshake(), ["superchat"])).toBe(`${key} superchat`);
    expect(read(handshake(), ["Chat"])).toBe(`${key} undefined`);
  });

  test("may name Upgrade among other options, in any case", () => {
    expect(read(handshake({ Connection: "keep-alive, UPGRADE" }))).toStartWith("dGhl");
  });

  test("may list protocols in several lines", () => {
    const lines = [...handshake(), ["sec-websocket-protocol", "v2"]] as Lines;
    expect(read(lines, ["v2"])).toEndWith(" v2");
  });
});

describe("another version gets 426 (RFC 6455 §4.2.2 step 4)", () => {
  test.each(["8", "12", "013", "13, 8", "x"])("%s", (version) => {
    expect(read(handshake({ "Sec-WebSocket-Version": version }))).toStartWith("426 ");
  });

  test("and so does none, or two", () => {
    expect(read(handshake({ "Sec-WebSocket-Version": "" }))).toStartWith("426 ");
    const lines = [...handshake(), ["Sec-WebSocket-Version", "13"]] as Lines;
    expect(read(lines)).toStartWith("426 ");
  });
});

describe("400 is for (RFC 6455 §4.2.1)", () => {
  test.each(["", "keep-alive", "upgraded"])("Connection: %s", (connection) => {
    expect(read(handshake({ Connection: connection }))).toStartWith("400 Connection has to name");
  });

  test.each([
    "",
    "x",
    // 15, 17 and 18 octets.
    "AAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
    // Bits beyond the sixteenth octet.
    "dGhlIHNhbXBsZSBub25jZR==",
    // Another alphabet.
    "dGhlIHNhbXBsZSBub25j-_==",
    "dGhlIHNhbXBsZSBub25jZQ== x",
  ])("the key %j", (key) => {
    expect(read(handshake({ "Sec-WebSocket-Key": key }))).toStartWith("400 Sec-WebSocket-Key");
  });

  test("two keys, and content", () => {
    const lines = [...handshake(), ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="]] as Lines;
    expect(read(lines)).toStartWith("400 Sec-WebSocket-Key");
    expect(readHandshake(headOf(handshake(), true), [])).toMatchObject({ status: 400 });
  });

  test.each([",", "a,,b", "a, a", "a b", 'a="b"'])("the protocols %j", (protocols) => {
    expect(read(handshake({ "Sec-WebSocket-Protocol": protocols }))).toStartWith(
      "400 Sec-WebSocket-Protocol",
    );
  });
});
