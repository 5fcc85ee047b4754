import { afterAll, describe, expect, test } from "bun:test";
import { statSync } from "node:fs";

import { canListDescriptors, descriptorsInto } from "../../open-descriptors.ts";
import { TempSite } from "../../temp-site.ts";
import { SiteClient } from "../site-client.ts";
import { gif, picture, pngOf } from "./media.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("photo.png", picture(640, 480));
site.file("small.gif", gif);
site.file("notes.txt", "notes");
site.file("drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
site.file("shut.png", picture(10, 10), 0o600);
site.file("inside/deep.png", picture(10, 10));
const client = new SiteClient(site.root);

describe("?thumbnail", () => {
  test("of an image is WebP, of whatever size the file is", async () => {
    for (const [name, query] of [
      ["photo.png", "thumbnail"],
      ["photo.png", "v=1&thumbnail=1"],
      ["small.gif", "thumbnail"],
    ]) {
      const { status, fields } = await client.ask(`GET /${name}?${query}`);
      expect([status, fields["Content-Type"]]).toEqual([200, "image/webp"]);
      expect(fields["Cache-Control"]).toBe("no-cache");
      expect(fields["X-Content-Type-Options"]).toBe("nosniff");
      expect(fields["Cross-Origin-Resource-Policy"]).toBe("same-origin");
      expect(fields["Last-Modified"]).toBeUndefined();
    }
    // One is kept in memory, and one is not.
    expect(statSync(site.at("photo.png")).size).toBeGreaterThan(32 * 1024);
  });

  test("has a tag of its own, which answers conditions, and parts", async () => {
    const whole = await client.ask("GET /photo.png?thumbnail");
    const tag = whole.fields["ETag"] ?? "";
    const image = await client.ask("GET /photo.png");
    expect(tag).not.toBe(image.fields["ETag"] ?? "");
    const again = await client.ask("GET /photo.png?thumbnail", { "If-None-Match": tag });
    expect([again.status, again.body]).toEqual([304, ""]);
    const part = await client.ask("GET /photo.png?thumbnail", { Range: "bytes=0-3" });
    expect([part.status, part.body]).toEqual([206, "RIFF"]);
    const head = await client.ask("HEAD /photo.png?thumbnail");
    expect([head.status, head.fields["ETag"]]).toEqual([200, tag]);
  });

  test("is another one after the image has changed", async () => {
    site.file("changing.png", picture(50, 50));
    const { fields } = await client.ask("GET /changing.png?thumbnail");
    site.file("changing.png", picture(60, 50));
    const next = await client.ask("GET /changing.png?thumbnail", {
      "If-None-Match": fields["ETag"] ?? "",
    });
    expect(next.status).toBe(200);
    expect(next.fields["ETag"]).not.toBe(fields["ETag"] ?? "");
  });

  test("of what strangers may not read is refused like the file, from then on", async () => {
    expect((await client.ask("GET /shut.png?thumbnail")).status).toBe(403);
    expect((await client.ask("GET /inside/deep.png?thumbnail")).status).toBe(200);
    site.folder("inside", 0o700);
    expect((await client.ask("GET /inside/deep.png?thumbnail")).status).toBe(403);
    site.folder("inside", 0o755);
    expect((await client.ask("GET /inside/deep.png?thumbnail")).status).toBe(200);
  });

  test.each(["notes.txt", "drawing.svg", "missing.png"])("of %s is 404", async (name) => {
    const { status, fields } = await client.ask(`GET /${name}?thumbnail`);
    expect([status, fields["Content-Type"]]).toEqual([404, "text/html; charset=utf-8"]);
  });

  test("with another value, or with previews off, is the file", async () => {
    const { fields } = await client.ask("GET /photo.png?thumbnail=0");
    expect(fields["Content-Type"]).toBe("image/png");
    const off = new SiteClient(site.root, { previews: false });
    const answered = await off.ask("GET /photo.png?thumbnail");
    expect([answered.status, answered.fields["Content-Type"]]).toEqual([200, "image/png"]);
    expect((await off.ask("GET /shut.png?thumbnail")).status).toBe(403);
  });
});

describe("bounds", () => {
  test("an image that says it is huge, and one whose file is, have none, and --explain says why", async () => {
    site.file("bomb.png", pngOf(60_000, 60_000, new Uint8Array(10)));
    const limits = { thumbnailPixelsMax: 1000, thumbnailFileBytesMax: 50_000 };
    const small = new SiteClient(site.root, { explain: true, limits });
    const bomb = await small.ask("GET /bomb.png?thumbnail");
    expect([bomb.status, bomb.body]).toEqual([
      404,
      expect.stringContaining("more pixels than thumbnailPixelsMax: 1000"),
    ]);
    const { status, body } = await small.ask("GET /photo.png?thumbnail");
    expect(status).toBe(404);
    expect(body).toContain("larger than thumbnailFileBytesMax: 50000");
  });

  test("what is asked for beyond those that may wait is answered 503", async () => {
    for (let i = 0; i < 4; i++) site.file(`many/${i}.png`, picture(200 + i, 200));
    const limits = { thumbnailsWaitingMax: 2, thumbnailsAtOnceMax: 1 };
    const busy = new SiteClient(site.root, { limits });
    const ask = (i: number) => busy.ask(`GET /many/${i}.png?thumbnail`);
    const answered = await Promise.all([ask(0), ask(1), ask(2), ask(0)]);
    expect(answered.map(({ status }) => status)).toEqual([200, 200, 503, 200]);
    expect(answered[2]?.fields["Retry-After"]).toBe("1");
    expect((await ask(2)).status).toBe(200);
  });

  test.if(canListDescriptors)("no file stays open", async () => {
    using own = new TempSite("empty");
    own.file("photo.png", picture(640, 480));
    own.file("drawing.svg", "<svg/>".repeat(10_000));
    own.file("bomb.png", pngOf(60_000, 60_000, picture(300, 300)));
    const alone = new SiteClient(own.root);
    for (const name of ["photo.png", "photo.png", "drawing.svg", "bomb.png", "photo.png"]) {
      await alone.ask(`GET /${name}?thumbnail`);
    }
    alone.opened.tree.close();
    expect(descriptorsInto(own.root)).toEqual([]);
  });
});
