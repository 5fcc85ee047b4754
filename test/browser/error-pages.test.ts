import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

beforeAll(async () => {
  site.file("index.html", "<!doctype html><title>Root</title><h1>Root</h1>");
  site.file("docs/Read Me.txt", "read me");
  site.file("docs/private.txt", "private", 0o640);
  server = await serve({ root: site.root, explain: true });
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

const isLoaded = "document.readyState === 'complete'";

/** A proxy that serves all of the server under "/prefix/". */
function proxy(): { readonly url: URL; stop(): void } {
  const front = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/prefix/")) return new Response("outside", { status: 502 });
      const { body, status } = await fetch(new URL(pathname.slice("/prefix".length), server.url));
      return new Response(body, { status, headers: { "Content-Type": "text/html" } });
    },
  });
  return { url: new URL("/prefix/", front.url), stop: () => void front.stop(true) };
}

/** Shows pages in a window of that width, light or dark. */
async function emulate(page: Page, width: number, scheme: "light" | "dark"): Promise<void> {
  const metrics = { width, height: 800, deviceScaleFactor: 1, mobile: false };
  await page.view.cdp("Emulation.setDeviceMetricsOverride", metrics);
  const features = [{ name: "prefers-color-scheme", value: scheme }];
  await page.view.cdp("Emulation.setEmulatedMedia", { features });
}

function tests(): void {
  test("the built-in page leads up, home, and to what is similar, by clicking", async () => {
    using page = await Page.open();
    const missing = "docs/read-me.txt";
    for (const [link, path, text] of [
      ["nav a:first-child", "/docs/", "Read Me.txt"],
      ["nav a:last-child", "/", "Root"],
      ["li a", "/docs/Read%20Me.txt", "read me"],
    ] as const) {
      await page.goto(missing, server.url);
      expect(await page.status()).toBe(404);
      expect(await page.value("document.querySelector('h1').textContent")).toBe("Not Found");
      expect(await page.value("document.querySelector('code').textContent")).toBe(`/${missing}`);
      await page.click(link);
      await page.until(`location.pathname === '${path}' && ${isLoaded}`);
      expect(await page.status()).toBe(200);
      expect(await page.value("document.body.textContent")).toContain(text);
    }
  });

  test("its links stay behind a proxy that takes a prefix off the path", async () => {
    const front = proxy();
    try {
      using page = await Page.open();
      await page.goto("docs/none/absent.txt", front.url);
      expect(await page.status()).toBe(404);
      await page.click("nav a:first-child");
      await page.until(`location.pathname === '/prefix/docs/' && ${isLoaded}`);
      await page.goto("docs/none/absent.txt", front.url);
      await page.click("nav a:last-child");
      await page.until(`location.pathname === '/prefix/' && ${isLoaded}`);
      expect(await page.value("document.querySelector('h1').textContent")).toBe("Root");
    } finally {
      front.stop();
    }
  });

  test("a refusal says what is missing, with the command that mends it", async () => {
    using page = await Page.open();
    await page.goto("docs/private.txt", server.url);
    expect(await page.status()).toBe(403);
    const shown = "[...document.querySelectorAll('pre')].map((one) => one.textContent)";
    expect(await page.value<string[]>(shown)).toEqual([
      "docs/private.txt: -rw-r----- lacks o+r; chmod o+r to serve it",
      "chmod o+r -- docs/private.txt",
    ]);
  });

  test.each([
    [1200, "light"],
    [390, "light"],
    [390, "dark"],
  ] as const)("fits into %i px, %s, however long the path is", async (width, scheme) => {
    using page = await Page.open();
    await emulate(page, width, scheme);
    for (const path of [`docs/${"x".repeat(600)}`, "docs/private.txt", "a%zz"]) {
      await page.goto(path, server.url);
      const widths = "[document.documentElement.scrollWidth, innerWidth]";
      expect(await page.value<number[]>(widths)).toEqual([width, width]);
      const isDark = "getComputedStyle(document.body).backgroundColor === 'rgb(17, 17, 19)'";
      expect(await page.value<boolean>(isDark)).toBe(scheme === "dark");
    }
  });
}

if (chromium === undefined) {
  test.skip("error pages in a browser (no chromium here: apt-get install chromium)", () =>
    undefined);
} else {
  describe("error pages in a browser", tests);
}
