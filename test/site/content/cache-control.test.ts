import { describe, expect, test } from "bun:test";

import { cacheControl } from "../../../src/site/content/cache-control.ts";

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
    ["a digest of another alphabet", "index-DiwrgTda.js"],
    ["capitals", "app.3F9AB2C1.js"],
    ["no border before it", "x3f9ab2c1.js"],
    ["nothing but a digest", "3f9ab2c1.js"],
    ["no extension", "app.3f9ab2c1"],
    ["two extensions", "app.3f9ab2c1.js.map"],
    ["a UUID", "photo-550e8400-e29b-41d4-a716-4466554400ab.jpg"],
    ["a UUID alone", "550e8400-e29b-41d4-a716-4466554400ab.jpg"],
    ["more than any digest", `app.${"3f9ab2c1".repeat(9)}.js`],
  ])("%s is no digest: %s", (_why, name) => {
    expect(cacheControl(name, 60)).toEqual(["Cache-Control", "max-age=60"]);
  });

  test("is found out in time for any name", () => {
    const name = "a.".repeat(60) + "0a".repeat(60);
    const startedMs = performance.now();
    for (let i = 0; i < 100; i++) cacheControl(name, 60);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});
