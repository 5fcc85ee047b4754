import { describe, expect, test } from "bun:test";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { readReferences } from "../../../src/site/hints/page-references.ts";

/** The references of a page with this markup, as links. */
function linksIn(markup: string): readonly string[] {
  const { references } = readReferences(utf8Bytes(markup));
  return references.map(({ url, parameters }) => `<${url}>; ${parameters}`);
}

/** The URLs of its references. */
function urlsIn(markup: string): readonly string[] {
  return readReferences(utf8Bytes(markup)).references.map(({ url }) => url);
}

describe("what a page refers to (RFC 8288 §3, HTML §4.6.7)", () => {
  test.each<readonly [markup: string, link: string]>([
    ['<link rel="stylesheet" href="/a.css">', "</a.css>; rel=preload; as=style"],
    ["<LINK HREF=/a.css REL='x StyleSheet'>", "</a.css>; rel=preload; as=style"],
    ['<link rel=stylesheet href=/a.css media="screen">', "</a.css>; rel=preload; as=style"],
    ['<link rel=stylesheet href=/a.css type="text/css">', "</a.css>; rel=preload; as=style"],
    ["<link rel=preload href=/a.css as=style>", "</a.css>; rel=preload; as=style"],
    ["<link rel=preload href=/a.js as=Script>", "</a.js>; rel=preload; as=script"],
    ["<link rel=preload href=/a.woff2 as=font>", "</a.woff2>; rel=preload; as=font; crossorigin"],
    ["<link rel=modulepreload href=/a.js>", "</a.js>; rel=modulepreload"],
    ["<script src=/a.js></script>", "</a.js>; rel=preload; as=script"],
    ["<script defer src=/a.js></script>", "</a.js>; rel=preload; as=script"],
    ["<script type=module src=/a.js></script>", "</a.js>; rel=modulepreload"],
    ["<script crossorigin src=/a.js></script>", "</a.js>; rel=preload; as=script; crossorigin"],
    [
      "<script crossorigin=use-credentials src=/a.js></script>",
      "</a.js>; rel=preload; as=script; crossorigin=use-credentials",
    ],
    ["<template></template><script src=/a.js></script>", "</a.js>; rel=preload; as=script"],
  ])("%s", (markup, link) => {
    expect(linksIn(markup)).toEqual([link]);
  });

  test.each([
    "<!-- <link rel=stylesheet href=/a.css> -->",
    "<title><link rel=stylesheet href=/a.css></title>",
    '<script>"<link rel=stylesheet href=/a.css>"</script>',
    "<noscript><link rel=stylesheet href=/a.css></noscript>",
    "<template><link rel=stylesheet href=/a.css><script src=/a.js></script></template>",
    "<p title='<link rel=stylesheet href=/a.css>'>",
    "<link rel=stylesheet>",
    "<link rel=stylesheet href=''>",
    "<link rel='alternate stylesheet' href=/a.css>",
    "<link rel=stylesheet href=/a.css disabled>",
    "<link rel=stylesheet href=/a.css media=print>",
    "<link rel=stylesheet href=/a.less type=text/less>",
    "<link rel=stylesheet href=/a.css integrity=sha384-a>",
    "<link rel=icon href=/a.png>",
    "<link rel=preload href=/a.png as=image>",
    "<link rel=preload href=/a>",
    "<link rel=modulepreload href=/a.json as=json>",
    "<script nomodule src=/a.js></script>",
    "<script type=text/template src=/a.js></script>",
    "<script integrity=sha384-a src=/a.js></script>",
    "<script></script>",
    "<link rel=stylesheet href=/a.css",
    "",
  ])("and no reference is in %j", (markup) => {
    expect(linksIn(markup)).toEqual([]);
  });

  test("is told in its order, and twice if it is there twice", () => {
    const markup = ["a", "b", "a"].map((name) => `<script src=${name}.js></script>`).join("");
    expect(urlsIn(markup)).toEqual(["a.js", "b.js", "a.js"]);
  });

  test("is told of the first 32", () => {
    const many = Array.from({ length: 40 }, (_, i) => `<script src=${i}.js></script>`);
    expect(urlsIn(many.join(""))).toEqual(Array.from({ length: 32 }, (_, i) => `${i}.js`));
  });
});

describe("a URL in a page", () => {
  test.each([
    ["a b.js", "a b.js"],
    [" a.js ", "a.js"],
    ["a.js?v=1&amp;w=2", "a.js?v=1&w=2"],
    ["a.js?v=1&w=2", "a.js?v=1&w=2"],
    ["//cdn.example/a.js", "//cdn.example/a.js"],
    ["x".repeat(512), "x".repeat(512)],
  ])("is as it is spelled, %j is %j", (spelled, url) => {
    expect(urlsIn(`<script src="${spelled}"></script>`)).toEqual([url]);
  });

  test.each(["", " ", "a.js?x&#62;", "a.js?x&lt;b", "x".repeat(513)])(
    "is left out when it is %j",
    (spelled) => {
      expect(urlsIn(`<script src="${spelled}"></script>`)).toEqual([]);
    },
  );
});

describe("what references are relative to (HTML §4.2.3)", () => {
  test.each([
    ["<base href=/base/>", "/base/"],
    ["<base href=one/><base href=/two/>", "one/"],
    ["<base target=_top>", undefined],
    ["<template><base href=/no/></template>", undefined],
    ["<p>", undefined],
  ])("%s", (markup, base) => {
    expect(readReferences(utf8Bytes(markup)).base).toBe(base);
  });
});
