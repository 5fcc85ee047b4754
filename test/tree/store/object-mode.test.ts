import { describe, expect, test } from "bun:test";

import { defaultMode, doubtfulMode, readMode } from "../../../src/tree/store/object-mode.ts";

describe("the mode in an object's metadata", () => {
  test.each([
    ["33188", 0o100644],
    ["33152", 0o100600],
    ["100644", 0o100644],
    ["0100644", 0o100644],
    ["104755", 0o104755],
    ["0644", 0o100644],
    [" 100600 ", 0o100600],
  ])("of a file is read: %p", (text, mode) => {
    expect(readMode(text, "file")).toBe(mode);
  });

  test.each([
    ["16877", 0o040755],
    ["40755", 0o040755],
    ["040700", 0o040700],
    ["0755", 0o040755],
  ])("of a folder is read: %p", (text, mode) => {
    expect(readMode(text, "directory")).toBe(mode);
  });

  test.each([
    // Without a type it is not known in which base they are.
    "644",
    "420",
    "755",
    // A folder's, a symbolic link's, a device's.
    "16877",
    "40755",
    "41471",
    "120777",
    "8624",
    // No numbers, or none of a mode.
    "",
    "rw-r--r--",
    "-33188",
    "3.3188e4",
    "0x81a4",
    "33188,33188",
    "200644",
    "65536",
    "1000000",
    "99999",
  ])("of a file is doubtful: %p", (text) => {
    expect(readMode(text, "file")).toBeUndefined();
  });

  test("of a folder is doubtful when it is a file's", () => {
    expect(readMode("33188", "directory")).toBeUndefined();
    expect(readMode("100644", "directory")).toBeUndefined();
  });

  test("is one thing in both bases for no text", () => {
    for (let mode = 0; mode <= 0o177777; mode++) {
      for (const kind of ["file", "directory"] as const) {
        const type = kind === "file" ? 0o100000 : 0o040000;
        const isOwn = (mode & 0o170000) === type;
        if (isOwn) {
          expect(readMode(String(mode), kind)).toBe(mode);
          expect(readMode(mode.toString(8), kind)).toBe(mode);
        }
      }
    }
  });
});

test("a doubtful mode permits nothing", () => {
  expect(doubtfulMode("file")).toBe(0o100000);
  expect(doubtfulMode("directory")).toBe(0o040000);
});

test("a folder without a mode can be passed through, and listed where files can be read", () => {
  expect(defaultMode(0o644, "file")).toBe(0o100644);
  expect(defaultMode(0o644, "directory")).toBe(0o040755);
  expect(defaultMode(0o600, "directory")).toBe(0o040711);
});
