import { describe, expect, test } from "bun:test";

import { growth } from "../../growth.ts";
import { cacheControl } from "../../../src/site/content/cache-control.ts";
import { buildNames } from "./build-names.ts";

const always = "no-cache";
const forEver = "max-age=31536000, immutable";

describe("Cache-Control (RFC 9111 §5.2.2)", () => {
  test("asks for a look each time, whatever the name is", () => {
    for (const name of ["a.html", "app.3f9ab2c1.js", ""]) {
      expect(cacheControl(name, undefined)).toEqual(["Cache-Control", always]);
    }
  });

  test("says for how long", () => {
    expect(cacheControl("a.html", 0)).toEqual(["Cache-Control", "max-age=0"]);
    expect(cacheControl("", 3600)).toEqual(["Cache-Control", "max-age=3600"]);
  });

  test.each([
    "app.3f9ab2c1.js",
    "app-3f9ab2c1.css",
    "main.0a1b2c3d4e5f60718293.woff2",
    "build-9fceb02d0ae598e95dc970b74767f19372d61af8.tar",
    "a.b.c.deadbee1.mjs",
    "index-5C9DMmlx.js",
    "index-DiwrgTda.js",
    "chunk.W1erjkBN.css",
    "b-DO9lRcIW.js",
    "main.3f9ab2c1.chunk.js",
  ])("%s never changes (RFC 8246 §2)", (name) => {
    expect(cacheControl(name, 60)).toEqual(["Cache-Control", forEver]);
  });

  test.each([
    ["a word", "index.feedface.js"],
    ["a word after a dash", "cafe-defaced.txt"],
    ["a date", "report-20240229.pdf"],
    ["a date with dashes", "report-2024-02-29.pdf"],
    ["a time", "backup.20240229T120000.tar"],
    ["a phone number", "call-0123456789.ogg"],
    ["seven digits, as git shortens", "build-9fceb02.js"],
    ["capitals", "app.3F9AB2C1.js"],
    ["no border before it", "x3f9ab2c1.js"],
    ["nothing but a digest", "3f9ab2c1.js"],
    ["no extension", "app.3f9ab2c1"],
    ["two extensions", "app.3f9ab2c1.js.map"],
    ["a UUID", "photo-550e8400-e29b-41d4-a716-4466554400ab.jpg"],
    ["a UUID alone", "550e8400-e29b-41d4-a716-4466554400ab.jpg"],
    ["more than any digest", `app.${"3f9ab2c1".repeat(9)}.js`],
    ["a version", "jquery-3.7.1.js"],
    ["a version of a minified file", "jquery-3.7.1.min.js"],
    ["a short word", "my-component.js"],
    ["a word of eight letters", "my-settings.js"],
    ["a word of Bun's letters", "my-chapter.js"],
    ["a word and a number", "img-frame001.png"],
    ["a word, a number and a letter", "doc-Figure2B.png"],
    ["a word in capitals", "notes-TEMPLATE.txt"],
    ["one with four consonants", "a-STRENGTH.js"],
    ["one with a number", "x-VERSION2.txt"],
    ["two words", "theme-DarkMode.css"],
    ["words with a number between", "lib-Win32Api.js"],
    ["lower case with a number between", "lib-base64js.js"],
    ["a product", "case-iPhone15.png"],
    ["an acronym", "doc-UserAPIs.js"],
    ["an abbreviation", "page-HtmlPage.js"],
    ["three short words", "lib-OnOffBtn.js"],
    ["a namespace", "trait.OsStrExt.js"],
    ["a size", "wallpaper-1280x720.jpg"],
    ["a month", "photo-May-2024.jpg"],
    ["a quarter", "report-Q3-Final.pdf"],
    ["a draft", "report-v2-Final.pdf"],
    ["a camera's name", "photo-DSC_1234.jpg"],
    ["words before a hyphen", "my-file-v2-.js"],
    ["a date before a hyphen", "log-2024-01-.js"],
    ["a page", "index-5C9DMmlx.html"],
    ["a page with hexadecimal digits", "index.3f9ab2c1.html"],
    ["20 digits that are no letters", "01234567890123456789.js"],
  ])("%s is no digest: %s", (_why, name) => {
    expect(cacheControl(name, 60)).toEqual(["Cache-Control", "max-age=60"]);
  });

  test("knows the names of real builds, but for digests that read as a name or a number", () => {
    const names = Object.values(buildNames).flat();
    expect(names.filter((name) => cacheControl(name, 60)[1] !== forEver)).toEqual([
      "checkout-BydFVTT2.css",
      "page54-DP_tv7PH.css",
      "page88-D-740Z0A.js",
      "page93-DunjaAA2.js",
      "7702.65172355.css",
      "chunk.effpap89.js",
    ]);
    expect(names).toHaveLength(320);
  });

  test("is found out in time for any name", () => {
    const power = growth(
      (count) => "a.".repeat(count) + "0a".repeat(count),
      (name) => void cacheControl(name, 60),
      16,
    );
    expect(power).toBeLessThan(1.5);
  });
});
