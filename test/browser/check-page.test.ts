import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { reportHtml } from "../../src/check/report/html/html-report.ts";
import { column, first, second } from "../check/report/sample.ts";
import { chromium, Page } from "./chromium.ts";

const folder = mkdtempSync(join(tmpdir(), "check-page-"));
const hostile = "<img src=x onerror=document.title=1>";
const other = { ...column, server: `other:80 ${hostile}` };
writeFileSync(join(folder, "r.html"), reportHtml([first, second], [column, other]));
const url = pathToFileURL(join(folder, "r.html"));

afterAll(() => {
  if (chromium !== undefined) Bun.WebView.closeAll();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<Page> {
  const page = await Page.open();
  await page.goto("r.html", url);
  await page.until("document.querySelector('output').textContent !== ''");
  return page;
}

/** Types into the search. */
function find(text: string): string {
  return `(() => {
    const input = document.querySelector("[type=search]");
    input.value = ${JSON.stringify(text)};
    input.dispatchEvent(new Event("input", { bubbles: true }));
  })()`;
}

const shownSections = `[...document.querySelectorAll(".section")]
  .filter((one) => !one.hidden).map((one) => one.querySelector("summary").innerText)`;

describe.skipIf(chromium === undefined)("the page of a check (needs chromium)", () => {
  test("has its sections folded; a cell opens on the exchange of its server", async () => {
    using page = await open();
    expect(await page.value<number>("document.querySelectorAll('.script').length")).toBe(0);
    await page.value("document.querySelector('.section').open = true");
    await page.until("document.querySelectorAll('.phase').length === 3");
    const cell = "document.querySelectorAll('.phase')[1].querySelector('button')";
    await page.value(`${cell}.click()`);
    const shown = await page.value<string>("document.querySelector('.exchange').innerText");
    expect(shown).toContain("one/first.wire:9");
    expect(shown).toContain("held uncut, failed when sent byte by byte");
    expect(shown).toContain("differs at byte 1");
    expect(shown).toContain("> GET /<a> HTTP/1.1");
    expect(await page.value<string>(`${cell}.getAttribute("aria-expanded")`)).toBe("true");
    await page.value(`${cell}.click()`);
    expect(await page.value<boolean>("document.querySelector('.exchange').hidden")).toBe(true);
    expect(page.complaints).toEqual([]);
  });

  test("finds phases by words, by strength, and by whether they held", async () => {
    using page = await open();
    await page.value(find("first p3"));
    await page.until("document.querySelector('output').textContent === '1 phase'");
    expect(await page.value<string[]>(shownSections)).toHaveLength(1);
    expect(await page.value<number>("document.querySelectorAll('.phase').length")).toBe(1);
    await page.value(find(""));
    await page.until("document.querySelector('output').textContent === '4 phases'");
    await page.value("document.querySelector('[name=failed]').click()");
    await page.until("document.querySelector('output').textContent === '2 phases'");
    await page.value("document.querySelector('[value=should]').click()");
    await page.until("document.querySelector('output').textContent === '0 phases'");
  });

  test("shows a server's name as text", async () => {
    using page = await open();
    await page.value(find("p2"));
    await page.until("document.querySelectorAll('.phase').length === 1");
    await page.value("document.querySelectorAll('.phase button')[1].click()");
    expect(await page.value<string>("document.querySelector('.exchange').innerText")).toContain(
      hostile,
    );
    expect(await page.value<number>("document.querySelectorAll('img').length")).toBe(0);
  });

  test.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
    ["dark", 390],
  ] as const)(
    "has no fault that axe-core finds, %s and %p wide, and fits",
    async (scheme, width) => {
      using page = await Page.open();
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await page.view.cdp("Emulation.setEmulatedMedia", { features });
      const screen = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 };
      await page.view.cdp("Emulation.setDeviceMetricsOverride", screen);
      await page.goto("r.html", url);
      await page.value(find("p"));
      await page.until("document.querySelectorAll('.phase').length === 4");
      await page.value("document.querySelectorAll('.phase button').forEach((one) => one.click())");
      expect(await page.value<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(
        true,
      );
      const axe = readFileSync(join(import.meta.dir, "../../node_modules/axe-core/axe.min.js"));
      await page.view.cdp("Runtime.evaluate", { expression: axe.toString() });
      const violations = `axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ": " + nodes[0].html))`;
      expect(await page.value<string[]>(violations)).toEqual([]);
    },
  );
});
