import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { wordsAsGiven } from "../../../src/cli/options/given-words.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-words-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `words`, as they are in a command line with the octets of `commandLine`, Latin-1 text. */
function given(commandLine: string, words: readonly string[]): readonly string[] {
  const file = join(folder, "cmdline");
  writeFileSync(file, Buffer.from(commandLine, "latin1"));
  return wordsAsGiven(words, file);
}

describe("words of the command line", () => {
  test("have the octets that aren't UTF-8", () => {
    const words = ["caf\ufffd", "--index", "\ufffd\ufffd", "\ufffd", ""];
    const commandLine = "bun\0index.ts\0caf\xe9\0--index\0\xff\xfe\0\xef\xbf\xbd\0\0";
    expect(given(commandLine, words)).toEqual([
      "caf\udce9",
      "--index",
      "\udcff\udcfe",
      "\ufffd",
      "",
    ]);
  });

  test.each([
    ["other words", "bun\0index.ts\0other\0"],
    ["fewer words", "caf\xe9\0"],
    ["no words", ""],
    ["no end", "bun\0index.ts\0--x\0caf\xe9"],
  ])("stay as they are where the system has %s", (_, commandLine) => {
    const words = ["--x", "caf\ufffd"];
    expect(given(commandLine, words)).toBe(words);
  });

  test("stay as they are where the system has no such file", () => {
    const words = ["caf\ufffd"];
    expect(wordsAsGiven(words, join(folder, "nothing"))).toBe(words);
  });
});
