import { describe, expect, test } from "bun:test";

import {
  configHint,
  foreignNames,
  operandHint,
  optionMeant,
  placeHint,
} from "../../../src/cli/options/foreign-words.ts";
import { optionFlags } from "../../../src/cli/options/option-flag.ts";
import { readCommandLine } from "../../../src/cli/options/command-line.ts";

/** Whether `--name` is an option, or the opposite of a switch. */
function isOption(name: string): boolean {
  return optionFlags().some(
    (flag) => name === flag.name || (flag.syntax === "switch" && name === `no-${flag.name}`),
  );
}

describe("options of other servers", () => {
  test.each(foreignNames)("%s is none of postern's, and what it is here is one", (name) => {
    const word = name.length === 1 ? `-${name}` : `--${name}`;
    expect(readCommandLine([word], {}).ok).toBe(false);
    const text = optionMeant(name)?.text ?? "";
    const named = [...text.matchAll(/--([a-z][a-z-]*)/g)].map(([, one = ""]) => one);
    expect(named.filter((one) => !isOption(one))).toEqual([]);
    if (optionMeant(name)?.kind === "remark") expect(text).not.toBe("");
    else expect(text).toMatch(/--|\/docs=FOLDER|a folder without an option/);
  });

  test.each([
    ["strictPort", "strict-port"],
    ["client_max_body_size", "client-max-body-size"],
    ["OUT-DIR", "out-dir"],
    ["http.2", "http2"],
  ])("%s is written as %s, too", (name, other) => {
    expect(optionMeant(name)).toBeDefined();
    expect(optionMeant(name)).toEqual(optionMeant(other));
  });

  test.each(["toString", "constructor", "z", "nothing-like-it", ""])("%p is of none", (name) => {
    expect(optionMeant(name)).toBeUndefined();
  });

  test("differ in their letters by case", () => {
    expect(optionMeant("u")).not.toEqual(optionMeant("U"));
    expect(optionMeant("L")).toEqual({ kind: "written", text: "--log none" });
  });
});

describe("a place to listen in one word", () => {
  test.each([
    ["8000", "--port 8000"],
    ["0", "--port 0"],
    [":8080", "--port 8080"],
    ["*:80", "--port 80"],
    ["localhost", "--host localhost"],
    ["127.0.0.1", "--host 127.0.0.1"],
    ["::", "--host ::"],
    ["::1", "--host ::1"],
    ["[::1]", "--host ::1"],
    ["[::1]:80", "--host ::1 --port 80"],
    ["0.0.0.0:8000", "--host 0.0.0.0 --port 8000"],
    ["http://localhost:8080/", "--host localhost --port 8080"],
    ["tcp://0.0.0.0:5000", "--host 0.0.0.0 --port 5000"],
  ])("%s is %s", (word, meant) => {
    expect(placeHint(word)).toBe(`; did you mean ${meant}?`);
    // What is meant is understood.
    expect(readCommandLine(meant.split(" "), {}).ok).toBe(true);
  });

  test.each(["", "65536", "dist", "a:b", "dist:80", "example.com", "1.2", "1.5", "a::b:c/d", "C:"])(
    "%p is none",
    (word) => {
      expect(placeHint(word)).toBe("");
    },
  );
});

test.each([
  ["10", "; did you mean --cache 10?"],
  ["-1", "; did you mean no --cache?"],
  ["a.json", ""],
  ["", ""],
])("a configuration called %p: %p", (name, hint) => {
  expect(configHint(name)).toBe(hint);
});

describe("operands", () => {
  test.each([
    [["help"], "; did you mean --help?"],
    [["preview"], "; preview is no command: name the folder alone"],
    [["serve", "8000"], "; serve is no command: name the folder alone"],
    [["dist", "8000"], "; did you mean --port 8000?"],
    [["dist", "site"], ""],
    [[], ""],
  ])("%p: %p", (operands, hint) => {
    expect(operandHint(...operands)).toBe(hint);
  });
});
