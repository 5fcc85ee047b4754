import { afterAll, describe, expect, test } from "bun:test";

import { FileStat } from "../../src/system/file-stat.ts";
import { plainCalls } from "../../src/system/plain-calls.ts";
import { nativeCalls } from "../../src/system/system-choice.ts";
import { TempTree } from "../tree/temp-tree.ts";

describe("the plain calls", () => {
  const tree = new TempTree();
  afterAll(() => tree.remove());

  test("round a time before 1970 down, as the kernel counts it", () => {
    tree.file("old.txt", "old");
    // Bun's own utimes knows no time before 1970.
    Bun.spawnSync(["touch", "-d", "1969-12-31T23:59:58.25Z", tree.at("old.txt")]);
    const stat = new FileStat();
    expect(plainCalls.look(tree.at("old.txt"), stat)).toBe(0);
    expect(stat.mtimeMs).toBe(-1750);
  });

  test("can't carry files or hold back octets, and say so", () => {
    expect(plainCalls.kind).toBe("plain");
    expect(plainCalls.sendFile(0, 0, 0, 1)).toBeUndefined();
    expect(plainCalls.queued(0)).toBeUndefined();
  });

  test.skipIf(nativeCalls() === undefined)("see what libc's see (needs libc)", () => {
    tree.file("same.txt", "same");
    const [plain, native] = [new FileStat(), new FileStat()];
    plainCalls.look(tree.at("same.txt"), plain);
    nativeCalls()?.look(tree.at("same.txt"), native);
    expect(plain.isSame(native)).toBe(true);
  });
});
