import { describe, expect, test } from "bun:test";

import { markdownHtml } from "../../../src/site/markdown/markdown.ts";

const html = (text: string): string | undefined => markdownHtml(text, "p-");

describe("Markdown", () => {
  test("is rendered with the extensions of GitHub's", () => {
    expect(html("# Über *uns*\n\ntext ~~old~~ www.a.example")).toBe(
      '<h2 id="p-ber-uns">Über <em>uns</em></h2>\n<p>text <del>old</del> ' +
        '<a href="http://www.a.example" rel="nofollow noopener noreferrer">www.a.example</a></p>\n',
    );
    expect(html("|a|b|\n|:-|-:|\n|1|2|\n")).toContain('<td align="right">2</td>');
    expect(html("- [x] a\n- [ ] b\n")).toContain("<li>&#9745; a</li>\n<li>&#9744; b</li>");
    expect(html("3. a\n4. b\n")).toContain('<ol start="3">');
  });

  test("code is plain, whatever its language is called", () => {
    expect(html('```js"><script>\nlet a = "<b>";\n```\n')).toBe(
      "<pre><code>let a = &quot;&lt;b&gt;&quot;;\n</code></pre>\n",
    );
  });

  test("tags in it are text", () => {
    expect(html("<script>alert(1)</script>\n\na <b onclick=x>c</b> <!-- d -->")).toBe(
      "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n" +
        "<p>a &lt;b onclick=x&gt;c&lt;/b&gt; &lt;!-- d --&gt;</p>\n",
    );
  });

  test.each([
    "[a](javascript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x6A;&#x61;vascript&colon;alert(1))",
    "[a][b]\n\n[b]: javascript:alert(1)",
    "[a]\n\n[a]: <data:text/html,x> 'title'",
    "[**a**](vbscript:x)",
    "[![a](javascript:x)](javascript:y)",
    "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
    "<javascript:alert(1)>",
  ])("%j leads nowhere", (text) => {
    expect(html(text)).not.toMatch(/<(?:a|img)/);
  });
});

test("a tab in a scheme is a character of a path, because the parser encodes it", () => {
  for (const text of ["[a](JaVa&Tab;Script:alert(1))", "[a](<java\tscript:alert(1)>)"]) {
    const [, href = ""] = /href="([^"]*)"/.exec(html(text) ?? "") ?? [];
    expect(new URL(href, "http://home.example/").pathname).toMatch(/^\/java%09script:/i);
  }
});

describe("text that is made to be expensive", () => {
  const size = 64 * 1024;
  test.each(["[", ">", "> ", "- ", "*_", "[a](", "![", "<", "`", "|a", "# a\n", "[a]: b\n[a] "])(
    "many times %j is rendered, or refused, and is never much longer",
    (piece) => {
      const text = piece.repeat(size / piece.length);
      const made = html(text);
      if (made !== undefined) expect(made.length).toBeLessThan(2 * (4096 + 16 * text.length));
    },
  );

  test("a megabyte of brackets is that megabyte", () => {
    expect(html("[".repeat(1_000_000))).toBe(`<p>${"[".repeat(1_000_000)}</p>\n`);
  });

  test("text that would be many times longer is refused", () => {
    expect(html(">".repeat(size))).toBeUndefined();
  });
});
