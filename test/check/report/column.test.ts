import { expect, test } from "bun:test";

import { sections, tally } from "../../../src/check/report/column.ts";
import { column, first, second } from "./sample.ts";

test("the tally counts phases by strength, and leaves out what was not played", () => {
  expect(tally([first, second], column)).toEqual({
    must: { held: 1, played: 1 },
    should: { held: 0, played: 2 },
    may: { held: 0, played: 0 },
  });
});

test("a section is a folder", () => {
  expect([...sections([first, second]).keys()]).toEqual(["one", "two"]);
});
