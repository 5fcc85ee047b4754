import { afterAll, describe, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";

import { isServed } from "../../src/tree/served-place.ts";
import { TempSite } from "../temp-site.ts";

const place = new TempSite("empty");
place.file("site/index.html", "home");
place.file("other/a.txt", "a");
symlinkSync("site", place.at("alias"));
afterAll(() => place[Symbol.dispose]());

const folders = [place.at("other"), place.at("site")];

describe("a file or a folder", () => {
  test.each([
    ["site", true],
    ["site/index.html", true],
    ["site/missing", true],
    ["site/missing/further/below", true],
    ["alias/cache", true],
    ["alias/missing/below", true],
    ["other/cache", true],
    ["site/.well-known/cache", true],
    ["site/.cache", false],
    ["site/.cache/below", false],
    ["cache", false],
    ["site-cache/below", false],
    ["", false],
  ])("at %p is served: %p", (at, served) => {
    expect(isServed(place.at(at), folders, false)).toBe(served);
  });

  test("that is hidden is served where hidden ones are", () => {
    expect(isServed(place.at("site/.cache"), folders, true)).toBe(true);
  });

  test("is served by the root of the file system, and by no folder that isn't there", () => {
    expect(isServed(place.at("cache"), ["/"], false)).toBe(true);
    expect(isServed(place.at("missing/cache"), [place.at("missing")], false)).toBe(false);
    expect(isServed(place.at("cache"), [], false)).toBe(false);
  });
});
