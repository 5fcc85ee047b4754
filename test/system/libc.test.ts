import { expect, test } from "bun:test";

import { openLibc } from "../../src/system/libc.ts";

const isLinux = process.platform === "linux";

test("libc has its functions on Linux, and is not opened elsewhere", () => {
  const libc = openLibc({ getpid: { args: [], returns: "i32" } });
  expect(libc?.getpid()).toBe(isLinux ? process.pid : undefined);
});

test("libc isn't used when it lacks one of the functions", () => {
  expect(openLibc({ no_such_function_here: { args: [], returns: "i32" } })).toBeUndefined();
});
