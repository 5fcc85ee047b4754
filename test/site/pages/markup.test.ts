import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { beginPage, endPage, escapeHtml, renderPage } from "../../../src/site/pages/markup.ts";

/** The title of the first paragraph in `markup`, as it is spelled there. */
async function titleIn(markup: string): Promise<string | null> {
  let title: string | null = null;
  const element = (paragraph: HTMLRewriterTypes.Element): void => {
    title ??= paragraph.getAttribute("title");
  };
  await new HTMLRewriter().on("p", { element }).transform(new Response(markup)).text();
  return title;
}

describe("escaped text", () => {
  test("has no character with a meaning in text or in a quoted attribute", () => {
    expect(escapeHtml(`<a href="x">it's &amp;</a>`)).toBe(
      "&lt;a href=&quot;x&quot;&gt;it&#39;s &amp;amp;&lt;/a&gt;",
    );
    expect(escapeHtml("plain text, ü 🚪")).toBe("plain text, ü 🚪");
  });

  test("ends no attribute that it stands in", async () => {
    const characters = fc.constantFrom("<", ">", "&", '"', "'", "a", "&amp;", "\u{1f6aa}", " ");
    const property = fc.asyncProperty(fc.array(characters), async (parts) => {
      const escaped = escapeHtml(parts.join(""));
      expect(await titleIn(`<p title="${escaped}">`)).toBe(escaped);
      expect(await titleIn(`<p title='${escaped}'>`)).toBe(escaped);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});

describe("a page", () => {
  const page = renderPage("<Title>", "<p>body</p>");

  test("is its beginning, its content and its end", () => {
    expect(page).toBe(`${beginPage("<Title>")}<p>body</p>${endPage}`);
    expect(page).toStartWith('<!doctype html>\n<html lang="en">\n');
    expect(page.trimEnd()).toEndWith("</html>");
  });

  test("has its title as text, and its body as HTML", () => {
    expect(page).toContain("<title>&lt;Title&gt;</title>");
    expect(page).toContain("<p>body</p>");
  });

  test("loads nothing", () => {
    expect(page).not.toMatch(/\b(?:src|href)=|@import|url\(/);
  });
});
