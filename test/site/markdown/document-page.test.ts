import { afterAll, expect, test } from "bun:test";

import { documentStyleDigest } from "../../../src/site/markdown/document-style.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("a <b>.md", `# Title\n\n${"some words ".repeat(300)}`);
site.file("shut.md", "secret", 0o600);
const client = new SiteClient(site.root);

test("a page names the file, links to its source, and runs nothing", async () => {
  const { status, fields, body } = await client.ask("GET /a%20%3Cb%3E.md?preview");
  expect([status, fields["Content-Type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(body).toContain("<title>a &lt;b&gt;.md</title>");
  expect(body).toContain('<a href="./a%20%3Cb%3E.md">Source</a>');
  expect(body).toContain('<h2 id="text-title">Title</h2>');
  expect(body).not.toContain("<script");
  expect(fields["Content-Security-Policy"]).toBe(
    `default-src 'none'; style-src 'sha256-${documentStyleDigest}'; img-src 'self'; ` +
      "base-uri 'none'; form-action 'none'",
  );
  expect(fields["X-Content-Type-Options"]).toBe("nosniff");
});

test("it has a tag, variants and no date", async () => {
  const path = "/a%20%3Cb%3E.md?preview";
  const page = await client.ask(`GET ${path}`);
  const tag = page.fields["ETag"] ?? "";
  expect((await client.ask(`GET ${path}`, { "If-None-Match": tag })).status).toBe(304);
  expect(page.fields["Vary"]).toBe("Accept-Encoding");
  expect(page.fields["Last-Modified"]).toBeUndefined();
  const coded = await client.ask(`GET ${path}`, { "Accept-Encoding": "zstd" });
  expect([coded.status, coded.fields["Content-Encoding"]]).toEqual([200, "zstd"]);
  const plain = new SiteClient(site.root, { compress: false });
  expect((await plain.ask(`GET ${path}`)).fields["Vary"]).toBeUndefined();
});

test("of a file that strangers may not read there is none", async () => {
  expect((await client.ask("GET /shut.md?preview")).status).toBe(403);
});
