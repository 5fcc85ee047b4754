import { describe, expect, test } from "bun:test";

import { columnsMax, entry, paragraph, wrap } from "../../../src/cli/help/columns.ts";

describe("text in columns", () => {
  test("is broken at blanks, and a word that is too long has a line for itself", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("a muchtoolongword b", 6)).toEqual(["a", "muchtoolongword", "b"]);
    expect(wrap("", 6)).toEqual([""]);
  });

  test("fits the width as a paragraph", () => {
    const text = paragraph("word ".repeat(40).trim());
    expect(
      text
        .trimEnd()
        .split("\n")
        .every((line) => line.length <= columnsMax),
    ).toBe(true);
    expect(text.replaceAll("\n", " ")).toBe("word ".repeat(40));
  });

  test("stands beside its name, or below one that is too long", () => {
    expect(entry("  -a", "text", 6)).toBe("  -a  text\n");
    expect(entry("  --abc", "text", 6)).toBe("  --abc\n      text\n");
    const long = entry("  -a", "word ".repeat(20).trim(), 6).split("\n");
    expect(long[0]).toStartWith("  -a  word");
    expect(long[1]).toStartWith("      word");
  });

  test("has its name painted without a change of the columns", () => {
    expect(entry("  -a", "text", 6, (_, text) => `<${text}>`)).toBe("<  -a>  text\n");
  });
});
