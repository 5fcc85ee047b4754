import { describe, expect, test } from "bun:test";

import { nameLength } from "../../../src/base/file-name.ts";
import {
  cleanName,
  isShortName,
  nameFault,
  numberedName,
  OwnNames,
} from "../../../src/site/uploads/upload-names.ts";

describe("a name is refused", () => {
  test.each([
    ".htaccess",
    "..",
    "a\nb",
    "a\u0000",
    "a\u202eb",
    "a.",
    "a ",
    "CON",
    "con.txt",
    "lpt1",
  ])("%j", (name) => expect(nameFault(name)).toBeString());

  test.each(["a", "a.txt", "a b", "ü", "u\u0308", "\udcff", "console.log", "a..b", "a\\b"])(
    "%j is not",
    (name) => expect(nameFault(name)).toBeUndefined(),
  );
});

describe("the name of a form's file", () => {
  test.each([
    ["a.txt", "a.txt"],
    ["dir/a.txt", "a.txt"],
    ["../../etc/passwd", "passwd"],
    ["C:\\fakepath\\a.txt", "a.txt"],
    ["..", "upload"],
    ["", "upload"],
    ["a/", "upload"],
    ["...", "upload"],
    [".htaccess", "htaccess"],
    ["..a", "a"],
    ["a\u0000b\nc", "a_b_c"],
    ["a\u202etxt.exe", "a_txt.exe"],
    ["a.txt...", "a.txt"],
    [" a b. . ", "a b"],
    ["CON", "_CON"],
    ["nul.txt", "_nul.txt"],
    ["u\u0308.txt", "ü.txt"],
    ["ü.txt", "ü.txt"],
    ["a%2fb", "a%2fb"],
    ["\udcff.txt", "\udcff.txt"],
  ])("%j becomes %j", (given, name) => {
    expect(cleanName(given)).toBe(name);
    expect(nameFault(name)).toBeUndefined();
  });

  test("is shortened, and keeps its extension", () => {
    for (const letter of ["a", "ü", "🙂", "\udcff"]) {
      const name = cleanName(`${letter.repeat(300)}.tar.gz`);
      expect(name).toEndWith(".tar.gz");
      expect(nameLength(name)).toBeLessThanOrEqual(240);
      expect(nameLength(name)).toBeGreaterThan(230);
      expect(isShortName(numberedName(name, 10_000))).toBe(true);
    }
    expect(nameLength(cleanName(`a.${"b".repeat(300)}`))).toBe(240);
  });

  test("gets a number before its extension", () => {
    expect(numberedName("a.txt", 1)).toBe("a.txt");
    expect(numberedName("a.txt", 2)).toBe("a (2).txt");
    expect(numberedName("a.tar.gz", 3)).toBe("a (3).tar.gz");
    expect(numberedName("a", 2)).toBe("a (2)");
    expect(numberedName("a.b", 10)).toBe("a (10).b");
  });
});

const none = (): boolean => false;
const exists = (name: string): boolean => ["app.js", "b.css.br"].includes(name);

describe("a name of the site", () => {
  const own = new OwnNames("index.html", "MyForm.html");

  test.each([
    "index.html",
    "INDEX.HTML",
    "MyForm.html",
    "403.html",
    "404.html",
    "postern.config.ts",
    "postern.config.json",
  ])("is %s", (name) => expect(own.meaningOf(name, none)).toBe("a page of the site"));

  test("is the coded form of a file, and a file that has one", () => {
    for (const suffix of [".gz", ".br", ".zst", ".GZ"]) {
      expect(own.meaningOf(`app.js${suffix}`, exists)).toContain("coded form");
      expect(own.meaningOf(`other.js${suffix}`, exists)).toBeUndefined();
    }
    expect(own.meaningOf("b.css", exists)).toContain("coded form");
    expect(own.meaningOf("c.css", exists)).toBeUndefined();
  });

  test("is no index where there is none", () => {
    expect(new OwnNames("", "MyForm.html").meaningOf("index.html", none)).toBeUndefined();
  });
});
