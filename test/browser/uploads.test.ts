import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite("empty");
let server: Server;

beforeAll(async () => {
  site.file("in/a.txt", "old");
  site.file("in/page.html", "<title>before</title><script>document.title = 'run'</script>");
  site.file("favicon.ico", "");
  const options = { post: "upload", uploadDir: "in", uploadMode: 0o644 } as const;
  server = await serve({ root: site.root, ...options });
});

afterAll(async () => {
  await server.stop({ force: true });
  site[Symbol.dispose]();
});

/** Chooses files in the form of a page, and sends it. */
const sends = `(() => {
  const chosen = new DataTransfer();
  chosen.items.add(new File(["new"], "a.txt"));
  chosen.items.add(new File(["two"], 'q"uote ü.txt'));
  document.querySelector("input").files = chosen.files;
  document.querySelector("button").click();
  return 0;
})()`;

function tests(): void {
  test("files that are chosen in the form are stored, and the answer says as what", async () => {
    using page = await Page.open();
    await page.goto("?upload", new URL("in/", server.url));
    await page.value<number>(sends);
    await page.until(`document.querySelector("h1").textContent === "2 files are stored"`);
    expect(readdirSync(site.at("in")).toSorted()).toEqual([
      "a (2).txt",
      "a.txt",
      "page.html",
      'q"uote ü.txt',
    ]);
    expect(readFileSync(site.at("in/a (2).txt"), "utf8")).toBe("new");
    expect(readFileSync(site.at("in/a.txt"), "utf8")).toBe("old");
    const links = await page.value<string>(
      `Array.from(document.querySelectorAll("td a"), (a) => decodeURI(a.href)).join("\\n")`,
    );
    const { href } = new URL("in/", server.url);
    expect(links).toBe(`${href}a (2).txt\n${href}q"uote ü.txt`);
    expect(page.complaints).toEqual([]);
  });

  test("a page that was uploaded runs no script", async () => {
    using page = await Page.open();
    await page.goto("page.html", new URL("in/", server.url));
    expect(await page.value<string>("document.title")).toBe("before");
  });
}

if (chromium === undefined) {
  test.skip("uploads in a browser (no chromium here: apt-get install chromium)", () => undefined);
} else {
  describe("uploads in a browser", tests);
}
