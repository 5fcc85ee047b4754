import { describe, expect, test } from "bun:test";
import mime from "mime";
import otherTypes from "mime/types/other.js";
import standardTypes from "mime/types/standard.js";
import { isTextType, looksLikeSource, mayBeSource, mediaTypeOf } from "../../src/tree/mime.ts";

/** Types that are text, though neither their name nor its suffix says so. */
const textual = "json n-quads n-triples trig x-ndjson xml"
  .split(" ")
  .map((name) => `application/${name}`);

/** Extensions of languages whose type in the package is one of application/. */
const plain = (
  "cwl exp hjson json5 raml rnc siv sieve rq sql gram toml dtd yang dart csh php latex pl pm sh " +
  "shar srt tcl tk tex texinfo texi src"
).split(" ");

/** The type of `extension` that the rules make of the package's. */
function ruledType(extension: string): string | null {
  if (["cjs", "ecma"].includes(extension)) return "text/javascript";
  return plain.includes(extension) ? "text/plain" : mime.getType(extension);
}

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
    ["a.cjs", "text/javascript; charset=utf-8"],
    ["a.ecma", "text/javascript; charset=utf-8"],
    ["a.dart", "text/plain; charset=utf-8"],
    ["a.flv", "video/x-flv"],
    ["a.tex", "text/plain; charset=utf-8"],
    ["a.toml", "text/plain; charset=utf-8"],
    ["a.c", "text/x-c; charset=utf-8"],
    ["a.jsx", "text/jsx; charset=utf-8"],
    ["a.yaml", "text/yaml; charset=utf-8"],
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

  test("is the package's after the rules, also where it isn't asked", () => {
    const tables: readonly Readonly<Record<string, string[]>>[] = [standardTypes, otherTypes];
    const extensions = tables
      .flatMap((table) => Object.values(table).flat())
      .filter((name) => !name.startsWith("*"));
    expect(extensions.length).toBeGreaterThan(1000);
    for (const extension of extensions) {
      const [type, charset] = mediaTypeOf(`a.${extension}`)?.split("; ") ?? [null];
      expect([extension, type]).toEqual([extension, ruledType(extension)]);
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

describe("a format whose extension source code may have", () => {
  test.each(
    "rs ts mts m2t scm org st sc pml bat vhd vcd pub key dot ac scd fst pot ma tpl jam sls".split(
      " ",
    ),
  )(".%s depends on the file", (extension) => {
    expect(mayBeSource(mediaTypeOf(`a.${extension}`) ?? "")).toBe(true);
  });

  test.each(
    (
      "html css js json map svg xml xhtml ipynb webmanifest png jpg mp4 mp3 woff2 pdf wasm zip gz bin " +
      "m3u m3u8 pac torrent pem crt p7b ris qfx run c py go jsx yaml md txt sh sql"
    ).split(" "),
  )(".%s doesn't", (extension) => {
    expect(mayBeSource(mediaTypeOf(`a.${extension}`) ?? "")).toBe(false);
  });

  test.each([
    ["let a = 1;", true],
    ["", true],
    ["(define a 1)", true],
    ["<?xml version='1.0'?>", false],
    ["\n\t <a/>", false],
    ["\xef\xbb\xbf<a/>", false],
    ["\xff\xfe<\0a\0", false],
    ["\xfe\xff\0<\0a", false],
    ['{"a": 1}', false],
  ])("%j is source: %p", (beginning, wanted) => {
    expect(looksLikeSource(beginning)).toBe(wanted);
  });
});

test("types of text, with a charset and without", () => {
  const text = ["text/html", "image/svg+xml; charset=utf-8", "application/json", "a/b+json"];
  const other = ["image/png", "application/pdf", "application/octet-stream", "a/b; x=+json"];
  expect(text.filter(isTextType)).toEqual(text);
  expect(other.filter(isTextType)).toEqual([]);
});
