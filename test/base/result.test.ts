import { expect, test } from "bun:test";

import { failure, success } from "../../src/base/result.ts";

test("an outcome holds a value or an error", () => {
  expect(success(1)).toEqual({ ok: true, value: 1 });
  expect(failure("no")).toEqual({ ok: false, error: "no" });
});
