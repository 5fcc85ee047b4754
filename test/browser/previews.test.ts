/**
 * Previews in a listing: what a browser shows in place, by mouse and by keys, with and without the
 * script, and that nothing in a file runs.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { picture, tone } from "../site/thumbnails/media.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

const hostile = `# Project

[relative](notes.txt) [bad](javascript:document.title='ran') <script>document.title='ran'</script>
<img src=x onerror="document.title='ran'"> ![foreign](http://other.example/a.png)

| Option | Meaning | Default | Since |
| --- | --- | --: | :-: |
| \`--port\` | the port | 9001 | 1.0 |

- [x] done

![here](photo.png)
`;

beforeAll(async () => {
  site.file("favicon.ico", "");
  site.file("some/app.ts", "export const one: number = 1;\n");
  site.file("some/empty.txt", "");
  site.file("some/guide.md", hostile);
  site.file("some/long.txt", "0123456789abcdef".repeat(10_000));
  site.file("some/page.html", "<!doctype html><title>a page</title><h1>page</h1>");
  site.file("some/photo.png", picture(900, 600));
  site.file("some/README.md", hostile);
  site.file("some/small.png", picture(20, 10));
  site.file("some/tone.wav", tone());
  site.file("some/notes.txt", "some notes <b>\n");
  site.file("some/binary.txt", new Uint8Array([65, 0, 66]));
  site.file("some/shut.png", picture(10, 10), 0o600);
  site.folder("some/sub");
  server = await serve({ root: site.root });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  site[Symbol.dispose]();
});

async function open(path = "some/"): Promise<Page> {
  const page = await Page.open();
  await page.goto(path, server.url);
  await page.value("void (window.mark = true)");
  return page;
}

const title = "document.querySelector('dialog[open] h2')?.textContent";
const shown = "document.querySelector('dialog[open] .shown')";

/** Waits for `expression`, and makes sure that the page was not left. */
async function becomes(page: Page, expression: string): Promise<void> {
  await page.until(expression);
  expect(await page.value("window.mark")).toBe(true);
}

const link = (name: string): string => `#listing a[href="./${name}"]`;

async function preview(page: Page, name: string): Promise<void> {
  await page.click(link(name));
  await becomes(page, `${title} === ${JSON.stringify(name)}`);
}

async function close(page: Page): Promise<void> {
  await page.view.press("Escape");
  await becomes(page, "document.querySelector('dialog[open]') === null");
}

