/** A single file as the root of a server: what a client gets. */

import { afterAll, describe, expect, test } from "bun:test";
import { renameSync } from "node:fs";

import { serve } from "../index.ts";
import type { Server, ServeOptions } from "../index.ts";
import { TempSite } from "./temp-site.ts";

const site = new TempSite("empty");
site.file("report.html", "<!doctype html><title>Report</title><p>all of it</p>\n");
site.file("index.html", "an index beside it");
site.file("404.html", "a page beside it");
site.file("MyForm.html", "a form beside it");
site.file("report.html.br", "a variant beside it");
site.file("notes.txt", "notes", 0o640);
afterAll(() => site[Symbol.dispose]());

const page = "<!doctype html><title>Report</title><p>all of it</p>\n";

function start(options: ServeOptions = {}): Promise<Server> {
  return serve({ root: site.at("report.html"), ...options });
}

describe("a single file", () => {
  test("is no folder, so what asks for an archive is answered with the file", async () => {
    const mounts = { "/one": site.at("report.html") };
    await using server = await start({ allowArchive: true, mounts });
    for (const path of ["?download=zip", "report.html?download=tar", "one/?download=tar.gz"]) {
      const response = await fetch(new URL(path, server.url));
      expect([path, response.status, await response.text()]).toEqual([path, 200, page]);
      expect(response.headers.get("content-disposition")).toBeNull();
    }
  });

  test("is answered at / and under its name, with its type, its tag and its length", async () => {
    await using server = await start();
    expect(server.root).toBe(site.at("report.html"));
    const [home, named] = await Promise.all(
      ["", "report.html"].map((path) => fetch(new URL(path, server.url))),
    );
    for (const response of [home, named]) {
      expect(response?.status).toBe(200);
      expect(response?.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(response?.headers.get("content-encoding")).toBeNull();
    }
    expect(home?.headers.get("etag")).toBe(named?.headers.get("etag") ?? "none");
    expect(await home?.text()).toBe(page);
    expect(await named?.text()).toBe(page);
  });

  test("answers HEAD, ranges and conditions", async () => {
    await using server = await start();
    const head = await fetch(server.url, {
      method: "HEAD",
      headers: { "accept-encoding": "identity" },
    });
    expect(head.headers.get("content-length")).toBe(String(page.length));
    const part = await fetch(server.url, { headers: { range: "bytes=0-8" } });
    expect(part.status).toBe(206);
    expect(await part.text()).toBe("<!doctype");
    const tag = head.headers.get("etag") ?? "";
    const again = await fetch(server.url, {
      headers: { "if-none-match": tag, "accept-encoding": "identity" },
    });
    expect(again.status).toBe(304);
  });

  test.each(["index.html", "404.html", "notes.txt", "report.html.br", "report.html/", "x"])(
    "is all that is served: /%s is the built-in 404",
    async (path) => {
      await using server = await start({ single: false });
      const response = await fetch(new URL(path, server.url));
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain("beside it");
    },
  );

  test("leaves POST without a form page", async () => {
    await using server = await start();
    const response = await fetch(server.url, { method: "POST", body: new URLSearchParams("a=1") });
    expect(response.status).toBe(405);
  });

  test("that others may not read is 403, and says why", async () => {
    await using server = await start({ root: site.at("notes.txt"), explain: true });
    const response = await fetch(server.url);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("notes.txt: -rw-r----- lacks o+r");
  });

  test("is another one as soon as another is renamed over it", async () => {
    site.file("live.html", "one");
    await using server = await start({ root: site.at("live.html") });
    expect(await (await fetch(server.url)).text()).toBe("one");
    site.file("next.html", "two");
    renameSync(site.at("next.html"), site.at("live.html"));
    expect(await (await fetch(server.url)).text()).toBe("two");
  });

  test("is the answer to navigations under --single, and stays the root at a reload", async () => {
    await using server = await start({ single: true });
    const headers = { accept: "text/html" };
    expect(await (await fetch(new URL("a/b", server.url), { headers })).text()).toBe(page);
    server.reload({});
    expect((await fetch(new URL("a/b", server.url), { headers })).status).toBe(404);
    expect(await (await fetch(server.url)).text()).toBe(page);
    server.reload({ root: site.root });
    expect(await (await fetch(server.url)).text()).toBe("an index beside it");
    server.reload({ root: site.at("report.html") });
    expect(await (await fetch(server.url)).text()).toBe(page);
  });
});
