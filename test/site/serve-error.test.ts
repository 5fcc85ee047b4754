import { expect, test } from "bun:test";

import { ServeError } from "../../src/site/serve-error.ts";

test("says which part of the options is wrong, and how", () => {
  const error = new ServeError("root", "no such folder: x");
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.code, error.message]).toEqual([
    "ServeError",
    "root",
    "no such folder: x",
  ]);
});
