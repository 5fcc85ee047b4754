import { describe, expect, test } from "bun:test";

import { kindsOf } from "../../../src/site/live/change-kind.ts";

const kinds = (...paths: string[]): readonly string[] => kindsOf({ paths, isAll: false });

describe("what a change means for open pages", () => {
  test("of a style sheet or a picture is that it can be swapped", () => {
    expect(kinds("css/a.css")).toEqual(["style"]);
    expect(kinds("a.png", "b.SVG", "c.webp")).toEqual(["image"]);
    expect(kinds("a.png", "css/a.css", "b.png")).toEqual(["style", "image"]);
  });

  test("of anything else is that pages load again", () => {
    for (const path of ["a.html", "a.js", "font.woff2", "data.json", "a.less", "folder", "css"]) {
      expect(kinds("a.css", path)).toEqual(["page"]);
    }
    expect(kindsOf({ paths: ["a.css"], isAll: true })).toEqual(["page"]);
  });

  test("of a precompressed file is that of the file it stands for", () => {
    expect(kinds("a.css.br", "a.css.gz", "a.css.zst")).toEqual(["style"]);
    expect(kinds("a.tar.gz")).toEqual(["page"]);
  });

  test("of what no page loads is nothing", () => {
    expect(kinds("a.css.map", "a.scss", "a.sass", "a.styl")).toEqual([]);
    expect(kinds("a.scss", "a.css", "a.css.map")).toEqual(["style"]);
    expect(kinds()).toEqual([]);
  });
});
