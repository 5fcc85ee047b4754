import { afterAll, describe, expect, test } from "bun:test";
import { pathToFileURL } from "node:url";

import { milliseconds, seconds } from "../../../src/base/units.ts";
import { EventLoop } from "../../../src/schedule/event-loop.ts";
import { MarkdownRenderer } from "../../../src/site/markdown/markdown-renderer.ts";
import { TempSite } from "../../temp-site.ts";

const folder = new TempSite("empty");
afterAll(() => folder[Symbol.dispose]());

const limits = { markdownTimeMs: seconds(60) };
const hurried = { markdownTimeMs: milliseconds(20) };

/** A program that runs `code` for each job. */
function program(name: string, code: string): URL {
  folder.file(name, `self.addEventListener("message", ({ data }) => { ${code} });`);
  return pathToFileURL(folder.at(name));
}

const long = `# Title\n\n${"some words *and* more\n".repeat(1000)}`;
const plain = `<pre>${long}</pre>\n`;

describe("a long text", () => {
  test("is rendered by a thread, and several at once", async () => {
    const renderer = new MarkdownRenderer(limits, new EventLoop());
    const made = await Promise.all([1, 2, 3].map((i) => renderer.render(long + i, `p${i}-`)));
    for (const [index, html] of made.entries()) {
      expect(html).toStartWith(`<h2 id="p${index + 1}-title">Title</h2>\n<p>some words <em>and`);
      expect(html).toEndWith(`more\n${index + 1}</p>\n`);
    }
  });

  test.each([
    ["takes too long", "for (;;);", hurried],
    ["throws", "throw new Error('no');", limits],
    ["ends", "process.exit(0);", limits],
  ])("is shown as it is when the thread %s, and the next one has a thread again", async (...of) => {
    const [how, code, times] = of;
    const broken = program(`${how.replaceAll(" ", "-")}.js`, code);
    const renderer = new MarkdownRenderer(times, new EventLoop(), broken);
    expect(await renderer.render(long, "p-")).toBe(plain);
    expect(await renderer.render(long, "p-")).toBe(plain);
  });

  test("is shown as it is when there is no thread", async () => {
    const nowhere = pathToFileURL(folder.at("nothing-here.js"));
    const renderer = new MarkdownRenderer(limits, new EventLoop(), nowhere);
    expect(await renderer.render(long, "p-")).toBe(plain);
  });
});

describe("a short text", () => {
  test("is rendered without a thread", async () => {
    const broken = program("unused.js", "process.exit(1)");
    const renderer = new MarkdownRenderer(limits, new EventLoop(), broken);
    expect(await renderer.render("*a*", "p-")).toBe("<p><em>a</em></p>\n");
  });

  test("that isn't worth rendering is shown as it is, escaped", async () => {
    const renderer = new MarkdownRenderer(limits, new EventLoop());
    const marks = ">".repeat(4000);
    expect(await renderer.render(marks, "p-")).toBe(`<pre>${"&gt;".repeat(4000)}</pre>\n`);
  });
});
