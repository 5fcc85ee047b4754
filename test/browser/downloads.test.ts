/**
 * What a browser makes of `?raw`, `?download` and archives: it shows source and renders none, and
 * saves files under the names that it is told.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { readZip } from "../site/archive/read-zip.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
const saved = new TempSite("empty");
const source = "<!doctype html><title>page</title><script>document.title = 'ran'</script>";
const name = "Grüße 你好 😀.txt";
let server: Server;

beforeAll(async () => {
  // The browser asks for it by itself.
  site.file("favicon.ico", "");
  site.file("page.html", source);
  site.file(
    "drawing.svg",
    "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
  );
  site.file(`photos/${name}`, "greetings");
  const links = ["page.html?download", `photos/${name}?download=1`, "photos/?download=zip"];
  const anchors = links.map((link, i) => `<p><a id="link${i}" href="${link}">save</a></p>`);
  site.file("links.html", `<!doctype html><meta charset=utf-8>${anchors.join("")}`);
  server = await serve({ root: site.root, allowArchive: true });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  for (const one of [site, saved]) one[Symbol.dispose]();
});

function tests(): void {
  test.each([
    ["page.html?raw", source],
    ["drawing.svg?raw", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"],
  ])("%s is shown as text, and nothing in it runs", async (path, text) => {
    using page = await Page.open();
    await page.goto(path, server.url);
    expect(await page.status()).toBe(200);
    expect(await page.value("document.contentType")).toBe("text/plain");
    expect(await page.value("document.body.textContent")).toBe(text);
    expect(await page.value("document.title")).toBe("");
    expect(page.complaints).toEqual([]);
  });

  test("files and archives are saved under their names", async () => {
    using page = await Page.open();
    const behavior = { behavior: "allow", downloadPath: saved.root };
    await page.view.cdp("Browser.setDownloadBehavior", behavior);
    await page.goto("links.html", server.url);
    for (const [i, file] of ["page.html", name, "photos.zip"].entries()) {
      await page.click(`#link${i}`);
      while (!existsSync(saved.at(file))) await page.value("1");
    }
    expect(await page.value("location.pathname")).toBe("/links.html");
    expect(readFileSync(saved.at("page.html"), "utf8")).toBe(source);
    expect(readFileSync(saved.at(name), "utf8")).toBe("greetings");
    const entries = readZip(readFileSync(saved.at("photos.zip")));
    expect(entries.map((entry) => entry.name)).toEqual(["photos/", `photos/${name}`]);
  });
}

if (chromium === undefined) {
  test.skip("in a browser: all tests (no chromium here: apt-get install chromium)", () =>
    undefined);
} else {
  describe("in a browser", tests);
}
