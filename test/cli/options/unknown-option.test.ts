import { describe, expect, test } from "bun:test";

import { optionFlags } from "../../../src/cli/options/option-flag.ts";
import { unknownOption } from "../../../src/cli/options/unknown-option.ts";
import { readCommandLine } from "../../../src/cli/options/command-line.ts";

describe("an unknown option", () => {
  test.each([
    ["--prot", undefined, "unknown option --prot: did you mean --port?"],
    ["--no-listng", undefined, "unknown option --no-listng: did you mean --no-listing?"],
    ["-z", "-sz", "unknown option -z in -sz; --help all lists them"],
    ["-z", undefined, "unknown option -z; --help all lists them"],
    ["-L", undefined, "unknown option -L: did you mean --log none?"],
    ["-L", "-sL", "unknown option -L in -sL: did you mean --log none?"],
    ["--toString", undefined, "unknown option --toString; --help all lists them"],
    [
      "--gzip",
      undefined,
      "unknown option --gzip: answers are compressed where the client takes it, without an option",
    ],
    ["--nothing-like-it", undefined, "unknown option --nothing-like-it; --help all lists them"],
  ])("%s in %p: %s", (called, word, line) => {
    expect(unknownOption(called, word)).toBe(line);
  });

  test.each([
    ["--spa", "--single"],
    ["--path-prefix", "--base"],
    ["--mount=/a:b", "/docs=FOLDER"],
    ["--qrcode", "--qr"],
    ["--no-browser", "--no-open"],
    ["--directory", "a folder without an option"],
    ["--silent", "--quiet"],
    ["--watch", "--live"],
    ["--no-reload", "--no-live"],
    ["--https", "--tls"],
    ["--ssl-cert", "--tls-cert"],
    ["--no-request-logging", "--log none"],
    ["--upload", "--post upload"],
    ["--cors-origin=https://a.example", "--cors=ORIGIN"],
    ["--single-page", "--single"],
    ["--client_max_body_size=8M", "--max-body or --max-upload"],
    ["--outDir", "a folder without an option"],
  ])("that other servers have is told as it is written here: %s is %s", (word, meant) => {
    expect(unknownOption(word)).toBe(`unknown option ${word}: did you mean ${meant}?`);
  });

  test("is told as one that there is, and is none of them itself", () => {
    const known = new Set(optionFlags().map(({ name }) => name));
    for (const word of [
      "--bind",
      "--socket",
      "--no-dirlist",
      "--maxage",
      "--key",
      "--browser",
      "--livereload",
    ]) {
      const [, name = ""] = /did you mean --(?:no-)?([a-z-]+)/.exec(unknownOption(word)) ?? [];
      expect([word, known.has(name)]).toEqual([word, true]);
      expect(readCommandLine([word], {}).ok).toBe(false);
    }
  });
});
