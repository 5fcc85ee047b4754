import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import {
  contentLines,
  editedOctets,
  isShortText,
  literalPattern,
  paragraph,
  sendLines,
  titleText,
} from "../../../src/check/record/wire-text.ts";
import { literalBytes } from "../../../src/check/script/escape.ts";
import { parseScript } from "../../../src/check/script/script-parser.ts";
import type { Step } from "../../../src/check/script/script.ts";
import { concatBytes, latin1Bytes, utf8Bytes } from "../../../src/http/octets/bytes.ts";

function sent(octets: Uint8Array): readonly string[] {
  return sendLines(octets, 0, octets.length, []);
}

/** The steps of a phase with `lines`. */
function stepsOf(lines: readonly string[]): readonly Step[] {
  const text = ["# T", "", "## P (recorded, must)", "", ...lines.map((line) => `    ${line}`), ""];
  const script = parseScript("a.wire", text.join("\n"));
  if (!script.ok) throw new Error(script.error.map(({ expected }) => expected).join());
  return script.value.phases[0]?.steps ?? [];
}

/** Octets in which what has a meaning in a script is frequent. */
const octets = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\n",
        "\r",
        " ",
        "\\",
        "{{a}}",
        "{",
        "\t",
        "a",
        "|",
        ">",
        "é",
        "\u00a0",
        "\u2028",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => utf8Bytes(parts.join("")))
  .filter(({ length }) => length > 0);
const anyOctets = fc.oneof(octets, fc.uint8Array({ minLength: 1, maxLength: 20 }));

describe("octets in a script", () => {
  test("are sent as they were", () => {
    fc.assert(
      fc.property(anyOctets, (view) => {
        const [step] = stepsOf([...sent(view), "closed"]);
        if (step?.kind !== "send") throw new Error("nothing is sent");
        const parts = step.parts.flatMap((part) => {
          const bytes = part.kind === "text" ? literalBytes(part.text) : undefined;
          return bytes?.ok === true ? [bytes.value] : [];
        });
        expect([...concatBytes(parts)]).toEqual([...view]);
      }),
    );
  });

  test("are expected as they came", () => {
    fc.assert(
      fc.property(anyOctets, (view) => {
        const step = stepsOf([">", "< 200", ...contentLines(view)])[1];
        const check = step?.kind === "response" ? step.body[0] : undefined;
        const bytes = check?.kind === "exact" ? literalBytes(check.text) : undefined;
        expect(bytes?.ok === true ? [...bytes.value] : bytes).toEqual([...view]);
      }),
    );
  });

  test("are read as text where they are", () => {
    expect(sent(utf8Bytes("GET /é HTTP/1.1\r\nX: a \r\n\r\nline\nlast"))).toEqual([
      "> GET /é HTTP/1.1",
      "> X: a\\x20",
      ">",
      ">> line\\nlast",
    ]);
    expect(sent(latin1Bytes("\xe9\0\\"))).toEqual([">> \\xe9\\x00\\\\"]);
    expect(contentLines(utf8Bytes("a\n\n{{b}}\r\nc"))).toEqual([
      "| a",
      "|",
      "| \\x7b{b}}\\r",
      "|| c",
    ]);
  });

  test("have others, or a saved value, in their place", () => {
    const view = utf8Bytes("X: secret\r\nY: tag\r\n");
    const edits = [
      { start: 3, end: 9, by: utf8Bytes("blanked") },
      { start: 14, end: 17, by: { capture: "tag" } },
    ];
    expect(sendLines(view, 0, view.length, edits)).toEqual(["> X: blanked", "> Y: {{tag}}"]);
    const same = [{ start: 1, end: 3, by: utf8Bytes("xx") }];
    expect(editedOctets(utf8Bytes("abcd"), 0, 4, same)).toEqual(utf8Bytes("axxd"));
    expect(editedOctets(utf8Bytes("abcd"), 1, 4, same)).toEqual(utf8Bytes("xxd"));
  });
});

test("a short text stands in the script", () => {
  expect(isShortText(utf8Bytes("a\r\n\tb"))).toBe(true);
  expect(isShortText(utf8Bytes("a\0b"))).toBe(false);
  expect(isShortText(latin1Bytes("\xe9"))).toBe(false);
  expect(isShortText(utf8Bytes("a".repeat(241)))).toBe(false);
  expect(isShortText(utf8Bytes("a\n".repeat(513)))).toBe(false);
});

test("a title has a target in visible characters, and not too many", () => {
  expect(titleText("/a b\n\xe9")).toBe("/a?b??");
  expect(titleText("/".repeat(90))).toBe(`${"/".repeat(80)}…`);
});

test("prose fits its lines, and no line begins like a statement", () => {
  expect(paragraph("aa bb cc", 5)).toEqual(["", "aa bb", "cc"]);
  expect(paragraph("aa bb > cc # dd", 5)).toEqual(["", "aa bb >", "cc #", "dd"]);
});

test("a pattern matches what it was made of, and nothing else", () => {
  const pattern = new RegExp(`^${literalPattern("a.b*c[d](e)|$^\\{}+?/-")}$`, "u");
  expect(pattern.test("a.b*c[d](e)|$^\\{}+?/-")).toBe(true);
  expect(new RegExp(`^${literalPattern("a.b")}$`, "u").test("axb")).toBe(false);
});
