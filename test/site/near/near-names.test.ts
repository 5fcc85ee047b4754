import { describe, expect, test } from "bun:test";

import { formsOf, nearness } from "../../../src/site/near/near-names.ts";

const rank = (asked: string, other: string): number | undefined =>
  nearness(formsOf(asked), formsOf(other));

describe("names are near that differ in", () => {
  test.each([
    ["nothing", "a.txt", "a.txt", 0],
    ["case", "README.md", "readme.MD", 1],
    ["how an accent is composed", "cafe\u0301.html", "café.html", 1],
    ["a space", "my notes.txt", "my-notes.txt", 2],
    ["a space that is left out", "my notes.txt", "mynotes.txt", 2],
    ["a space at the end", "notes.txt ", "notes.txt", 2],
    ["a space that was encoded twice", "my%20notes.txt", "my notes.txt", 2],
    ["an accent", "cafe.html", "café.html", 2],
    ["a missing extension", "about", "about.html", 3],
    ["an extension too many", "about.html", "About", 3],
    ["another extension", "photo.jpeg", "photo.png", 3],
    ["a letter more", "indexx.html", "index.html", 4],
    ["a letter less", "inde.html", "index.html", 4],
    ["another letter", "imdex.html", "index.html", 4],
    ["two letters that are swapped", "idnex.html", "index.html", 4],
  ])("%s", (_in, asked, other, expected) => {
    expect(rank(asked, other)).toBe(expected);
    expect(rank(other, asked)).toBe(expected);
  });
});

describe("names are not near", () => {
  test.each([
    ["two letters apart", "idxen.html", "index.html"],
    ["of two letters, one apart", "ab", "ac"],
    ["with nothing in common", "a.txt", "b.md"],
  ])("%s", (_in, asked, other) => {
    expect(rank(asked, other)).toBeUndefined();
  });
});
