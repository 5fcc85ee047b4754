import { afterAll, expect, test } from "bun:test";

import { askedPreviewOf } from "../../../src/site/preview/previews.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { picture } from "../thumbnails/media.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("notes.md", "# Notes");
site.file("notes.txt", "# Notes");
site.file("photo.png", picture(10, 10));
site.file("folder/index.html", "<h1>index</h1>");

test.each([
  ["thumbnail", "thumbnail"],
  ["thumbnail=1", "thumbnail"],
  ["a=b&thumbnail", "thumbnail"],
  ["preview&thumbnail", "thumbnail"],
  ["preview", "preview"],
  ["preview=1", "preview"],
  ["preview=0", undefined],
  ["thumbnails", undefined],
  ["thumbnail=large", undefined],
  ["a=preview", undefined],
] as const)("%s asks for %p", (query, asked) => {
  expect(askedPreviewOf(query)).toBe(asked);
});

test.each([
  ["/notes.txt?preview", "text/plain; charset=utf-8"],
  ["/photo.png?preview", "image/png"],
  ["/folder/?preview", "text/html; charset=utf-8"],
  ["/notes.md?preview=no", "text/markdown; charset=utf-8"],
  ["/notes.md?preview", "text/html; charset=utf-8"],
])("%s is %s", async (path, type) => {
  const { status, fields } = await new SiteClient(site.root).ask(`GET ${path}`);
  expect([status, fields["Content-Type"]]).toEqual([200, type]);
});

test("with previews off, Markdown is the file", async () => {
  const off = new SiteClient(site.root, { previews: false });
  const { body, fields } = await off.ask("GET /notes.md?preview");
  expect([body, fields["Content-Type"]]).toEqual(["# Notes", "text/markdown; charset=utf-8"]);
});

test("a tree in memory has them too", async () => {
  const client = new SiteClient("", {
    files: { "/a.png": picture(400, 400), "/shut.png": { body: picture(4, 4), mode: 0o600 } },
  });
  const { status, fields } = await client.ask("GET /a.png?thumbnail");
  expect([status, fields["Content-Type"]]).toEqual([200, "image/webp"]);
  expect((await client.ask("GET /shut.png?thumbnail")).status).toBe(403);
});
