import { afterAll, describe, expect, test } from "bun:test";

import { listingPreviews } from "../../../src/site/preview/listing-previews.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { picture } from "../thumbnails/media.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("photos/a b.png", picture(4, 4));
site.file("photos/shut.png", picture(4, 4), 0o600);
site.file("photos/notes.txt", "notes");
site.folder("photos/more");
const client = new SiteClient(site.root);

const { pictureOf } = listingPreviews;
const entry = { name: "a.jpg", kind: "file", size: 10, mtimeMs: 0 } as const;

describe("the picture of an entry", () => {
  test.each(["a.jpg", "a.JPEG", "a.png", "a.gif", "a.webp", "a.bmp"])("%s", (name) => {
    expect(pictureOf({ ...entry, name })).toBe(
      `<img src="./${name}?thumbnail" alt="" loading="lazy" decoding="async">`,
    );
  });

  test.each(["a.svg", "a.avif", "a.txt", "png", "a.png.gz"])("%s has none", (name) => {
    expect(pictureOf({ ...entry, name })).toBe("");
  });

  test("none is of a folder, of an empty file, or of one that visitors may not read", () => {
    expect(pictureOf({ ...entry, kind: "directory" })).toBe("");
    expect(pictureOf({ ...entry, size: 0 })).toBe("");
  });
});

describe("?view=grid", () => {
  test("has a picture of each image that may be read, and keeps the view in its links", async () => {
    const { body } = await client.ask("GET /photos/?view=grid&sort=size");
    expect(body).toContain('<table class="grid">');
    expect(body.match(/<img[^>]*>/g)).toEqual([
      '<img src="./a%20b.png?thumbnail" alt="" loading="lazy" decoding="async">',
    ]);
    expect(body).toContain('<a href="./more/?view=grid">more/</a>');
    expect(body).toContain('<a href="../?view=grid">../</a>');
    expect(body).toContain('<a href="../?view=grid"><bdi>Home</bdi></a>');
    expect(body).toContain('<input type="hidden" name="view" value="grid">');
    expect(body).toContain('href="./?sort=time&amp;order=desc&amp;view=grid">');
    expect(body).toContain('<a class="view" href="./?sort=size">List</a>');
  });

  test("is no part of the plain listing, which asks for no thumbnail", async () => {
    const { body } = await client.ask("GET /photos/");
    expect(body).toContain("<table>");
    expect(body).not.toContain("<img");
    expect(body).toContain('<a class="view" href="./?view=grid">Grid</a>');
  });

  test("is the plain listing with previews off, which has nothing of them", async () => {
    const off = new SiteClient(site.root, { previews: false });
    const grid = await off.ask("GET /photos/?view=grid");
    const plain = await off.ask("GET /photos/");
    expect(grid.body).toBe(plain.body);
    expect(plain.body).not.toMatch(/dialog|class="view"|thumbnail/);
    expect(plain.body.match(/<(?:script|style)\b/g)).toHaveLength(2);
  });
});

test("the policy names the styles and scripts of the page, and each is there", async () => {
  const { body, fields } = await client.ask("GET /photos/");
  const policy = fields["Content-Security-Policy"] ?? "";
  for (const name of ["script", "style"]) {
    const texts = [...body.matchAll(new RegExp(`<${name}(?: [^>]*)?>([^]*?)</${name}>`, "g"))];
    const digests = texts.map(([, text = ""]) => {
      const digest = new Bun.CryptoHasher("sha256").update(text).digest("base64");
      return ` 'sha256-${digest}'`;
    });
    expect(digests).toHaveLength(2);
    expect(policy).toContain(`${name}-src${digests.join("")};`);
  }
});

test("links to archives are there only when archives are on", async () => {
  expect((await client.ask("GET /photos/")).body).not.toContain("download=");
  const archives = new SiteClient(site.root, { allowArchive: true });
  const { body } = await archives.ask("GET /photos/");
  const links = [...body.matchAll(/<a class="archive" href="([^"]*)" download/g)];
  expect(links.map(([, href]) => href)).toEqual(
    ["zip", "tar", "tar.gz", "tar.zst"].map((format) => `./?download=${format}`),
  );
});
