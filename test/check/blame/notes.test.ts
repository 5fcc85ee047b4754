import { expect, test } from "bun:test";

import { Notes } from "../../../src/check/blame/notes.ts";

test("notes are those since they were taken last, and nothing of a kind that there is none of", () => {
  const notes = new Notes();
  expect(notes.take()).toEqual({});
  const own = { strength: "may", references: ["RFC 9110 §9"] } as const;
  notes.aside(3, own, undefined);
  notes.aside(4, own, { line: 4, expected: "a", came: "b" });
  notes.dateless(5);
  const answer = { version: "HTTP/1.1", status: 200, toHead: false, announced: true };
  notes.behind(6, answer, true);
  expect(notes.take()).toEqual({
    asides: [
      { line: 3, own },
      { line: 4, own, failure: { line: 4, expected: "a", came: "b" } },
    ],
    dateless: [5],
    behind: [{ line: 6, ...answer, closed: true }],
  });
  expect(notes.take()).toEqual({});
});
