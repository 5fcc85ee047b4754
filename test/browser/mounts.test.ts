/** A site under a base, and folders under paths, in a browser. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const place = new TempSite("empty");
place.file(
  "app/index.html",
  '<link rel="icon" href="data:,"><link rel="stylesheet" href="style.css"><h1>Home</h1>',
);
place.file("app/style.css", "h1 { color: rgb(1, 2, 3) }");
place.file("docs/a.txt", "a");
let server: Server;

beforeAll(async () => {
  const mounts = { "/app/docs": place.at("docs") };
  server = await serve({ root: place.at("app"), base: "/app/", mounts });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  place[Symbol.dispose]();
});

function tests(): void {
  test("the root of the server leads to the base, with its style", async () => {
    using page = await Page.open();
    await page.goto("/", server.url);
    expect(await page.value("location.pathname")).toBe("/app/");
    expect(await page.value("getComputedStyle(document.querySelector('h1')).color")).toBe(
      "rgb(1, 2, 3)",
    );
    expect(page.complaints).toEqual([]);
  });

  test("a path outside of the base has a link that leads inside", async () => {
    using page = await Page.open();
    await page.goto("/docs/a.txt?x=%3Cb%3E", server.url);
    expect(await page.status()).toBe(404);
    expect(await page.value("document.querySelector('main a').textContent")).toBe(
      "/app/docs/a.txt",
    );
    await page.click("main a");
    await page.until(
      "location.pathname === '/app/docs/a.txt' && document.readyState === 'complete'",
    );
    expect(await page.value("document.body.textContent")).toBe("a");
  });

  test("a listing leads to what is mounted in the folder, and back", async () => {
    using page = await Page.open();
    await page.goto("/app/docs/", server.url);
    await page.click("td a[href='./a.txt']");
    // A text is shown in place, and opened by a link.
    await page.until("document.querySelector('dialog[open] pre') !== null");
    await page.click("dialog a");
    await page.until("location.pathname === '/app/docs/a.txt'");
  });
}

if (chromium === undefined) {
  test.skip("in a browser: mounts (no chromium here: apt-get install chromium)", () => undefined);
} else {
  describe("in a browser", tests);
}
