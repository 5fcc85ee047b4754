import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { growth } from "../../growth.ts";
import type { EntityTag } from "../../../src/http/fields/entity-tag.ts";
import {
  formatEntityTag,
  parseEntityTag,
  parseTagCondition,
  strongEqual,
  weakEqual,
} from "../../../src/http/fields/entity-tag.ts";

const strong = (opaque: string): EntityTag => ({ weak: false, opaque });
const weak = (opaque: string): EntityTag => ({ weak: true, opaque });

/** Every octet that may stand between the quotes, commas among them. */
const etagc = fc
  .oneof(
    fc.constant(0x21),
    fc.integer({ min: 0x23, max: 0x7e }),
    fc.integer({ min: 0x80, max: 0xff }),
  )
  .map((code) => String.fromCharCode(code));
const opaqueText = fc.array(fc.oneof(etagc, fc.constantFrom(",", "W", "/", "*", "\\")));
const anyTag = fc.record({ weak: fc.boolean(), opaque: opaqueText.map((all) => all.join("")) });

describe("entity-tag (RFC 9110 §8.8.3)", () => {
  test.each([
    ['"xyzzy"', strong("xyzzy")],
    ['W/"xyzzy"', weak("xyzzy")],
    ['""', strong("")],
    ['W/""', weak("")],
    ['"a,b"', strong("a,b")],
    ['"W/"', strong("W/")],
    ['"*"', strong("*")],
    ['"a\\"', strong("a\\")],
    ['"\xe9"', strong("\xe9")],
  ])("%p", (text, wanted) => {
    expect(parseEntityTag(text)).toEqual(wanted);
  });

  test.each([
    "",
    "*",
    "xyzzy",
    '"xyzzy',
    'xyzzy"',
    "'xyzzy'",
    '"a b"',
    '"a\tb"',
    '"a"b"',
    '"a\\"b"',
    '"\x7f"',
    '"\x1f"',
    '"\u0100"',
    'w/"xyzzy"',
    'W"xyzzy"',
    'W/ "xyzzy"',
    'W/W/"xyzzy"',
    "W/xyzzy",
    ' "xyzzy"',
    '"xyzzy" ',
    '"a", "b"',
    '"a",',
  ])("%p is none", (text) => {
    expect(parseEntityTag(text)).toBeUndefined();
  });

  test("is read as it was written", () => {
    fc.assert(
      fc.property(anyTag, (tag) => {
        expect(parseEntityTag(formatEntityTag(tag))).toEqual(tag);
        expect(parseTagCondition(formatEntityTag(tag))).toEqual([tag]);
      }),
    );
  });
});

describe('"*" / #entity-tag (RFC 9110 §13.1.1, §5.6.1)', () => {
  test.each([
    ["*", "*"],
    ['"a"', [strong("a")]],
    ['"a", W/"b"', [strong("a"), weak("b")]],
    ['"a","b"', [strong("a"), strong("b")]],
    ['"a"\t ,\t "b"', [strong("a"), strong("b")]],
    [',, "a",\t, ,"b",,', [strong("a"), strong("b")]],
    ['"a,b", "c"', [strong("a,b"), strong("c")]],
    ['",", ",,"', [strong(","), strong(",,")]],
    ['"", ""', [strong(""), strong("")]],
  ] as const)("%p", (text, wanted) => {
    expect(parseTagCondition(text)).toEqual(wanted);
  });

  test.each([
    "",
    " ",
    ",",
    " , ,",
    "**",
    "*, *",
    '*, "a"',
    '"a", *',
    "a",
    '"a" "b"',
    '"a"; "b"',
    '"a", b',
    '"a", "b',
    '"a"W/"b"',
    '"a",W/ "b"',
    '"a" x',
  ])("%p is neither", (text) => {
    expect(parseTagCondition(text)).toBeUndefined();
  });

  test("is the list that was written, with any blanks and empty members", () => {
    const blank = fc.constantFrom("", " ", "\t", "  ");
    const separator = fc
      .array(blank, { minLength: 1, maxLength: 3 })
      .map((blanks) => ` ${blanks.join(",")},`);
    fc.assert(
      fc.property(fc.array(fc.tuple(anyTag, separator), { minLength: 1 }), (members) => {
        const text = members.map(([tag, after]) => formatEntityTag(tag) + after).join("");
        expect(parseTagCondition(text)).toEqual(members.map(([tag]) => tag));
        expect(parseTagCondition(`,${text}`)).toEqual(members.map(([tag]) => tag));
      }),
    );
  });

  test("takes no longer than its length, however it ends", () => {
    for (const filler of ['"a",', ", ", "\t", '"', "W/"]) {
      const power = growth((count) => `${filler.repeat(count)}x`, parseTagCondition, 2000);
      expect([filler, power < 1.5]).toEqual([filler, true]);
    }
  });
});

describe("comparison (RFC 9110 §8.8.3.2)", () => {
  test.each([
    [weak("1"), weak("1"), false, true],
    [weak("1"), weak("2"), false, false],
    [weak("1"), strong("1"), false, true],
    [strong("1"), strong("1"), true, true],
    [strong("1"), strong("2"), false, false],
    [strong("a"), strong("A"), false, false],
  ])("%p and %p", (a, b, isStrong, isWeak) => {
    expect([strongEqual(a, b), strongEqual(b, a)]).toEqual([isStrong, isStrong]);
    expect([weakEqual(a, b), weakEqual(b, a)]).toEqual([isWeak, isWeak]);
  });
});
