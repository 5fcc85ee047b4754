import { afterEach, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { loadPortCalls } from "../../src/system/port-calls.ts";

const setting = process.env["POSTERN_NATIVE"];
afterEach(() => {
  if (setting === undefined) delete process.env["POSTERN_NATIVE"];
  else process.env["POSTERN_NATIVE"] = setting;
});

const calls = loadPortCalls();

test("there are no calls where the environment says no", () => {
  process.env["POSTERN_NATIVE"] = "off";
  expect(loadPortCalls()).toBeUndefined();
});

describe.skipIf(calls === undefined)("the calls for a port (need libc)", () => {
  test("copy a descriptor, and keep the copy from other programs", () => {
    const fd = fs.openSync(import.meta.path, "r");
    const copy = calls?.copy(fd) ?? -1;
    fs.closeSync(fd);
    expect(copy).toBeGreaterThan(2);
    const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${copy}`, "utf8"));
    expect(Number.parseInt(flags?.[1] ?? "", 8) & 0o2000000).toBe(0o2000000);
    fs.closeSync(copy);
  });

  test("fail where there is no socket", () => {
    expect(calls?.copy(-1)).toBe(-1);
    const fd = fs.openSync(import.meta.path, "r");
    for (const socket of [-1, fd]) {
      expect(calls?.share(socket)).toBe(false);
    }
    fs.closeSync(fd);
  });
});
