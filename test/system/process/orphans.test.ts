import { describe, expect, test } from "bun:test";

import { loadOrphanCalls, readOrphans } from "../../../src/system/process/orphans.ts";

const real = loadOrphanCalls();

describe.skipIf(real === undefined)("children that have ended (need libc)", () => {
  test("are none of a process that has no children of another's", () => {
    expect(real?.endedChild()).toBeUndefined();
    expect(real?.forget(process.pid)).toBe(false);
  });
});

describe("the statuses of children", () => {
  test("are read until one is the program's own, or none is left", () => {
    const ended = [5, 6, 7, 8];
    const calls = {
      endedChild: () => ended[0],
      forget: (pid: number) => ended.shift() === pid,
    };
    expect(readOrphans(calls, (pid) => pid === 7)).toBe(2);
    expect(ended).toEqual([7, 8]);
    expect(readOrphans(calls, () => false)).toBe(2);
    expect(readOrphans(calls, () => false)).toBe(0);
  });

  test("are not asked for again when one can't be read", () => {
    expect(readOrphans({ endedChild: () => 5, forget: () => false }, () => false)).toBe(0);
  });
});
