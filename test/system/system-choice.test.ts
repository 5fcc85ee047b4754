import { expect, test } from "bun:test";

import { plainCalls } from "../../src/system/plain-calls.ts";
import { chooseSystemCalls, nativeCalls, systemCalls } from "../../src/system/system-choice.ts";

const native = nativeCalls();

test("the calls are native on Linux, unless the environment says no", () => {
  expect(native?.kind).toBe(process.platform === "linux" ? "native" : undefined);
  expect(chooseSystemCalls("off")).toBe(plainCalls);
  for (const setting of [undefined, "", "on"]) {
    expect(chooseSystemCalls(setting)).toBe(native ?? plainCalls);
  }
  expect(systemCalls()).toBe(chooseSystemCalls(process.env["POSTERN_NATIVE"]));
});

test("the calls are loaded once", () => {
  expect(nativeCalls()).toBe(native);
  expect(systemCalls()).toBe(systemCalls());
});
