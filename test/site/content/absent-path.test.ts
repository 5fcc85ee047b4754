import { expect, test } from "bun:test";

import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

test("a rewritten path is told nothing of the page that it was to be", async () => {
  using site = new TempSite("empty");
  site.file("about.html", "<title>about</title>");
  const rewrites = [{ from: "/old/", to: "/about/" }];
  const client = new SiteClient(site.root, { cleanUrls: true, rewrites });
  expect((await client.ask("GET /old/")).note?.reason).toBeUndefined();
  expect((await client.ask("GET /about/")).note?.reason).toContain("--clean-urls serves");
});
