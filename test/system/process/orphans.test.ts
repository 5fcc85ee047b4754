import { describe, expect, test } from "bun:test";

import { join } from "node:path";

import { loadOrphanCalls, readOrphans } from "../../../src/system/process/orphans.ts";

const path = join(import.meta.dir, "../../../src/system/process/orphans.ts");

/** Prints what a process without children, and one with a child of Bun's, is told. */
const asking = `
const { loadOrphanCalls } = await import(${JSON.stringify(path)});
const calls = loadOrphanCalls();
const told = [calls.endedChild() ?? "none", calls.forget(process.pid)];
const child = Bun.spawn(["sleep", "1000"]);
told.push(calls.endedChild() ?? "none", calls.forget(child.pid));
child.kill();
console.log(JSON.stringify(told));
process.exit(0);
`;

test.skipIf(loadOrphanCalls() === undefined)("no child that runs has ended (needs libc)", () => {
  const { stdout } = Bun.spawnSync([process.execPath, "-e", asking]);
  expect(JSON.parse(stdout.toString())).toEqual(["none", false, "none", false]);
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
