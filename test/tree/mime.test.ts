import { describe, expect, test } from "bun:test";
import mime from "mime";
import otherTypes from "mime/types/other.js";
import standardTypes from "mime/types/standard.js";
import { mediaTypeOf } from "../../src/tree/mime.ts";

/** Types that are text, though neither their name nor its suffix says so. */
const textual = (
  "ecmascript javascript json json5 node sql toml x-httpd-php x-latex x-ndjson x-perl x-sh " +
  "x-subrip x-tcl x-tex xml xml-dtd yaml"
)
  .split(" ")
  .map((name) => `application/${name}`);

describe("media type of a name (RFC 9110 §8.3)", () => {
  test.each([
    ["index.html", "text/html; charset=utf-8"],
    ["INDEX.HTML", "text/html; charset=utf-8"],
    ["a.css", "text/css; charset=utf-8"],
    ["a.js", "text/javascript; charset=utf-8"],
    ["a.mjs", "text/javascript; charset=utf-8"],
    ["a.txt", "text/plain; charset=utf-8"],
    ["a.md", "text/markdown; charset=utf-8"],
    ["a.json", "application/json; charset=utf-8"],
    ["a.js.map", "application/json; charset=utf-8"],
    ["a.jsonld", "application/ld+json; charset=utf-8"],
    ["a.webmanifest", "application/manifest+json; charset=utf-8"],
    ["a.xml", "application/xml; charset=utf-8"],
    ["a.atom", "application/atom+xml; charset=utf-8"],
    ["a.xhtml", "application/xhtml+xml; charset=utf-8"],
    ["a.svg", "image/svg+xml; charset=utf-8"],
    ["a.png", "image/png"],
    ["a.pdf", "application/pdf"],
    ["a.wasm", "application/wasm"],
    ["a.woff2", "font/woff2"],
    ["a.tar.gz", "application/gzip"],
    ["a b.c.PNG", "image/png"],
    ["a.dart", "application/vnd.dart"],
    ["a.flv", "video/x-flv"],
    ["a.tex", "application/x-tex; charset=utf-8"],
  ])("%p is %p", (name, type) => {
    expect(mediaTypeOf(name)).toBe(type);
    expect(mediaTypeOf(name)).toBe(type);
  });

  test.each(["Makefile", "", ".", "..", "a.", ".json", ".html", "json", "a.nothing", "a.html~"])(
    "%p says nothing of its content",
    (name) => {
      expect(mediaTypeOf(name)).toBeUndefined();
    },
  );

  test("is the package's, also where it isn't asked", () => {
    const tables: readonly Readonly<Record<string, string[]>>[] = [standardTypes, otherTypes];
    const extensions = tables
      .flatMap((table) => Object.values(table).flat())
      .filter((name) => !name.startsWith("*"));
    expect(extensions.length).toBeGreaterThan(1000);
    for (const extension of extensions) {
      const [type, charset] = mediaTypeOf(`a.${extension}`)?.split("; ") ?? [null];
      expect([extension, type]).toEqual([extension, mime.getType(extension)]);
      const isText = /^text\/|\+(json|xml)$/.test(type ?? "") || textual.includes(type ?? "");
      expect([extension, charset]).toEqual([extension, isText ? "charset=utf-8" : undefined]);
    }
  });

  test("any number of extensions is answered, and what is known stays known", () => {
    for (let i = 0; i < 5000; i++) expect(mediaTypeOf(`a.no-${i}`)).toBeUndefined();
    expect(mediaTypeOf(`a.${"x".repeat(300)}`)).toBeUndefined();
    expect(mediaTypeOf("a.gif")).toBe("image/gif");
    for (const name of ["a.__proto__", "a.constructor", "a.toString"]) {
      expect(mediaTypeOf(name)).toBeUndefined();
    }
  });
});
