import { afterAll, describe, expect, test } from "bun:test";
import * as fs from "node:fs";

import { FileStat } from "../../src/system/file-stat.ts";
import { plainCalls } from "../../src/system/plain-calls.ts";
import { loadNativeCalls } from "../../src/system/native-calls.ts";
import { errorNumber, interruptedCallsMax } from "../../src/system/system-calls.ts";
import { nativeCalls } from "../../src/system/system-choice.ts";
import { TempTree } from "../tree/temp-tree.ts";

const native = nativeCalls();

describe.if(native !== undefined)("the native calls", () => {
  test("see the same words as the plain ones, in files of every kind and time", () => {
    const tree = new TempTree();
    tree.file("times.txt", "times");
    const times = [-1.5, -1, -0.001, 0, 0.999999999, 1_700_000_000.123456, 4_300_000_000.5];
    const paths = ["/", "/dev/null", "/proc/self/exe", "/dev", "/proc", tree.at("times.txt")];
    for (const seconds of times) {
      fs.lutimesSync(tree.at("times.txt"), seconds, seconds);
      for (const path of paths) {
        const [one, other] = [new FileStat(), new FileStat()];
        expect(native?.look(path, one)).toBe(0);
        expect(plainCalls.look(path, other)).toBe(0);
        expect([path, seconds, [...one.words]]).toEqual([path, seconds, [...other.words]]);
      }
    }
    tree.remove();
  });
});

describe.skipIf(native === undefined)("a folder read by the native calls (needs libc)", () => {
  const tree = new TempTree();
  afterAll(() => tree.remove());

  /** Opens the folder `name`, and closes it after `then`. */
  function inside(name: string, then: (fd: number) => void): void {
    const fd = fs.openSync(tree.at(name), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      then(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  test("gives as many entries as there is room for, and none at its end", () => {
    for (let i = 0; i < 100; i++) tree.file(`read/${i}.txt`);
    inside("read", (fd) => {
      const into = new Uint8Array(256);
      let octets = 0;
      for (;;) {
        const length = native?.readFolder(fd, into) ?? -1;
        expect(length).toBeGreaterThanOrEqual(0);
        expect(length).toBeLessThanOrEqual(into.length);
        if (length === 0) break;
        octets += length;
      }
      // "." and ".." take 24 octets each, and the other names 32.
      expect(octets).toBe(2 * 24 + 100 * 32);
      expect(native?.readFolder(fd, into)).toBe(0);
    });
  });

  test("can't be had where it is no folder, has gone, or has no room", () => {
    tree.file("read/0.txt");
    const into = new Uint8Array(256);
    const fd = fs.openSync(tree.at("read/0.txt"), "r");
    expect(native?.readFolder(fd, into)).toBe(-errorNumber.ENOTDIR);
    fs.closeSync(fd);
    expect(native?.readFolder(-1, into)).toBe(-errorNumber.EBADF);
    inside("read", (open) =>
      expect(native?.readFolder(open, into.subarray(0, 8))).toBe(-errorNumber.EINVAL),
    );
    tree.folder("gone");
    inside("gone", (open) => {
      fs.rmdirSync(tree.at("gone"));
      expect(native?.readFolder(open, into)).toBe(-errorNumber.ENOENT);
    });
  });
});

describe("a call that a signal interrupts", () => {
  let made = 0;
  /** How many times in a row the call is interrupted before it succeeds. */
  let interruptions = 0;
  const interrupted = (): number => (++made > interruptions ? 0 : -1);
  const libc = {
    openat: interrupted,
    pread: interrupted,
    statx: interrupted,
    errno: () => errorNumber.EINTR,
  };
  const further = { faccessat: interrupted, readlinkat: interrupted, syscall: interrupted };
  const [first, second] = [libc, () => further] as unknown as Parameters<typeof loadNativeCalls>;
  const calls = loadNativeCalls(first, second);
  if (calls === undefined) throw new Error("there are no calls");
  const into = new Uint8Array(8);

  test.each([
    ["open", () => calls.open("x", "content")],
    ["read", () => calls.read(3, into, 0)],
    ["look", () => calls.look("x", new FileStat())],
    ["lookInto", () => calls.lookInto(3, new FileStat())],
    ["mayRead", () => calls.mayRead("x")],
    ["readLink", () => calls.readLink("x")],
    ["readFolder", () => calls.readFolder(3, into)],
  ])("is made again, but not for ever: %s", (_name, call) => {
    [made, interruptions] = [0, 3];
    expect(call()).toBe(_name === "readLink" ? "" : 0);
    expect(made).toBe(4);
    [made, interruptions] = [0, Infinity];
    expect(Math.abs(Number(call()))).toBe(errorNumber.EINTR);
    expect(made).toBe(interruptedCallsMax);
  });
});
