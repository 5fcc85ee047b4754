import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

const sizes = { "alpha.txt": 30, "beta.png": 10, "gamma.mp3": 20, "Grüße.md": 5 };
for (const [name, size] of Object.entries(sizes)) site.file(`some/${name}`, "x".repeat(size));
site.file("some/sub/deep.txt", "deep");
site.file("some/shut.txt", "secret", 0o600);
for (let i = 0; i < 40; i++) site.file(`shut/${i}.txt`, "secret", 0o600);
utimesSync(site.at("some/alpha.txt"), 1_700_000_000, 1_700_000_000);
site.folder("many");
for (let i = 0; i < 2500; i++) writeFileSync(site.at(`many/file ${i}.txt`), "x");
const long = "a-long-name-".repeat(20);
for (const name of [long, "x".repeat(250), "تقرير سنوي نهائي.pdf", "😀🎉.jpg", "你好世界.md"]) {
  site.file(`names/${name}`, "x");
}
site.folder("void");
// Browsers ask for it.
site.file("favicon.ico", "");

beforeAll(async () => {
  server = await serve({ root: site.root });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  site[Symbol.dispose]();
});

/** Opens `path`, and puts a mark on the page that a reload would take away. */
async function open(path: string, base = server.url): Promise<Page> {
  const page = await Page.open();
  await page.goto(path, base);
  await page.value("void (window.mark = true)");
  return page;
}

/** The names of the rows that are shown, without the way up. */
const names = (page: Page): Promise<string[]> =>
  page.value(
    "[...document.querySelectorAll('tbody tr:not(.up):not([hidden]) a')].map((a) => a.textContent)",
  );

/** Waits for `expression`, and makes sure that the page was not loaded again. */
async function becomes(page: Page, expression: string): Promise<void> {
  await page.until(expression);
  expect(await page.value("window.mark")).toBe(true);
}

const status = "document.querySelector('[role=status]').textContent";
const focused = "document.activeElement.textContent";
const byName = ["sub/", "alpha.txt", "beta.png", "gamma.mp3", "Grüße.md", "shut.txt"];

