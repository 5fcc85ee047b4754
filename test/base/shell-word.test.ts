import { describe, expect, test } from "bun:test";

import { shellWord } from "../../src/base/shell-word.ts";

describe("a word for a shell", () => {
  test.each([
    ["a/b.html", "a/b.html"],
    ["a b.html", "'a b.html'"],
    ["", "''"],
    ["it's", "'it'\\''s'"],
    ["$(rm -r x)", "'$(rm -r x)'"],
    ["*?[a]~", "'*?[a]~'"],
    ["/docs=./a", "/docs=./a"],
    ["=b", "'=b'"],
    ["Grüße", "'Grüße'"],
    ["a\nb", "$'a\\012b'"],
    ["latin\udce4", "$'latin\\344'"],
    ["\u202eb'\\", "$'\\342\\200\\256b\\'\\\\'"],
  ])("for %j is %s", (text, word) => {
    expect(shellWord(text)).toBe(word);
  });

  test("is read by a shell as the text that it was made of", () => {
    const bash = Bun.which("bash");
    for (const text of [
      "a b",
      "it's",
      "-n",
      "a\nb\tc",
      "\u202e",
      "\\",
      '"',
      "~",
      "#x",
      "a=b",
      "{a,b}",
    ]) {
      if (bash === null) return;
      const { stdout } = Bun.spawnSync([bash, "-c", `printf %s ${shellWord(text)}`]);
      expect(stdout.toString()).toBe(text);
    }
  });
});
