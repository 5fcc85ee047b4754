import { describe, expect, test } from "bun:test";

import { hrefFrom, notePre, renderErrorPage } from "../../../src/site/pages/error-markup.ts";

const base = { status: 404, phrase: "Not Found", text: "There is nothing here." } as const;

describe("an error page", () => {
  test("has its status, its phrase and its sentence, and no more", () => {
    const page = renderErrorPage(base);
    expect(page).toStartWith("<!doctype html>\n");
    expect(page).toContain("<title>404 Not Found</title>");
    expect(page).toContain("<h1>Not Found</h1>");
    expect(page).toContain("<p>There is nothing here.</p>");
    expect(page).not.toMatch(/<(?:pre|ul|nav|code|footer)/);
  });

  test("escapes all that it is given", () => {
    const link = { path: "/<i>/", href: './"x' };
    const page = renderErrorPage({
      ...base,
      asked: "/<b>&",
      reason: "<r>",
      command: "chmod <c>",
      section: "<s>",
      near: [link],
      up: link,
      home: "./<",
    });
    for (const text of ["/&lt;b&gt;&amp;", "&lt;r&gt;", "chmod &lt;c&gt;", "&lt;s&gt;", "./&lt;"]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('<a href="./&quot;x">/&lt;i&gt;/</a>');
    expect(page).toContain('<a href="./&quot;x">Up to /&lt;i&gt;/</a>');
    expect(page).not.toMatch(/<(?:b>&|i>|r>|c>|s>)/);
  });

  test("shows no character that turns the direction of text", () => {
    const shown = renderErrorPage({ ...base, asked: "/\u202egpj.exe" });
    expect(shown).not.toContain("\u202e");
    expect(shown).toContain("\\u{202e}gpj.exe");
  });

  test("refers to nothing, and is small", () => {
    const page = renderErrorPage({ ...base, asked: "/a", home: "./", reason: "x" });
    expect(page).not.toMatch(/<(?:script|link|img|iframe)|url\(|@import|https?:/i);
    expect(page.length).toBeLessThan(2000);
  });
});

test("the note for the tree's own page is escaped, too", () => {
  expect(notePre(["<x>", "y"])).toBe('<pre role="note">&lt;x&gt;\ny</pre>\n');
  expect(notePre([], [{ path: "/<x>", href: "./%3Cx%3E" }])).toBe(
    '<pre role="note">similar: <a href="./%3Cx%3E">/&lt;x&gt;</a></pre>\n',
  );
});

describe("a link from a page", () => {
  test.each([
    ["/", [], "./"],
    ["/absent.txt", [], "./"],
    ["/docs/absent.txt", [], "../"],
    ["/docs/absent/", [], "../../"],
    ["/docs/absent.txt", ["docs"], "../docs/"],
    ["/a/b/c", ["a"], "../../a/"],
    ["/a/b", ["100% #1?"], "../100%25%20%231%3F/"],
    ["//x", [], "../"],
  ])("at %s to %j is %s", (rawPath, names, href) => {
    expect(hrefFrom(rawPath, names, true)).toBe(href);
    // The same as a browser resolves it, and behind a proxy that takes off a prefix.
    for (const prefix of ["", "/prefix"]) {
      const page = `http://a${prefix}${rawPath}`;
      const path = names.map((name) => `${encodeURIComponent(name)}/`).join("");
      const resolved = new URL(hrefFrom(rawPath, names, true), page).pathname;
      expect([page, resolved]).toEqual([page, `${prefix}/${path}`]);
    }
  });

  test("to a file has no slash at its end", () => {
    expect(hrefFrom("/docs/a", ["docs", "a b.txt"], false)).toBe("../docs/a%20b.txt");
  });

  test("from very deep down begins at the root", () => {
    expect(hrefFrom("/a".repeat(100), [], true)).toBe("/");
  });
});
