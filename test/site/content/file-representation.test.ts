import { afterAll, describe, expect, test } from "bun:test";
import { statSync, utimesSync } from "node:fs";

import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import {
  mediaTypeOf,
  representFile,
  tagOfBytes,
} from "../../../src/site/content/file-representation.ts";
import { View } from "../../../src/tree/view.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { ShownResponse } from "../shown-response.ts";
import { show } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());

const letters = "abcdefghijklmnopqrstuvwxyz";
site.file("letters.txt", letters);

const client = new SiteClient(site.root);
/** One for which everything here is large. */
const large = new SiteClient(site.root, { limits: { inlineBytesMax: 10 } });

/** The tag of a file that changes. */
const tagIn = async (from: SiteClient): Promise<string> =>
  (await from.ask("GET /changing.txt")).fields["ETag"] ?? "";

/** The response to a client with an earlier tag, less than a tick after a change. */
async function askAgain(fields: (tag: string) => Record<string, string>): Promise<ShownResponse> {
  site.file("changing.txt", letters);
  const receivedMs = statSync(site.at("changing.txt")).ctimeMs + 50;
  const ask = async (of: Record<string, string>): Promise<ShownResponse> =>
    show(await large.answer({ ...requestOf("GET /changing.txt", of), receivedMs }));
  const tag = (await ask({})).fields["ETag"] ?? "";
  expect(tag).toMatch(/^W\/"[\w-]+"$/);
  return ask(fields(tag));
}

describe("the tag of a file (RFC 9110 §8.8.3)", () => {
  test("that is small is that of its octets, whatever its time and its place", async () => {
    site.file("changing.txt", letters);
    const first = await tagIn(client);
    expect(first).toBe((await client.ask("GET /letters.txt")).fields["ETag"] ?? "");
    site.file("changing.txt", letters.toUpperCase());
    expect(await tagIn(client)).not.toBe(first);
    site.file("changing.txt", letters);
    utimesSync(site.at("changing.txt"), 0, 0);
    expect(await tagIn(client)).toBe(first);
  });

  test("that is large changes with its content and its time, and says no inode", async () => {
    const seen = new Set<string>();
    for (const [content, seconds] of [
      [letters, 1000],
      [letters, 1000.001],
      [`${letters}!`, 1000],
    ] as const) {
      site.file("changing.txt", content);
      utimesSync(site.at("changing.txt"), 0, seconds);
      seen.add(await tagIn(large));
      expect(await tagIn(large)).toBe([...seen].at(-1) ?? "");
    }
    expect(seen.size).toBe(3);
  });

  describe("that is large and has just been changed", () => {
    const range = { Range: "bytes=0-2" };

    test("is weak and not given again (§8.8.1)", async () => {
      let before = "";
      const { fields, body } = await askAgain((tag) => {
        before = tag;
        return {};
      });
      expect(fields["ETag"]).not.toBe(before);
      expect(body).toBe(letters);
    });

    test.each<[string, number, (tag: string) => Record<string, string>]>([
      ["If-None-Match (§13.1.2)", 200, (tag) => ({ "If-None-Match": tag })],
      ["If-None-Match, made strong", 200, (tag) => ({ "If-None-Match": tag.slice(2) })],
      ["If-Match (§13.1.1)", 412, (tag) => ({ "If-Match": tag })],
      ["If-Range (§13.1.5)", 200, (tag) => ({ ...range, "If-Range": tag })],
      ["If-Range, made strong", 200, (tag) => ({ ...range, "If-Range": tag.slice(2) })],
    ])("is matched by no %s", async (_what, status, fields) => {
      expect((await askAgain(fields)).status).toBe(status);
    });

    test("doesn't keep it from being there, nor from having ranges", async () => {
      expect((await askAgain(() => ({ "If-None-Match": "*" }))).status).toBe(304);
      expect((await askAgain(() => ({ "If-Match": "*" }))).status).toBe(200);
      expect(await askAgain(() => range)).toMatchObject({ status: 206, body: "abc" });
    });
  });

  test("of octets distinguishes them by length and digest", () => {
    const tags = ["", "a", "b", "aa", "\0"].map((text) => tagOfBytes(utf8Bytes(text)).opaque);
    expect(new Set(tags).size).toBe(5);
    for (const tag of tags) expect(tag).toMatch(/^[\da-z]+-[\da-z]+$/);
  });
});

describe("the media type of a file", () => {
  test.each([
    ["named.css", "\0", "text/css; charset=utf-8"],
    ["Makefile", "all: text", "text/plain; charset=utf-8"],
    ["blob", "\0\0", "application/octet-stream"],
    ["void", "", "text/plain; charset=utf-8"],
    ["latin.html", "<meta charset=iso-8859-1>", "text/html"],
    ["source.ts", "let a = 1;", "text/plain; charset=utf-8"],
    ["stream.ts", `G@\0\u0010\0\0\xb0\r${"\xff".repeat(180)}`, "video/mp2t"],
    ["source.rs", "fn main() {}", "text/plain; charset=utf-8"],
    ["services.rs", "<rls-services/>", "application/rls-services+xml; charset=utf-8"],
    ["source.scm", "(define a 1)", "text/plain; charset=utf-8"],
    ["screen.scm", "\0\u0001", "application/vnd.lotus-screencam"],
    [
      "paper.docx",
      "PK\u0003\u0004",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
    ["web.jnlp", "<jnlp/>", "application/x-java-jnlp-file"],
    ["list.m3u8", "#EXTM3U", "application/vnd.apple.mpegurl"],
  ])("%s that holds %j is %s", async (name, content, type) => {
    for (const from of [client, large]) {
      site.file(name, content.repeat(20));
      const file = await from.open(`/${name}`);
      expect(mediaTypeOf(file)).toBe(type);
      file.close();
    }
  });
});

describe("a file is represented", () => {
  test("by its octets where they are in memory, and by itself where they are not", async () => {
    const small = await client.open("/letters.txt");
    expect(representFile(small, "a/b", [], false)).toMatchObject({
      mediaType: "a/b",
      content: utf8Bytes(letters),
      mtimeMs: small.mtimeMs,
      size: letters.length,
    });
    const file = await large.open("/letters.txt");
    const representation = representFile(file, "a/b", [["X-A", "b"]], true);
    expect(representation).toMatchObject({ hasVariants: true, fields: [["X-A", "b"]], size: 26 });
    expect(representation.content).toBe(file);
    representation.release();
    expect(file.read(new Uint8Array(1), 0)).toBe(0);
  });

  test("for many requests where it is given out again", async () => {
    const kept = new SiteClient(site.root);
    for (const isRepeated of [false, true, true]) {
      const view = new View(kept.surroundings.logicalClock.tick(), Date.now() + 60_000);
      const file = await kept.open("/letters.txt", view);
      expect(representFile(file, "a/b", [], false).isRepeated).toBe(isRepeated);
    }
  });
});
