import { describe, expect, test } from "bun:test";

import { nearestWord } from "../../src/base/nearest-word.ts";

const words = ["port", "post", "clean-urls", "cache", "permissions", "no-config", "qr"];

describe("the nearest word", () => {
  test.each([
    ["prot", "port"],
    ["ports", "port"],
    ["por", "port"],
    ["pirt", "port"],
    ["PORT", "port"],
    ["cleanUrls", "clean-urls"],
    ["clean_url", "clean-urls"],
    ["chache", "cache"],
    ["premisisons", "permissions"],
  ])("to %p is %p: a letter swapped, added, left out or replaced", (word, nearest) => {
    expect(nearestWord(word, words)).toBe(nearest);
  });

  test("is the first of those that are equally near", () => {
    expect(nearestWord("poat", words)).toBe("port");
    expect(nearestWord("poat", words.toReversed())).toBe("post");
  });

  test("is an equal one before any other", () => {
    expect(nearestWord("post", words)).toBe("post");
  });

  test.each(["", "-", "nope", "prxx", "directory", "p".repeat(33)])("to %p is none", (word) => {
    expect(nearestWord(word, words)).toBeUndefined();
  });

  test("is none for a word too long to be compared, however near", () => {
    const long = "a".repeat(32);
    expect(nearestWord(long, [`${long}b`])).toBe(`${long}b`);
    expect(nearestWord(`${long}b`, [`${long}b`])).toBeUndefined();
  });
});
