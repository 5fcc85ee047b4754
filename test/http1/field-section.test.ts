import { describe, expect, test } from "bun:test";

import { latin1Bytes } from "../../src/http/octets/bytes.ts";
import { FieldSection } from "../../src/http1/field-section.ts";

const bounds = { bytesMax: 64, countMax: 2, tooLarge: "header-section-too-large" } as const;

describe("field section (RFC 9112 §2.1)", () => {
  test("may be empty", () => {
    const section = new FieldSection(bounds);
    expect(section.read(latin1Bytes("\r\nrest"), 0, 6)).toBe("done");
    expect(section.octets).toBe(2);
    expect(section.offsets).toEqual([]);
  });

  test("is read from wherever it begins, and its offsets count from there", () => {
    const section = new FieldSection(bounds);
    const view = latin1Bytes("....Name:  value \t\r\nE:\r\n\r\nrest");
    expect(section.read(view, 4, view.length)).toBe("done");
    expect(section.octets).toBe(view.length - 4 - "rest".length);
    expect(section.offsets).toEqual([0, 4, 7, 12, 16, 17, 18, 18]);
  });

  test("is read no further than what has arrived", () => {
    const section = new FieldSection(bounds);
    const view = latin1Bytes("A: b\r\n\r\n");
    for (let end = 0; end < view.length; end++) {
      expect(section.read(view, 0, end)).toBe("need-data");
      expect(section.octets).toBe(end);
    }
    expect(section.read(view, 0, view.length)).toBe("done");
    expect(section.offsets).toEqual([0, 1, 3, 4]);
  });

  test("goes on in another buffer, at another place", () => {
    const section = new FieldSection(bounds);
    expect(section.read(latin1Bytes("A: b"), 0, 4)).toBe("need-data");
    expect(section.read(latin1Bytes("??????A: bc\r\n\r\n"), 6, 15)).toBe("done");
    expect(section.offsets).toEqual([0, 1, 3, 5]);
  });

  test("is too large at its limit and not a moment later", () => {
    const text = `A: ${"b".repeat(57)}\r\n\r\n`;
    expect(text).toHaveLength(64);
    expect(new FieldSection(bounds).read(latin1Bytes(text), 0, 64)).toBe("done");
    const longer = latin1Bytes(`A: b${text.slice(3)}`);
    expect(new FieldSection(bounds).read(longer, 0, 63)).toBe("need-data");
    expect(new FieldSection(bounds).read(longer, 0, 64)).toBe("header-section-too-large");
    expect(new FieldSection(bounds).read(longer, 0, 65)).toBe("header-section-too-large");
  });
});
