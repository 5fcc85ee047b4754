import { describe, expect, test } from "bun:test";

import { readStatement } from "../../../src/check/script/statement.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

describe("a statement", () => {
  test.each([
    ["> a", { kind: "send", part: { kind: "text", text: [utf8Bytes("a\r\n")] } }],
    [">> a", { kind: "send", part: { kind: "text", text: [utf8Bytes("a")] } }],
    ["fill 3 ab", { kind: "send", part: { kind: "fill", count: 3, pattern: utf8Bytes("ab") } }],
    ["send ./a/b", { kind: "send", part: { kind: "beside", line: 7, path: "a/b" } }],
    ["body is ./a\\x20b", { kind: "body", check: { kind: "beside", line: 7, path: "a b" } }],
    ["| a", { kind: "content", text: [utf8Bytes("a\n")] }],
    ["|| a", { kind: "content", text: [utf8Bytes("a")] }],
    ["within 2s", { kind: "within", ms: 2000 }],
    ["pause 10ms", { kind: "step", step: { kind: "pause", line: 7, ms: 10 } }],
    ["reset or closed", { kind: "step", step: { kind: "end", ends: ["reset", "closed"] } }],
    ["limit headerTimeMs 3", { kind: "setting", setting: { name: "headerTimeMs", value: 3 } }],
    ["server -a 'b c'", { kind: "setting", setting: { words: ["-a", "b c"] } }],
    ["body none", { kind: "body-none" }],
    ["save a = B ~ (.)", { kind: "save", save: { name: "a", field: "B", pattern: /(.)/u } }],
    ["remove a", { kind: "change", change: { kind: "remove", path: "a" } }],
  ])("is read from %j, wherever it stands", (text, statement) => {
    const read = readStatement(text, 7);
    expect(read.ok ? read.value : read.error).toMatchObject(statement);
  });

  test.each([
    ["nonsense", 'a statement, and not "nonsense"'],
    ["constructor", 'a statement, and not "constructor"'],
    ["open ", "no space at the end of the line; write \\x20"],
    ["send a", "send ./PATH, of a file beside the script"],
    ["open now", "nothing after the word"],
    [`fill ${64 * 1024 * 1024 + 1} a`, "a count from 1 to 67108864"],
  ])("is refused as %j", (text, error) => {
    expect(readStatement(text, 7)).toEqual({ ok: false, error });
  });
});
