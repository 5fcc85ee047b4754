import { describe, expect, test } from "bun:test";

import {
  capturesOf,
  fillTemplate,
  joinTemplates,
  literalBytes,
  readBytes,
  readTemplate,
  visibleText,
} from "../../../src/check/script/escape.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";

function templateOf(text: string) {
  const template = readTemplate(text);
  if (!template.ok) throw new Error(template.error);
  return template.value;
}

describe("the text of a statement", () => {
  test("is its UTF-8, escapes resolved", () => {
    const bytes = Uint8Array.of(0xc3, 0xa9, 0x0d, 0x0a, 0x09, 0x5c, 0xff);
    expect(readBytes("é\\r\\n\\t\\\\\\xfF")).toEqual({ ok: true, value: bytes });
  });

  test("has captures, which are filled in later", () => {
    const template = templateOf("a{{b}}c{{d-1}}");
    expect(capturesOf(template)).toEqual(["b", "d-1"]);
    const captures = new Map([
      ["b", utf8Bytes("1")],
      ["d-1", utf8Bytes("2")],
    ]);
    expect(fillTemplate(template, captures)).toEqual({ ok: true, value: utf8Bytes("a1c2") });
    captures.delete("d-1");
    expect(fillTemplate(template, captures)).toEqual({ ok: false, error: "d-1" });
  });

  test("has no capture where it has to be literal", () => {
    expect(literalBytes(templateOf("{{a}}"))).toEqual({
      ok: false,
      error: "no capture here; a literal one is written \\x7b{a}}",
    });
  });

  test.each(["\\q", "\\x4", "\\"])("is refused with %p in it", (text) => {
    expect(readTemplate(text)).toEqual({
      ok: false,
      error: `\\r, \\n, \\t, \\\\ or \\xHH, and not ${text.slice(0, 2)}`,
    });
  });

  test("is joined, literal to literal", () => {
    const joined = joinTemplates([templateOf("a"), templateOf("b{{c}}"), templateOf("")]);
    expect(joined).toEqual([utf8Bytes("ab"), { capture: "c" }]);
  });
});

describe("bytes in a line", () => {
  test("are printable ASCII, or escaped", () => {
    expect(visibleText(Uint8Array.of(0x61, 0x0d, 0x0a, 0x09, 0x5c, 0x00, 0xe9))).toBe(
      "a\\r\\n\\t\\\\\\x00\\xe9",
    );
  });

  test("are cut where they are many", () => {
    expect(visibleText(utf8Bytes("abcdef"), 3)).toBe("abc… (6 bytes)");
  });
});
