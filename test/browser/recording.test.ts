/** What a browser loads through the recording proxy plays green against the server. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";

import type { Server } from "../../index.ts";
import { serve } from "../../index.ts";
import { played, RecordedSession } from "../recorded-session.ts";
import { chromium, Page } from "./chromium.ts";

setDefaultTimeout(120_000);

describe.skipIf(chromium === undefined)("a page that Chromium loads (needs chromium)", () => {
  let server: Server;
  let page: Page;
  beforeAll(async () => {
    server = await serve({ root: join(import.meta.dir, "../../fixtures/site") });
    page = await Page.open();
  });
  afterAll(async () => {
    page[Symbol.dispose]();
    await server.stop({ force: true });
  });

  test("with its style, its pictures and a listing plays green", async () => {
    using session = await RecordedSession.begin(server.url);
    for (const path of ["/", "/img/", "/"]) {
      await page.goto(path, session.url);
      await page.until("document.readyState === 'complete'");
    }
    await session.end();
    const { text } = session;
    for (const target of ["/", "/css/site.css", "/img/", "/img/lab-at-dusk.png"]) {
      expect(text).toContain(`## GET ${target} gets 200 (recorded, must)`);
    }
    expect(text).toContain("gets 304 (recorded, must)");
    expect(text).toMatch(/> If-None-Match: \{\{tag/u);
    const { held, failed } = await played(session.folder, server.url, false);
    expect(failed).toEqual([]);
    expect(held).toBeGreaterThan(6);
  });
});
