import { afterAll, afterEach, describe, expect, mock, spyOn, test } from "bun:test";
import * as fc from "fast-check";

import { DiskFile } from "../../../src/tree/disk/open-file.ts";
import { EarlyHints } from "../../../src/site/hints/early-hints.ts";
import { Representation } from "../../../src/site/content/representation.ts";
import { utf8Bytes } from "../../../src/http/octets/bytes.ts";
import { formatEntityTag } from "../../../src/http/fields/entity-tag.ts";
import { headOf } from "../../http1/transcript.ts";
import { TempSite } from "../../temp-site.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";
import { octetsOf } from "../shown-response.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
afterEach(() => mock.restore());

/** A page in memory. */
function pageOf(markup: string): Representation {
  const content = utf8Bytes(markup);
  const entityTag = { weak: false, opaque: Bun.hash(content).toString(36) };
  return new Representation({
    mediaType: "text/html; charset=utf-8",
    entityTag,
    content,
    fields: [],
  });
}

/** The links of a page with this markup, asked for at `path` of `host`. */
function links(markup: string, path = "/", host = "localhost:9001"): readonly string[] {
  const head = headOf(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return new EarlyHints("http").linksOf(pageOf(markup), head);
}

describe("what a page refers to", () => {
  test("is named in its order, each path once, and eight at most", () => {
    const many = Array.from({ length: 12 }, (_, i) => `<script src=/${i % 10}.js></script>`);
    const twice = "<link rel=preload as=script href=/0.js>";
    expect(links(twice + many.join(""))).toEqual(
      Array.from({ length: 8 }, (_, i) => `</${i}.js>; rel=preload; as=script`),
    );
  });

  test("is looked for in the first 16 KiB", () => {
    const tag = "<script src=/a.js></script>";
    const room = 16 * 1024 - tag.length + "</script>".length;
    expect(links(" ".repeat(room) + tag)).toEqual(["</a.js>; rel=preload; as=script"]);
    expect(links(" ".repeat(room + 1) + tag)).toEqual([]);
  });
});

/** The reference to what a page at `page` names by `url`; "" when it is not hinted at. */
function linkIn(url: string, page = "/docs/page.html", before = "", host?: string): string {
  const [link = ""] = links(`${before}<script src="${url}"></script>`, page, host);
  return /^<(.*)>; rel=preload; as=script$/.exec(link)?.[1] ?? "";
}

/** The path that a client resolves it to; "" when it is not hinted at. */
function pathIn(url: string, page = "/docs/page.html", before = "", host?: string): string {
  const link = linkIn(url, page, before, host);
  if (link === "") return "";
  const { pathname, search } = new URL(link, new URL(page, "http://localhost:9001"));
  return pathname + search;
}

describe("a reference is resolved where the page was asked for (RFC 3986 §5)", () => {
  test.each<readonly [url: string, page: string, resolved: string]>([
    ["a.js", "/", "/a.js"],
    ["a.js", "/docs/page.html?q=/x/", "/docs/a.js"],
    ["./a.js", "/docs/", "/docs/a.js"],
    ["../a.js", "/docs/page.html", "/a.js"],
    ["/a.js?v=1&amp;w=2#part", "/docs/page.html", "/a.js?v=1&w=2"],
    ["a b.js", "/d%20e/", "/d%20e/a%20b.js"],
    ["ü.js", "/", "/%C3%BC.js"],
    [" a.js ", "/", "/a.js"],
    ["http://localhost:9001/a.js", "/", "/a.js"],
    ["//localhost:9001/a.js", "/", "/a.js"],
    ["HTTP://LocalHost:9001/a.js", "/", "/a.js"],
    ["a.js", "http://localhost:9001/docs/", "/docs/a.js"],
  ])("%s on %s", (url, page, resolved) => {
    expect(pathIn(url, page)).toBe(resolved);
  });

  test.each<readonly [url: string, link: string]>([
    ["a.js", "a.js"],
    ["./a.js?v=/../", "a.js?v=/../"],
    ["../a.js", "../a.js"],
    ["../docs/deep/a.js", "deep/a.js"],
    ["x:/a.js", ""],
    ["./x:a.js", "./x:a.js"],
    ["/a.js", "/a.js"],
    ["//localhost:9001/docs/a.js", "/docs/a.js"],
    // It would lead out of a prefix that the server doesn't know.
    ["../../a.js", ""],
  ])(
    "%s is the link %s, so that a prefix that a proxy strips stays (RFC 8288 §3.1)",
    (url, link) => {
      expect(linkIn(url)).toBe(link);
      if (link === "") return;
      const page = "http://localhost:9001/app/docs/page.html";
      expect(new URL(link, page).href).toBe(new URL(url, page).href);
    },
  );

  test("or where the page says that it is, unless a template says so", () => {
    expect(pathIn("a.js", "/docs/", "<base href=/base/>")).toBe("/base/a.js");
    expect(pathIn("a.js", "/docs/", "<base href=one/><base href=/two/>")).toBe("/docs/one/a.js");
    expect(pathIn("a.js", "/docs/", "<base target=_top>")).toBe("/docs/a.js");
    expect(pathIn("a.js", "/docs/", "<template><base href=/no/></template>")).toBe("/docs/a.js");
    expect(pathIn("a.js", "/docs/", "<base href='http://['>")).toBe("/docs/a.js");
    expect(pathIn("a.js", "/docs/", "<base href=https://cdn.example/>")).toBe("");
  });

  test("by the host that the request named, whichever port is the scheme's own", () => {
    expect(pathIn("http://a.example/a.js", "/", "", "a.example:80")).toBe("/a.js");
    expect(pathIn("http://a.example:8080/a.js", "/", "", "a.example")).toBe("");
    expect(pathIn("a.js", "/", "", "[::1]:9001")).toBe("/a.js");
    expect(pathIn("a.js", "/", "", "1.2.3.999")).toBe("");
  });
});

describe("what is another's, or would not stay within its field, is not hinted at", () => {
  test.each([
    "http://localhost:9002/a.js",
    "https://localhost:9001/a.js",
    "http://cdn.example/a.js",
    "//cdn.example/a.js",
    "\\\\cdn.example\\a.js",
    "/.//cdn.example/a.js",
    "data:text/javascript,1",
    "blob:http://localhost:9001/a",
    "javascript:1",
    "http://[",
    "/it's.js",
    "/%zz.js",
    "/a|b.js",
    "/a.js?x&#62;",
    "/a.js?x&lt;b",
  ])("%s", (url) => {
    expect(pathIn(url)).toBe("");
  });

  test("a path of more than 512 characters", () => {
    expect(pathIn(`/${"a".repeat(511)}`)).toHaveLength(512);
    expect(pathIn(`/${"a".repeat(512)}`)).toBe("");
    expect(pathIn(`/${"é".repeat(511)}`)).toBe("");
  });

  test("whatever stands there", () => {
    const unit = fc.oneof(
      fc.constantFrom(...Array.from("\r\n\t\0 <>\"',;\\/%&#?:@.[]|^`{}\u{2028}é")),
      fc.string({ unit: "binary", maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
        const url = parts.join("").replaceAll('"', "");
        const [link = "</>; rel=preload; as=script"] = links(`<script src="${url}"></script>`);
        expect(link).toMatch(/^<(?!\/\/)[!#-&(-;=?-~]+>; rel=preload; as=script$/);
        const reference = /^<(.*)>/.exec(link)?.[1] ?? "";
        expect(new URL(reference, "http://a.example/docs/page.html").host).toBe("a.example");
      }),
      { numRuns: 500 },
    );
  });
});

describe("what was found is remembered", () => {
  const head = headOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

  test("for each version of a page, which is looked through once", () => {
    const transform = spyOn(HTMLRewriter.prototype, "transform");
    const hints = new EarlyHints("http");
    const page = pageOf("<script src=a.js></script>");
    const elsewhere = headOf("GET /b/ HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(hints.linksOf(page, head)).toEqual(["<a.js>; rel=preload; as=script"]);
    expect(hints.linksOf(page, elsewhere)).toEqual(["<a.js>; rel=preload; as=script"]);
    expect(transform).toHaveBeenCalledTimes(1);
    hints.linksOf(pageOf("<script src=b.js></script>"), head);
    expect(transform).toHaveBeenCalledTimes(2);
  });

  test("for 256 of them, those that were asked for last", () => {
    const hints = new EarlyHints("http");
    const first = pageOf("first");
    for (let i = 0; i < 300; i++) {
      hints.linksOf(first, head);
      hints.linksOf(pageOf(`page ${i}`), head);
    }
    expect(hints.size).toBe(256);
    const transform = spyOn(HTMLRewriter.prototype, "transform");
    hints.linksOf(first, head);
    hints.linksOf(pageOf("page 299"), head);
    expect(transform).not.toHaveBeenCalled();
    hints.linksOf(pageOf("page 0"), head);
    expect(transform).toHaveBeenCalledTimes(1);
  });
});

const markup = "<!doctype html><link rel=stylesheet href=site.css>".padEnd(2000, " words");
const link = "<site.css>; rel=preload; as=style";
site.file("page.html", markup);
site.file("large.html", markup.padEnd(200_000, " more words"));
site.file("docs/index.html", markup);
site.file("plain.html", "<p>nothing to fetch");
site.file("page.txt", markup);
site.file("404.html", markup);
site.file("shut.html", markup, 0o600);

/** The status and the hints of an answer. */
async function answer(
  line: string,
  fields: Record<string, string> = {},
  options: SiteClientOptions = {},
): Promise<readonly [status: number, hints: readonly string[] | undefined]> {
  const client = new SiteClient(site.root, { earlyHints: true, ...options });
  const response = await client.answer(requestOf(line, fields));
  octetsOf(response);
  return [response.status, response.hints];
}

describe("a page that is answered 200 to a GET has hints (RFC 8297 §2)", () => {
  test.each<readonly [target: string, link: string]>([
    ["/page.html", link],
    ["/large.html", link],
    ["/docs/", "<site.css>; rel=preload; as=style"],
  ])("%s", async (target, hint) => {
    expect(await answer(`GET ${target}`)).toEqual([200, [hint]]);
  });

  test.each(["gzip", "br", "zstd"])("in its %s variant, too", async (coding) => {
    const client = new SiteClient(site.root, { earlyHints: true });
    for (const name of ["page.html", "large.html", "page.html"]) {
      const request = requestOf(`GET /${name}`, { "Accept-Encoding": coding });
      const { fields, hints } = await client.answer(request);
      expect(fields).toContainEqual(["Content-Encoding", coding]);
      expect(hints).toEqual([link]);
    }
  });

  test("as the one page of a site, relative to where it was asked for", async () => {
    const single = { single: true, index: "page.html" };
    const fields = { Accept: "text/html" };
    expect(await answer("GET /deep/down", fields, single)).toEqual([
      200,
      ["<site.css>; rel=preload; as=style"],
    ]);
  });

  test("and no other answer has", async () => {
    const client = new SiteClient(site.root, { earlyHints: true });
    const { fields } = await client.answer(requestOf("GET /page.html"));
    const tag =
      fields.find(([name]) => name === "ETag")?.[1] ?? formatEntityTag(pageOf("").entityTag);
    expect(await answer("HEAD /page.html")).toEqual([200, undefined]);
    expect(await answer("GET /page.html", { "If-None-Match": tag })).toEqual([304, undefined]);
    expect(await answer("GET /page.html", { "If-Match": '"a"' })).toEqual([412, undefined]);
    expect(await answer("GET /page.html", { Range: "bytes=0-9" })).toEqual([206, undefined]);
    expect(await answer("GET /page.html", { Range: "bytes=0-9,20-29" })).toEqual([206, undefined]);
    expect(await answer("GET /page.html", { Range: "bytes=9000-" })).toEqual([416, undefined]);
    expect(await answer("GET /missing.html")).toEqual([404, undefined]);
    expect(await answer("GET /shut.html")).toEqual([403, undefined]);
    expect(await answer("GET /docs")).toEqual([308, undefined]);
    expect(await answer("GET /plain.html")).toEqual([200, undefined]);
    expect(await answer("GET /page.txt")).toEqual([200, undefined]);
  });

  test("nor has any when hints are off, and it is there at once", () => {
    const client = new SiteClient(site.root, { compress: false });
    const response = client.answer(requestOf("GET /page.html"));
    expect(response).not.toBeInstanceOf(Promise);
    expect(response).not.toHaveProperty("hints");
  });

  test("a page whose beginning can't be looked at is closed", async () => {
    const close = spyOn(DiskFile.prototype, "close");
    spyOn(EarlyHints.prototype, "linksOf").mockImplementation(() => {
      throw new Error("broken");
    });
    const outcome: unknown = await answer("GET /large.html").catch((error: unknown) => error);
    expect(outcome).toEqual(new Error("broken"));
    expect(close).toHaveBeenCalledTimes(1);
  });
});