/** What axe-core finds wrong with the page. */
async function faultsOf(page: Page): Promise<unknown> {
  const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"), "utf8");
  await page.view.cdp("Runtime.evaluate", { expression: axe });
  return page.value(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`);
}

async function emulate(page: Page, width: number, scheme: "light" | "dark"): Promise<void> {
  const mobile = width < 600;
  const metrics = { width, height: 844, deviceScaleFactor: 1, mobile };
  await page.view.cdp("Emulation.setDeviceMetricsOverride", metrics);
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await page.view.cdp("Emulation.setEmulatedMedia", { features });
}

function tests(): void {
  test("is sorted by a click on a column, without a reload, and back again", async () => {
    using page = await open("some/");
    expect(await names(page)).toEqual(byName);
    await page.click("th:nth-child(2) a");
    await becomes(page, "location.search === '?sort=size&order=desc'");
    await becomes(page, "document.querySelector('th[aria-sort=descending]').cellIndex === 1");
    const largest = ["sub/", "alpha.txt", "gamma.mp3", "beta.png", "shut.txt", "Grüße.md"];
    expect(await names(page)).toEqual(largest);
    // The focus stays on what was clicked, so the other way is one key.
    expect(await page.value(focused)).toBe("Size");
    await page.view.press("Enter");
    await becomes(page, "document.querySelector('th[aria-sort=ascending]').cellIndex === 1");
    expect((await names(page)).slice(1)).toEqual(largest.slice(1).toReversed());
    await page.value("history.back()");
    await becomes(page, "location.search === '?sort=size&order=desc'");
    await becomes(page, "document.querySelector('th[aria-sort=descending]')?.cellIndex === 1");
    expect(page.complaints).toEqual([]);
  });

  test("has the same order after a reload, and by its address alone", async () => {
    using page = await open("some/?sort=kind&order=desc");
    const shown = await names(page);
    expect(shown[0]).toBe("sub/");
    expect(shown.at(-1)).toBe("gamma.mp3");
    await page.reload();
    expect(await names(page)).toEqual(shown);
  });

  test("is filtered while a text is typed, whatever its case and accents", async () => {
    using page = await open("some/");
    await page.click("#filter");
    await page.view.type("gru");
    await becomes(page, `${status} === '1 of 6 shown'`);
    expect(await names(page)).toEqual(["Grüße.md"]);
    await page.view.press("Escape");
    await becomes(page, `${status} === '5 files, 1 folder, 71 B'`);
    expect(await names(page)).toEqual(byName);
    await page.view.type("bet");
    await page.view.press("Enter");
    // A file that the browser can show is shown in place (test/browser/previews.test.ts).
    await becomes(page, "document.querySelector('dialog[open] h2')?.textContent === 'beta.png'");
  });

  test("of many pages is filtered as a whole, and the text stays in its place", async () => {
    using page = await open("many/");
    expect(await page.value(status)).toBe("2,500 files; showing 1–1,000 (1.0 kB)");
    await page.click("#filter");
    await page.view.type("249");
    await becomes(page, `${status} === '13 files with “249”, 13 B'`);
    expect(await names(page)).toContain("file 2499.txt");
    expect(await page.value("document.activeElement.id")).toBe("filter");
    expect(await page.value("document.activeElement.value")).toBe("249");
    expect(await page.value("location.search")).toBe("?filter=249");
    await page.view.press("Escape");
    await becomes(page, `${status}.startsWith('2,500 files;')`);
    expect(page.complaints).toEqual([]);
  });

  test("has links to its pages, which are turned without a reload", async () => {
    using page = await open("many/");
    await page.click("footer a[rel=next]");
    await becomes(page, `${status}.includes('showing 1,001–2,000')`);
    expect((await names(page))[0]).toBe("file 1000.txt");
    expect(await page.value("scrollY")).toBe(0);
    await page.click("footer a[rel=next]");
    await becomes(page, `${status}.includes('showing 2,001–2,500')`);
    expect(await page.value("document.querySelector('footer a[rel=next]')")).toBeNull();
    expect(await page.value("document.querySelector('footer [aria-current]').textContent")).toBe(
      "3",
    );
    await page.click("th:nth-child(1) a");
    await becomes(
      page,
      "document.querySelector('tbody tr:not(.up) a').textContent === 'file 2499.txt'",
    );
  });

  test("can be gone through by keys", async () => {
    using page = await open("some/");
    const press = async (key: string, wanted: string): Promise<void> => {
      await page.view.press(key);
      expect([key, await page.value(focused)]).toEqual([key, wanted]);
    };
    await press("ArrowDown", "../");
    await press("ArrowDown", "sub/");
    await press("j", "alpha.txt");
    await press("k", "sub/");
    await press("ArrowUp", "../");
    await page.view.press("/");
    expect(await page.value("document.activeElement.id")).toBe("filter");
    // In a field they are letters.
    await page.view.type("j/k");
    expect(await page.value("document.activeElement.value")).toBe("j/k");
    await page.view.press("Escape");
    await press("ArrowDown", "sub/");
    await page.view.press("Enter");
    await page.until("location.pathname === '/some/sub/' && document.readyState === 'complete'");
    await page.view.press("Backspace");
    await page.until("location.pathname === '/some/' && document.readyState === 'complete'");
    expect(page.complaints).toEqual([]);
  });

  test("leads up by its path", async () => {
    using page = await open("some/sub/");
    const crumbs = "[...document.querySelectorAll('nav[aria-label=Path] li')]";
    expect(await page.value(`${crumbs}.map((li) => li.textContent)`)).toEqual([
      "Home",
      "some",
      "sub",
    ]);
    await page.click("nav[aria-label=Path] li:nth-child(2) a");
    await page.until("location.pathname === '/some/' && document.readyState === 'complete'");
  });

  test("works without a script: links sort, and the filter is sent", async () => {
    const value = "script-src 'none'";
    const headers = [{ path: "/**", name: "Content-Security-Policy", value }];
    await using scriptless = await serve({ root: site.root, headers });
    using page = await open("some/", scriptless.url);
    expect(await page.value("document.querySelector('th small').textContent")).toBe(" UTC");
    await page.click("th:nth-child(4) a");
    await page.until("location.search === '?sort=kind' && document.readyState === 'complete'");
    expect((await names(page)).slice(0, 2)).toEqual(["sub/", "gamma.mp3"]);
    await page.click("#filter");
    await page.view.type("et");
    await page.view.press("Enter");
    await page.until("location.search === '?sort=kind&filter=et'");
    await page.until("document.readyState === 'complete'");
    expect(await names(page)).toEqual(["beta.png"]);
  });

  test("has columns that stand still, whatever the names are", async () => {
    using page = await open("some/");
    const lefts =
      "[...document.querySelectorAll('th')].map((th) => th.getBoundingClientRect().left)";
    const wanted = await page.value(lefts);
    for (const path of ["names/", "void/", "many/?page=2"]) {
      await page.goto(path, server.url);
      expect([path, await page.value(lefts)]).toEqual([path, wanted]);
    }
  });

  test.each([1200, 390, 320])("is no wider than a window of %p pixels", async (width) => {
    using page = await open("void/");
    await emulate(page, width, "light");
    for (const path of ["some/", "names/", "many/?page=2", "void/"]) {
      await page.goto(path, server.url);
      const overflow =
        "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      expect(await page.value<number>(overflow)).toBeLessThanOrEqual(0);
    }
  });

  test("isolates a name that is written from right to left", async () => {
    using page = await open("names/");
    const direction = `[...document.querySelectorAll('bdi')].map((bdi) =>
      getComputedStyle(bdi).unicodeBidi)`;
    expect(new Set(await page.value<string[]>(direction))).toEqual(new Set(["isolate"]));
    const lefts = `[...document.querySelectorAll('tbody tr:not(.up) a')].map((a) =>
      Math.round(a.getClientRects()[0].left))`;
    expect(new Set(await page.value<number[]>(lefts)).size).toBe(1);
  });

  test("marks what may not be read, and says why under --explain", async () => {
    using page = await open("some/");
    const marks =
      "[...document.querySelectorAll('tr.locked')].map((row) => row.cells[0].textContent)";
    expect(await page.value(marks)).toEqual(["shut.txt locked"]);
    await using explaining = await serve({ root: site.root, explain: true });
    await page.goto("some/", explaining.url);
    expect(await page.value(marks)).toEqual([
      "shut.txt some/shut.txt: -rw------- lacks o+r; chmod o+r to serve it",
    ]);
  });

  test("has a line below the table that nothing shows through, locks included", async () => {
    using page = await open("shut/");
    await emulate(page, 390, "light");
    const isCovered = `(() => {
      const footer = document.querySelector("footer");
      const { top, bottom } = footer.getBoundingClientRect();
      const under = [...document.querySelectorAll(".locked small")]
        .map((lock) => lock.getBoundingClientRect())
        .filter((box) => box.bottom > top && box.top < bottom);
      const seen = under.map(({ left, top: y }) =>
        document.elementFromPoint(left + 2, Math.max(y, top) + 2));
      return under.length > 0 && seen.every((one) => footer.contains(one));
    })()`;
    expect(await page.value(isCovered)).toBe(true);
  });

  test("shows times of the reader's zone", async () => {
    using page = await Page.open();
    await page.view.cdp("Emulation.setTimezoneOverride", { timezoneId: "Asia/Kolkata" });
    await page.goto("some/?filter=alpha", server.url);
    expect(await page.value("document.querySelector('time').textContent")).toBe("2023-11-15 03:43");
    expect(await page.value("document.querySelector('th:nth-child(3)').textContent")).toBe(
      "Changed",
    );
  });

  test("runs no script but its own (Content-Security-Policy Level 3 §6.1)", async () => {
    using page = await open("some/");
    await page.value(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    })()`);
    expect(await page.value("window.ran")).toBeUndefined();
  });

  test.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
    ["dark", 390],
  ] as const)("has no fault that axe-core finds, %s and %p wide", async (scheme, width) => {
    // Pages are short, because axe-core looks at each row for long.
    const limits = { listingEntriesMax: 10 };
    await using brief = await serve({ root: site.root, limits, explain: width === 390 });
    using page = await open("void/", brief.url);
    await emulate(page, width, scheme);
    for (const path of ["some/", "names/", "void/", "many/?page=20&sort=size", "?filter=m"]) {
      await page.goto(path, brief.url);
      expect([path, await faultsOf(page)]).toEqual([path, []]);
      const dark = "getComputedStyle(document.body).backgroundColor === 'rgb(17, 17, 19)'";
      expect(await page.value(dark)).toBe(scheme === "dark");
    }
  });
}

if (chromium === undefined) {
  test.skip("a listing in a browser: all tests (no chromium here: apt-get install chromium)", () =>
    undefined);
} else {
  describe("a listing in a browser", tests);
}
