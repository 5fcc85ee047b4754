import { describe, expect, test } from "bun:test";

import type { Framing, MessageSyntax } from "../../../src/check/play/message-reader.ts";
import { MessageReader } from "../../../src/check/play/message-reader.ts";
import { latin1Bytes, latin1Text } from "../../../src/http/octets/bytes.ts";

/** Messages that begin with a word, and whose body is delimited as the test says. */
function syntax(framing: Framing | string): MessageSyntax<{ word: string }> {
  return {
    opening: "HI ",
    openingName: "a greeting",
    openingForm: "HI WORD",
    start: (line) => (line.endsWith("!") ? "a calm greeting" : { word: line.slice(3) }),
    framing: () => framing,
  };
}

const head = "HI you\r\nA: b\r\n\r\n";

function read(text: string, framing: Framing | string): unknown {
  return new MessageReader(syntax(framing)).push(latin1Bytes(text));
}

describe("a message", () => {
  test.each<[Framing, string, string, string]>([
    [{ kind: "none" }, "x", "", "x"],
    [{ kind: "length", sizeBytes: 2 }, "xyz", "xy", "z"],
    [{ kind: "chunked" }, "2\r\nxy\r\n0\r\nT: 1\r\n\r\nz", "xy", "z"],
  ])("ends where its framing %p says", (framing, text, body, rest) => {
    const ended = new MessageReader(syntax(framing)).push(latin1Bytes(head + text));
    expect(ended).toMatchObject({
      kind: "message",
      message: { word: "you", fields: [{ name: "A", value: "b" }], body: latin1Bytes(body) },
    });
    expect(ended.kind === "message" && latin1Text(ended.rest)).toBe(rest);
  });

  test("ends with the connection if nothing else ends it", () => {
    const reader = new MessageReader(syntax({ kind: "until-close" }));
    expect(reader.push(latin1Bytes(`${head}xy`))).toEqual({ kind: "need-data" });
    expect(reader.bodyBytes).toBe(2);
    expect(reader.end()).toMatchObject({ kind: "message", message: { body: latin1Bytes("xy") } });
  });

  test("is at fault where its syntax says so", () => {
    expect(read("HO", { kind: "none" })).toMatchObject({ expected: "a greeting, HI WORD" });
    expect(read("HI!\r\n\r\n", { kind: "none" })).toMatchObject({ kind: "fault" });
    expect(read("HI you!\r\n\r\n", "x")).toMatchObject({ expected: "a calm greeting" });
    expect(read(head, "a better end")).toMatchObject({ expected: "a better end" });
  });

  test("says what is missing", () => {
    const reader = new MessageReader(syntax({ kind: "none" }));
    expect(reader.describeMissing()).toBe("a greeting");
    reader.push(latin1Bytes("HI"));
    expect(reader.describeMissing()).toBe("the rest of the header section");
    expect(reader.head).toBeUndefined();
  });
});