async function faultsOf(page: Page): Promise<unknown> {
  const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
  await page.view.cdp("Runtime.evaluate", { expression: axe });
  return page.value(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`);
}

async function emulate(page: Page, width: number, scheme: "light" | "dark"): Promise<void> {
  const metrics = { width, height: 844, deviceScaleFactor: 1, mobile: width < 600 };
  await page.view.cdp("Emulation.setDeviceMetricsOverride", metrics);
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await page.view.cdp("Emulation.setEmulatedMedia", { features });
}

function tests(): void {
  test("a click on an image shows it in place, and Escape goes back to its row", async () => {
    using page = await open();
    await preview(page, "photo.png");
    await becomes(page, `${shown}.querySelector('img')?.naturalWidth === 900`);
    expect(await page.value(`${shown}.querySelector('img').alt`)).toBe("photo.png");
    await close(page);
    await becomes(page, "document.activeElement.textContent === 'photo.png'");
    expect(page.complaints).toEqual([]);
  });

  test("a small image is not enlarged", async () => {
    using page = await open();
    await preview(page, "small.png");
    await becomes(page, `${shown}.querySelector('img')?.complete`);
    expect(await page.value(`${shown}.querySelector('img').width`)).toBe(20);
    await page.goto("some/?view=grid", server.url);
    const thumbnail = "document.querySelector('img[src^=\"./small.png\"]')";
    await page.until(`${thumbnail}.naturalWidth > 0`);
    expect(await page.value(`${thumbnail}.naturalWidth`)).toBe(20);
    expect(await page.value(`getComputedStyle(${thumbnail}).objectFit`)).toBe("scale-down");
  });

  test("sound has controls, and can be played", async () => {
    using page = await open();
    await preview(page, "tone.wav");
    await becomes(page, `${shown}.querySelector('audio[controls]')?.duration === 0.5`);
    expect(page.complaints).toEqual([]);
  });

  test("text is shown as text; of a long one the beginning is read, and an empty one said", async () => {
    using page = await open();
    await preview(page, "notes.txt");
    await becomes(page, `${shown}.querySelector('pre')?.textContent === 'some notes <b>\\n'`);
    await close(page);
    await preview(page, "app.ts");
    await becomes(page, `${shown}.querySelector('pre')?.textContent.startsWith('export')`);
    await close(page);
    await preview(page, "long.txt");
    await becomes(page, `${shown}.querySelector('pre')?.textContent.length === 65536`);
    expect(await page.value(`${shown}.textContent.endsWith('This is the beginning.')`)).toBe(true);
    const asked = server.requests.filter(({ target }) => target === "/some/long.txt");
    expect(asked.map(({ status }) => status)).toEqual([206]);
    await close(page);
    await preview(page, "empty.txt");
    await becomes(page, `${shown}.textContent === 'This file is empty.'`);
    await close(page);
    await preview(page, "binary.txt");
    await becomes(page, `${shown}.textContent === "This can't be shown here."`);
  });

  test("Markdown is shown rendered, and nothing in it runs", async () => {
    using page = await open();
    await preview(page, "guide.md");
    await becomes(page, `${shown}.querySelector('article h2')?.textContent === 'Project'`);
    await becomes(page, `${shown}.querySelector('article img')?.naturalWidth === 900`);
    expect(await page.value(`${shown}.querySelectorAll('script, [onerror]').length`)).toBe(0);
    const hrefs = `[...${shown}.querySelectorAll('a')].map((link) => link.getAttribute('href'))`;
    expect(await page.value(hrefs)).toEqual(["notes.txt", "http://other.example/a.png"]);
    expect(await page.value("document.title")).toBe("/some/");
    expect(page.complaints).toEqual([]);
  });

  test("a page, a folder and what may not be read are opened as before", async () => {
    for (const [name, path] of [
      ["page.html", "/some/page.html"],
      ["sub/", "/some/sub/"],
      ["shut.png", "/some/shut.png"],
    ]) {
      using page = await open();
      await page.click(link(name ?? ""));
      await page.until(`location.pathname === ${JSON.stringify(path)}`);
    }
  });

  test("Enter and the space bar open, arrows go on and back, and keys don't move the list", async () => {
    using page = await open();
    await page.value(`void document.querySelector('${link("notes.txt")}').focus()`);
    await page.view.press(" ");
    await becomes(page, `${title} === 'notes.txt'`);
    await page.view.press("ArrowRight");
    await becomes(page, `${title} === 'photo.png'`);
    await page.view.press("ArrowLeft");
    await page.view.press("ArrowLeft");
    await becomes(page, `${title} === 'long.txt'`);
    await page.view.press("Backspace");
    await close(page);
    await becomes(page, "document.activeElement.textContent === 'long.txt'");
    await page.view.press("Enter");
    await becomes(page, `${title} === 'long.txt'`);
    expect(await page.value("location.pathname")).toBe("/some/");
  });

  test("the buttons go on, back and away, and the first has none before it", async () => {
    using page = await open();
    await preview(page, "app.ts");
    expect(
      await page.value(`document.querySelector('[aria-label="Previous file"]').disabled`),
    ).toBe(true);
    await page.click('[aria-label="Next file"]');
    await becomes(page, `${title} === 'binary.txt'`);
    const links = "[...document.querySelectorAll('dialog a:not([hidden])')]";
    expect(await page.value(`${links}.map((link) => link.getAttribute('href'))`)).toEqual([
      "./binary.txt",
      "./binary.txt?download",
    ]);
    await page.click('[aria-label="Close"]');
    await becomes(page, "document.querySelector('dialog[open]') === null");
  });

  test("after the order has been changed without a reload, previews are in the new order", async () => {
    using page = await open();
    await page.click("th:nth-child(1) a");
    await becomes(page, "location.search === '?order=desc'");
    await becomes(page, "document.querySelector('th[aria-sort=descending]') !== null");
    await preview(page, "small.png");
    await page.view.press("ArrowRight");
    await becomes(page, `${title} === 'README.md'`);
  });

  test("one that is opened before the event of the last one's end has come is shown", async () => {
    using page = await open();
    await preview(page, "photo.png");
    await page.value(`void (document.querySelector('dialog').close(),
      document.querySelector('${link("long.txt")}').click())`);
    await becomes(page, `${title} === 'long.txt' && ${shown}.childElementCount > 0`);
    expect(await page.value(`${shown}.textContent.length > 0`)).toBe(true);
  });

  test("the grid has thumbnails, a folder's link keeps it, and a click shows the image", async () => {
    using page = await open();
    await page.click("#listing .view");
    await becomes(page, "location.search === '?view=grid'");
    const loaded = "[...document.querySelectorAll('td img')].every((one) => one.naturalWidth > 0)";
    await becomes(page, `document.querySelectorAll('td img').length === 2 && ${loaded}`);
    await preview(page, "photo.png");
    await becomes(page, `${shown}.querySelector('img')?.naturalWidth === 900`);
    await close(page);
    await page.click('#listing a[href^="./sub/"]');
    await page.until("location.pathname === '/some/sub/'");
    expect(await page.value("location.search")).toBe("?view=grid");
    expect(page.complaints).toEqual([]);
  });

  test("the README is below, and nothing in it runs or is loaded from elsewhere", async () => {
    using page = await open();
    const readme = "document.querySelector('section.readme')";
    expect(await page.value(`${readme}.querySelector('h2:not(.name)').textContent`)).toBe(
      "Project",
    );
    await page.value(`${readme}.querySelector('img').scrollIntoView()`);
    await page.until(`${readme}.querySelector('img').naturalWidth === 900`);
    expect(await page.value("document.title")).toBe("/some/");
    const sources = `[...document.images].map((image) => image.getAttribute('src'))`;
    expect(await page.value(sources)).toEqual(["photo.png"]);
    expect(page.complaints).toEqual([]);
  });

  test("?preview is a page that works by itself", async () => {
    using page = await open("some/guide.md?preview");
    expect(await page.value("document.querySelector('article h2').textContent")).toBe("Project");
    await page.until("document.images[0].naturalWidth === 900");
    expect(await faultsOf(page)).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  test.each([
    [1200, "light"],
    [390, "dark"],
  ] as const)(
    "axe-core finds nothing at %i px, %s",
    async (width, scheme) => {
      using page = await open();
      await emulate(page, width, scheme);
      expect(await faultsOf(page)).toEqual([]);
      for (const name of ["photo.png", "long.txt", "guide.md", "tone.wav"]) {
        await page.value(`void document.querySelector('${link(name)}').click()`);
        await becomes(page, `${title} === '${name}' && ${shown}.childElementCount > 0`);
        expect([name, await faultsOf(page)]).toEqual([name, []]);
        const wide = "document.documentElement.scrollWidth > innerWidth";
        expect([name, await page.value(wide)]).toEqual([name, false]);
        await close(page);
      }
      await page.goto("some/?view=grid", server.url);
      expect(await faultsOf(page)).toEqual([]);
      expect(await page.value("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    },
    30_000,
  );
}

if (chromium === undefined) {
  test.skip("in a browser: all tests (no chromium here: apt-get install chromium)", () =>
    undefined);
} else {
  describe("previews in a browser", tests);
}
