import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { nameIn, orderText } from "../../../src/tree/listing/name-order.ts";

/**
 * The order as it is meant: without case and the marks on letters, by code units, a run of digits
 * by its value. Negative if `a` comes first; 0 if nothing that counts tells them apart.
 */
function compare(a: string, b: string): number {
  const [one, other] = [pieces(a), pieces(b)];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    const [left = "", right = ""] = [one[i], other[i]];
    if (/^\d/.test(left) && /^\d/.test(right)) {
      const difference = BigInt(left) - BigInt(right);
      if (difference !== 0n) return Number(difference > 0n) * 2 - 1;
    } else if (left !== right) {
      return left < right ? -1 : 1;
    }
  }
  return one.length - other.length;
}

/** Runs of digits, and single code units between them. */
function pieces(name: string): readonly string[] {
  const folded = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  return folded.match(/\d+|[^]/g) ?? [];
}

function sorted(names: readonly string[]): readonly string[] {
  return names
    .map((name) => orderText("x", name))
    .toSorted()
    .map(nameIn);
}

describe("the order of names", () => {
  test.each([
    [
      ["10.txt", "9.txt", "1.txt"],
      ["1.txt", "9.txt", "10.txt"],
    ],
    [
      ["b", "A", "C", "a2", "a10"],
      ["A", "a2", "a10", "b", "C"],
    ],
    [
      ["z", "éa", "eb", "f"],
      ["éa", "eb", "f", "z"],
    ],
    [
      ["v1.10.0", "v1.9.9", "v1.9.10"],
      ["v1.9.9", "v1.9.10", "v1.10.0"],
    ],
    [
      ["ab", "a", "abc"],
      ["a", "ab", "abc"],
    ],
    [
      ["99999999999999999999", "100000000000000000000"].toReversed(),
      ["99999999999999999999", "100000000000000000000"],
    ],
    [
      ["1", "01", "001", "0", "00"],
      ["0", "00", "001", "01", "1"],
    ],
    [
      ["a1b", "a01a", "a1", "a01"],
      ["a01", "a1", "a01a", "a1b"],
    ],
    [
      ["a-", "a0", "a:", "a/".slice(0, 1)],
      ["a", "a-", "a0", "a:"],
    ],
    [
      ["٣", "１０", "９"],
      ["９", "１０", "٣"],
    ],
    [
      ["日本", "Ω", "z", "ω"],
      ["z", "Ω", "ω", "日本"],
    ],
  ])("%p becomes %p", (names, ordered) => {
    expect(sorted(names)).toEqual(ordered);
  });

  const characters = ["a", "B", "b", "é", "É", "0", "1", "9", "-", ".", ":", " ", "\u0001", "日"];
  const odd = ["ß", "ﬁ", "①", "𝟙", "\ud800", "ÿ", "Ā", "\u0130", "\ufdfa", "\u{1f600}"];
  const name = fc.string({ unit: fc.constantFrom(...characters, ...odd), maxLength: 8 });

  test("is that of the texts, and their names' own where nothing else tells them apart", () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const [one, other] = [orderText("x", a), orderText("x", b)];
        const wanted = Math.sign(compare(a, b));
        const own = Number(a > b) - Number(a < b);
        expect(Number(one > other) - Number(one < other)).toBe(wanted === 0 ? own : wanted);
      }),
      { numRuns: 20_000 },
    );
  });

  test("holds for the longest names there are, and for those that become longest", () => {
    const digits = "9".repeat(254);
    const [shortest, least, ...more] = [`0${digits}`, "1".repeat(255), `${digits}8`, `${digits}9`];
    expect(sorted([...more, least, shortest])).toEqual([shortest, least, ...more]);
    const grown = "\ufdfa".repeat(85);
    expect(sorted([`${grown}b`, `${grown}a`, grown])).toEqual([grown, `${grown}a`, `${grown}b`]);
  });

  test("puts what has one mark before what has a higher one", () => {
    expect(orderText("1", "z") < orderText("2", "a")).toBe(true);
  });

  test("gives each name back", () => {
    fc.assert(
      fc.property(name, (given) => {
        expect(nameIn(orderText("x", given))).toBe(given);
      }),
    );
  });
});
