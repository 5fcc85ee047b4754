import { describe, expect, test } from "bun:test";

import { isNeed, needs, needWords } from "../../../src/check/script/need.ts";

describe("what a script may need", () => {
  test("is one of a few words, each with its meaning, in their order", () => {
    expect(needWords).toContain("post-form");
    expect(needWords.toSorted()).toEqual([...needWords]);
    for (const word of needWords) expect(needs[word].length).toBeGreaterThan(20);
  });

  test("is no other word, and no name of an object's own", () => {
    expect(isNeed("listing")).toBe(true);
    for (const word of ["Listing", "list", "", "toString", "constructor"]) {
      expect(isNeed(word)).toBe(false);
    }
  });
});
