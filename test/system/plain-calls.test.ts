import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { FileStat } from "../../src/system/file-stat.ts";
import { plainCalls } from "../../src/system/plain-calls.ts";
import { errorNumber, PreparedPath } from "../../src/system/system-calls.ts";
import { nativeCalls } from "../../src/system/system-choice.ts";
import { TempTree } from "../tree/temp-tree.ts";

/** The calls of this system. */
const everyKind = [plainCalls, nativeCalls()].filter((calls) => calls !== undefined);

describe.skipIf(process.platform !== "linux").each(everyKind)("the $kind calls", (calls) => {
  const temp = new TempTree();
  afterAll(() => temp.remove());
  beforeAll(() => {
    const folder = Buffer.from(`${temp.root}/caf\xe9\\`, "latin1");
    const file = Buffer.concat([folder, Buffer.from([0x2f, 0xff])]);
    fs.mkdirSync(folder);
    fs.writeFileSync(file, "by its octets");
    fs.symlinkSync(file, Buffer.concat([folder, Buffer.from("/link")]));
  });
  const path = `${temp.root}/caf\udce9\\/\udcff`;
  const link = `${temp.root}/caf\udce9\\/link`;

  test("find a name that isn't UTF-8 by all of its octets", () => {
    const stat = new FileStat();
    expect(calls.look(path, stat)).toBe(0);
    expect(stat.size).toBe(13);
    expect(calls.look(new PreparedPath(path), stat)).toBe(0);
    expect(calls.mayRead(path)).toBe(0);
    expect(calls.readLink(link)).toBe(path);
    expect(calls.realPath(link)).toBe(path);
    const descriptor = calls.open(path, "content");
    expect(descriptor).toBeGreaterThan(0);
    calls.close(descriptor);
  });

  test("don't find it by the replacement character", () => {
    const wrong = path.replaceAll("\udcff", "\ufffd");
    const stat = new FileStat();
    expect(calls.look(wrong, stat)).toBe(errorNumber.ENOENT);
    expect(calls.look(new PreparedPath(wrong), stat)).toBe(errorNumber.ENOENT);
    expect(calls.mayRead(wrong)).toBe(errorNumber.ENOENT);
    expect(calls.realPath(wrong)).toBe(errorNumber.ENOENT);
    expect(calls.open(wrong, "content")).toBe(-errorNumber.ENOENT);
  });
});

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
