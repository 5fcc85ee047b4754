import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { FileStat, word } from "../../src/system/file-stat.ts";

/** A stat with these words, and zeros besides. */
function statOf(words: { readonly [place: number]: number }): FileStat {
  const all = new Int32Array(word.count);
  for (const [place, value] of Object.entries(words)) all[Number(place)] = value;
  return new FileStat(all);
}

/** All words of a stat. */
const allWords = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
  minLength: word.count,
  maxLength: word.count,
});

describe("a stat", () => {
  test.each([
    [0o100644, "file"],
    [0o040755, "directory"],
    [0o120777, "link"],
    [0o010644, "other"],
    [0o020644, "other"],
    [0o060644, "other"],
    [0o140644, "other"],
    [0, "other"],
  ] as const)("with the mode %o is of a %s", (mode, type) => {
    const stat = statOf({ [word.mode]: mode });
    expect([stat.mode, stat.type, stat.isFolder]).toEqual([mode, type, type === "directory"]);
  });

  test("has an identity that no other file has, whatever else changes", () => {
    const words = { [word.ino]: 7, [word.dev]: 3 };
    const { identity } = statOf(words);
    expect(statOf({ ...words, [word.mode]: 0o100644, [word.size]: 9 }).identity).toBe(identity);
    for (const place of [word.ino, word.ino + 1, word.dev, word.dev + 1]) {
      expect(statOf({ ...words, [place]: 9 }).identity).not.toBe(identity);
    }
    expect(statOf({ [word.ino]: 3, [word.dev]: 7 }).identity).not.toBe(identity);
  });

  test("has a size of up to 2^53", () => {
    expect(statOf({ [word.size]: -1 }).size).toBe(2 ** 32 - 1);
    expect(statOf({ [word.size]: 7, [word.size + 1]: 1 }).size).toBe(2 ** 32 + 7);
    expect(statOf({ [word.size]: -1, [word.size + 1]: 2 ** 21 - 1 }).size).toBe(2 ** 53 - 1);
  });

  test.each([
    [0, 0, 0, 0],
    [1, 0, 999_999_999, 1999],
    [-1, -1, 999_000_000, -1],
    [-1, 0, 0, (2 ** 32 - 1) * 1000],
    [0, 1, 1_000_000, 2 ** 32 * 1000 + 1],
  ])("has times in milliseconds, rounded down: %d, %d, %d is %d", (low, high, ns, milliseconds) => {
    const words = (at: number) => ({ [at]: low, [at + 1]: high, [at + 2]: ns });
    expect(statOf(words(word.mtime)).mtimeMs).toBe(milliseconds);
    expect(statOf(words(word.ctime)).ctimeMs).toBe(milliseconds);
  });

  test("has the words that it was made of, whatever they are", () => {
    fc.assert(
      fc.property(allWords, (words) => {
        expect([...new FileStat(Int32Array.from(words)).words]).toEqual(words);
      }),
    );
    expect([...new FileStat().words]).toEqual(Array.from({ length: word.count }, () => 0));
  });

  test("is copied as it is, and the copy stays when it changes", () => {
    fc.assert(
      fc.property(allWords, allWords, (before, after) => {
        const stat = new FileStat(Int32Array.from(before));
        const copy = stat.copy();
        stat.set(Int32Array.from(after));
        expect([[...copy.words], [...stat.words]]).toEqual([before, after]);
      }),
    );
  });
});

describe("two stats", () => {
  const content = [word.size, word.size + 1, word.mtime, word.mtime + 1, word.mtime + 2];
  const folder = [word.mode, word.ino, word.ino + 1, word.dev, word.dev + 1];

  test("are the same in all their words, or not the same", () => {
    fc.assert(
      fc.property(allWords, fc.nat(word.count - 1), (words, place) => {
        const one = new FileStat(Int32Array.from(words));
        const changed = Int32Array.from(words);
        changed[place] = (changed[place] ?? 0) ^ 1;
        const other = new FileStat(changed);
        expect([one.isSame(one.copy()), one.isSame(other)]).toEqual([true, false]);
        expect(one.hasSameContent(other)).toBe(!content.includes(place));
        expect(one.isSameFolder(other)).toBe(!folder.includes(place));
      }),
    );
  });
});
