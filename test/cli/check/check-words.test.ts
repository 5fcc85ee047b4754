import { describe, expect, test } from "bun:test";

import { needWords } from "../../../src/check/script/need.ts";
import { checkHelp, readCheckWords } from "../../../src/cli/check/check-words.ts";

describe("the words after check", () => {
  test("say what to play, how, and what comes out", () => {
    const words =
      "fixtures/wire --against a:80 --against b:80 --tree /t --filter range --section 9112-6 " +
      "--strength must --strength should --jobs 4 --timeout 500ms --no-replay --bail --seed 7 " +
      "--profile http10 --with post-form --with listing --failures --json --github --html r.html --junit r.xml --list --watch";
    expect(readCheckWords(words.split(" "))).toEqual({
      paths: ["fixtures/wire"],
      against: ["a:80", "b:80"],
      tree: "/t",
      filter: "range",
      sections: ["9112-6"],
      strengths: ["must", "should"],
      profile: "http10",
      with: ["post-form", "listing"],
      jobs: 4,
      responseMs: 500,
      replay: false,
      bail: true,
      seed: 7,
      failuresOnly: true,
      json: true,
      github: true,
      html: "r.html",
      junit: "r.xml",
      list: true,
      watch: true,
    });
  });

  test("name clients, each with a command in one word, or one in words of its own", () => {
    const client = "curl=curl -sS {url}";
    expect(readCheckWords(["s", "--client", client, "--client", "b"])).toMatchObject({
      paths: ["s"],
      clients: [client, "b"],
    });
    const words = ["s", "--json", "--", "curl", "--json", "{url}"];
    expect(readCheckWords(words)).toMatchObject({
      json: true,
      clientWords: ["curl", "--json", "{url}"],
    });
  });

  test.each([
    ["s --", "-- needs a command after it"],
    ["", "check needs a script, or a folder of them"],
    ["s --jobs 0", "--jobs: expected a number from 1 to 256, not 0"],
    ["s --jobs", "--jobs needs a value"],
    ["s --seed x", "--seed: expected a number from 0 to 4294967295, not x"],
    ["s --timeout 5x", "--timeout: expected a time such as 2s or 500ms, not 5x"],
    ["s --timeout 25h", "--timeout: expected a time such as 2s or 500ms, not 25h"],
    ["s --timeout 0s", "--timeout: expected a time such as 2s or 500ms, not 0s"],
    ["s --strength musts", "--strength: expected must, should or may, not musts"],
    ["s --profile nginx", "--profile: expected one of static, http10, proxy, not nginx"],
    ["s --with php", expect.stringContaining("--with: expected all or one of content-codings, ")],
    ["s --json --tap", "--json and --tap are two forms of one report"],
    ["s --fliter x", "unknown option --fliter: did you mean --filter?"],
    ["s --toString", "unknown option --toString; check --help lists them"],
  ])("%p are refused", (words, message) => {
    expect(readCheckWords(words === "" ? [] : words.split(" "))).toEqual(message);
  });

  test("may have a value behind =", () => {
    expect(readCheckWords(["s", "--jobs=4", "--filter=a=b", "--html="])).toMatchObject({
      jobs: 4,
      filter: "a=b",
      html: "",
    });
    expect(readCheckWords(["s", "--bail=1"])).toBe("--bail takes no value");
    expect(readCheckWords(["s", "--fliter=x"])).toBe(
      "unknown option --fliter: did you mean --filter?",
    );
  });

  test("say that a server has everything that scripts need", () => {
    expect(readCheckWords(["s", "--with", "all"])).toMatchObject({ with: [...needWords] });
  });

  test("are all in the help", () => {
    for (const name of [
      "--bail",
      "--profile NAME",
      "--with WORD",
      "--junit FILE",
      "--seed N",
      "--watch",
      "--failures",
      "--client COMMAND",
    ]) {
      expect(checkHelp()).toContain(name);
    }
  });
});
