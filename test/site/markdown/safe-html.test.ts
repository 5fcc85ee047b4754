import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { markdownHtml } from "../../../src/site/markdown/markdown.ts";
import { safeHtml } from "../../../src/site/markdown/safe-html.ts";

const safe = (html: string): string => safeHtml(html, "p-");

/** What may be in a page: tags and their attributes. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    "p blockquote pre code ul li table thead tbody tr strong em del br hr h1"
      .split(" ")
      .map((name) => [name, []]),
  ),
  ...Object.fromEntries(["h2", "h3", "h4", "h5", "h6"].map((name) => [name, ["id"]])),
  ol: ["start"],
  th: ["align"],
  td: ["align"],
  a: ["href", "title", "rel"],
  img: ["src", "alt", "title", "loading"],
};

const home = "http://home.example/folder/";

/** What a parser of HTML finds in `html` that is not allowed. */
function faultsOf(html: string): string[] {
  const faults: string[] = [];
  new HTMLRewriter()
    .on("*", {
      element({ tagName, attributes }) {
        for (const [name, value] of attributes) {
          if (allowed[tagName]?.includes(name) !== true) faults.push(`<${tagName} ${name}>`);
          const text = value.replaceAll("&amp;", "&").replaceAll("&#39;", "'");
          const url = name === "href" || name === "src" ? URL.parse(text, home) : undefined;
          if (name === "href" && url && !/^(?:https?|mailto):$/.test(url.protocol)) {
            faults.push(`href=${value}`);
          }
          if (name === "src" && url?.origin !== new URL(home).origin) faults.push(`src=${value}`);
          if (name === "id" && !value.startsWith("p-")) faults.push(`id=${value}`);
        }
        if (!(tagName in allowed)) faults.push(`<${tagName}>`);
      },
      comments() {
        faults.push("a comment");
      },
    })
    .transform(html);
  return faults;
}

/** Whether the tags of `html` are closed in the order in which they were opened. */
function isBalanced(html: string): boolean {
  const open: string[] = [];
  for (const [, slash, name = ""] of html.matchAll(/<(\/?)([a-z0-9]+)/g)) {
    if (slash === "" && !["br", "hr", "img"].includes(name)) open.push(name);
    if (slash === "/" && open.pop() !== name) return false;
  }
  return open.length === 0;
}

describe("what is allowed", () => {
  test("the tags of Markdown stay, a level lower where they are headings", () => {
    expect(safe('<h1 id="a-b">A</h1>\n<p><strong>b</strong><br />\n<em>c</em></p>')).toBe(
      '<h2 id="p-a-b">A</h2>\n<p><strong>b</strong><br>\n<em>c</em></p>',
    );
    expect(safe("<h6>x</h6>")).toBe("<h6>x</h6>");
  });

  test.each([
    ["x.md#y", 'href="x.md#y"'],
    ["../a b/", 'href="../a b/"'],
    ["?q=1&amp;r=2", 'href="?q=1&amp;r=2"'],
    ["#part", 'href="#p-part"'],
    ["https://a.example/", 'href="https://a.example/" rel="nofollow noopener noreferrer"'],
    ["//a.example/", 'href="//a.example/" rel="nofollow noopener noreferrer"'],
    ["MAILTO:a@b.example", 'href="MAILTO:a@b.example" rel="nofollow noopener noreferrer"'],
    ["a:b/c".slice(1), 'href=":b/c"'],
  ])("a link to %s", (href, attributes) => {
    expect(safe(`<a href="${href}">x</a>`)).toBe(`<a ${attributes}>x</a>`);
  });

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001 javascript:alert(1)",
    "\u001fjavascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>",
    "blob:http://home.example/1",
    "file:///etc/passwd",
    "ftp://a/",
    "view-source:http://a/",
    "filesystem:http://a/",
    "x-custom+a.b-c:d",
  ])("no link to %j, whose text stays", (href) => {
    const written = href.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    expect(safe(`<p><a href="${written}">text</a></p>`)).toBe("<p>text</p>");
    expect(safe(`<img src="${written}" alt="text" />`)).toBe("text");
  });

  test("an entity that isn't the parser's is not one in the page either", () => {
    expect(safe('<a href="&#106;avascript:alert(1)">x</a>')).toBe(
      '<a href="&amp;#106;avascript:alert(1)">x</a>',
    );
    expect(safe('<a href="javascript&colon;alert(1)">x</a>')).toBe(
      '<a href="javascript&amp;colon;alert(1)">x</a>',
    );
  });

  test("pictures of this server are loaded, those of others are links", () => {
    expect(safe('<img src="a.png" alt="A &lt;b&gt;" title="t" />')).toBe(
      '<img src="a.png" alt="A &lt;b&gt;" title="t" loading="lazy">',
    );
    const link = '<a href="http://o.example/b.png" rel="nofollow noopener noreferrer">B</a>';
    expect(safe('<img src="http://o.example/b.png" alt="B" />')).toBe(link);
    expect(safe('<img src="\\\\o.example\\b.png" alt="B" />')).toContain(">B</a>");
    expect(safe('<a href="c"><img src="http://o.example/b.png" alt="B" /></a>')).toBe(
      '<a href="c">B</a>',
    );
  });

  test("tasks are signs, and no fields that have no label", () => {
    const box = '<input type="checkbox" class="x" disabled checked>';
    expect(safe(`<ul><li class="task">${box}a</li></ul>`)).toBe("<ul><li>&#9745; a</li></ul>");
    expect(safe('<input type="checkbox" disabled>b')).toBe("&#9744; b");
  });

  test("addresses in angle brackets are links, but not in code or links", () => {
    expect(safe("<p>&lt;https://a.example/?x&amp;y&gt; &lt;a@b.example&gt; &lt;b&gt;</p>")).toBe(
      '<p><a href="https://a.example/?x&amp;y" rel="nofollow noopener noreferrer">' +
        "https://a.example/?x&amp;y</a> " +
        '<a href="mailto:a@b.example" rel="nofollow noopener noreferrer">a@b.example</a> ' +
        "&lt;b&gt;</p>",
    );
    for (const html of ["<code>&lt;http://a&gt;</code>", '<a href="b">&lt;http://a&gt;</a>']) {
      expect(safe(html)).toBe(html);
    }
  });
});

