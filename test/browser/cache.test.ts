/** What a browser does with validators and ranges: it asks again, and it seeks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { TempSite } from "../temp-site.ts";
import { chromium, Page } from "./chromium.ts";

const site = new TempSite();
let server: Server;

beforeAll(async () => {
  server = await serve({ root: site.root, limits: { requestsKeptMax: 1000 } });
});

afterAll(async () => {
  await server.stop({ force: true });
  if (chromium !== undefined) Bun.WebView.closeAll();
  site[Symbol.dispose]();
});

/** The statuses of requests for `target` that came after the first `skip` requests of all. */
function statusesOf(target: string, skip = 0): number[] {
  return server.requests
    .slice(skip)
    .filter((request) => request.target === target)
    .map(({ status }) => status);
}

const inBrowser = chromium === undefined ? "a browser (skipped: no chromium here)" : "a browser";

describe.skipIf(chromium === undefined)(inBrowser, () => {
  test("revalidates a page and its parts on reload, and is told that nothing has changed", async () => {
    using page = await Page.open();
    await page.goto("MySchedule.html", server.url);
    await page.until("document.documentElement.dataset.ready === 'yes'");
    expect(statusesOf("/MySchedule.html")).toEqual([200]);
    const before = server.requests.length;
    await page.view.reload();
    await page.until("document.documentElement.dataset.ready === 'yes'");
    for (const target of ["/MySchedule.html", "/css/schedule.css", "/js/schedule.js"]) {
      expect([target, statusesOf(target, before)]).toEqual([target, [304]]);
    }
    expect(page.complaints).toEqual([]);
  });

  test("seeks in the tune by a range", async () => {
    using page = await Page.open();
    await page.goto("media.html", server.url);
    await page.until("document.querySelector('audio').readyState >= 1");
    const seek = `(async () => {
      const audio = document.querySelector('audio');
      const seeked = new Promise((resolve) => audio.addEventListener('seeked', resolve));
      audio.currentTime = 9;
      await seeked;
      return audio.currentTime;
    })()`;
    expect(await page.value(seek)).toBeCloseTo(9, 1);
    const ranged = server.requests.filter(({ target }) => target.endsWith(".mp3"));
    expect(ranged.length).toBeGreaterThan(0);
    for (const { fields, status } of ranged) {
      const asksForRange = fields.some(([name]) => name.toLowerCase() === "range");
      expect(status).toBe(asksForRange ? 206 : 200);
    }
    expect(ranged.some(({ status }) => status === 206)).toBe(true);
  });
});
