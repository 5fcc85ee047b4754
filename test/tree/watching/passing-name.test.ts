import { describe, expect, test } from "bun:test";

import { isPassing } from "../../../src/tree/watching/passing-name.ts";

describe("a name that comes and goes with saving", () => {
  test.each([
    "a/page.html~",
    "a/.page.html.swp",
    "page.swp",
    "a/.page.html.swx",
    "a/4913",
    "5036",
    "#page.html#",
    ".#page.html",
    "page.html___jb_tmp___",
    "page.html___jb_old___",
    ".goutputstream-AB12CD",
    "sedAbC123",
    "~$letter.docx",
    "a.tmp",
    "video.mp4.part",
    ".DS_Store",
    "page.html.bak",
  ])("%s concerns no page, even where dot names are served", (path) => {
    expect(isPassing(path, true)).toBe(true);
    expect(isPassing(path, false)).toBe(true);
  });

  test.each([".git/index", "a/.git", ".hg/store", ".svn/entries"])("nor does %s", (path) => {
    expect(isPassing(path, true)).toBe(true);
  });

  test.each([".env", "a/.b/c.html", ".postern/x", "a/.well-known/x"])(
    "%s concerns pages only where dot names are served",
    (path) => {
      expect(isPassing(path, false)).toBe(true);
      expect(isPassing(path, true)).toBe(false);
    },
  );

  test.each(["page.html", "49130", "a4913", "sedan.html", "swp", "a.sws.css", ".well-known/x"])(
    "%s concerns pages",
    (path) => {
      expect(isPassing(path, false)).toBe(false);
    },
  );
});
