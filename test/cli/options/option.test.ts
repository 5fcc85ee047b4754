import { expect, test } from "bun:test";

import { readyFormats, topics } from "../../../src/cli/options/option.ts";
import { optionRows } from "../../../src/cli/options/option-table.ts";

test("every topic is that of some option, and every option's is one of them", () => {
  const used = new Set<string>(optionRows.map(([, { topic }]) => topic));
  expect([...used].toSorted()).toEqual([...topics].toSorted());
});

test("the line that says that the server listens is for people first", () => {
  expect(readyFormats).toEqual(["line", "json"]);
});