describe("what isn't allowed", () => {
  test.each([
    ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
    ["<svg onload=x>", "&lt;svg onload=x&gt;"],
    ["<!-- c -->", "&lt;!-- c --&gt;"],
    ["<p onclick=x>", "&lt;p onclick=x&gt;"],
    ["<P>", "&lt;P&gt;"],
    ["a < b", "a &lt; b"],
    ["a > b", "a &gt; b"],
    ["<", "&lt;"],
    ["<p", "&lt;p"],
    ["</main>", "&lt;/main&gt;"],
    ["<p></em></p>", "<p>&lt;/em&gt;</p>"],
    ["<<p>x", "&lt;<p>x</p>"],
  ])("%s is text", (html, shown) => {
    expect(safe(html)).toBe(shown);
    expect(faultsOf(safe(html))).toEqual([]);
  });

  test.each([
    ['<p onclick="alert(1)">x</p>', "<p>x</p>"],
    ['<h1 style="position:fixed">x</h1>', "<h2>x</h2>"],
    ['<ol start="1e9">x</ol>', "<ol>x</ol>"],
    ['<td align="left;x">x</td>', "<td>x</td>"],
    ['<code class="language-js">x</code>', "<code>x</code>"],
    ['<a name="filter">x</a>', '<a href="">x</a>'],
  ])("%s loses its attribute", (html, shown) => {
    expect(safe(html)).toBe(shown);
  });

  test("what is left open is closed, and tags are nested a hundred deep at most", () => {
    expect(safe("<ul><li><p>x")).toBe("<ul><li><p>x</p></li></ul>");
    const html = safe(`${"<blockquote>".repeat(5000)}x${"</blockquote>".repeat(5000)}y`);
    expect(html).toBe(`${"<blockquote>".repeat(100)}x${"</blockquote>".repeat(100)}y`);
  });

  test("links are not in links", () => {
    expect(safe('<a href="a">x<a href="b">y</a>z</a>')).toBe('<a href="a">xyz</a>');
  });
});

/** Pieces that hostile Markdown is made of. */
const pieces = fc.constantFrom(
  ..."[ ] ( ) < > ! * _ ` ~ # | - + : \\ / & ; ' \" = . @ \n \t \u0000 \u00a0 \u200b".split(" "),
  " ",
  "\n\n",
  "    ",
  "> ",
  "- [x] ",
  "1. ",
  "```\n",
  "|-|\n",
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<a href='javascript:alert(1)'>",
  "</article>",
  "<!--",
  "-->",
  "<![CDATA[",
  "<?php",
  "javascript:alert(1)",
  "JAVASCRIPT:",
  "java&Tab;script:",
  "javascript&colon;",
  "&#106;",
  "&#x6A;avascript:",
  "&lt;",
  "data:text/html,x",
  "http://o.example/",
  "//o.example",
  "[a]: javascript:alert(1)\n",
  "[a]",
  "![x](",
  "](javascript:x)",
  "<javascript:x>",
  "<http://a.example/\"onclick='x'>",
  "www.a.example",
  "word",
);

describe("hostile text", () => {
  test("leaves nothing that isn't allowed, by a parser of HTML and one of URLs", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const html = markdownHtml(parts.join(""), "p-") ?? "";
        expect(faultsOf(html)).toEqual([]);
        expect(isBalanced(html)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("nor does what no parser of Markdown would write", () => {
    const marks = fc.constantFrom(
      ..."< > </ /> \" ' = & ; a p h1 code img href src id title javascript: http:// on".split(" "),
      " ",
      ' href="',
      '<a href="',
      "<img",
      "</a>",
      "&quot;",
    );
    fc.assert(
      fc.property(fc.array(marks, { maxLength: 40 }), (parts) => {
        const html = safe(parts.join(""));
        expect(faultsOf(html)).toEqual([]);
        expect(isBalanced(html)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("an oracle that finds nothing would be worth nothing", () => {
    expect(faultsOf('<a href="java\tscript:x">')).toHaveLength(1);
    expect(faultsOf('<p onclick="x"><script></script><img src="//o/x">')).toHaveLength(3);
    expect(faultsOf('<h2 id="filter"></h2>')).toHaveLength(1);
  });
});
