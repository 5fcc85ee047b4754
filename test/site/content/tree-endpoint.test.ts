import { afterAll, describe, expect, test } from "bun:test";
import { unlinkSync } from "node:fs";
import * as fc from "fast-check";

import { TempSite } from "../../temp-site.ts";
import type { SiteClientOptions } from "../site-client.ts";
import { SiteClient } from "../site-client.ts";
import { requestOf } from "../fake-request.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("index.html", "<title>home</title>");
site.file("about.html", "<title>about</title>");
site.file("a b.html", "a b");
site.file("é.html", "é");
site.file("v1.2.html", "v1.2");
site.file("LOUD.HTML", "loud");
site.file("twice.html.html", "twice");
site.file("shut.html", "shut", 0o640);
site.file(".secret.html", "secret");
site.file("plain", "plain");
site.file("plain.html", "plain.html");
site.file("docs.html", "docs page");
site.file("docs/index.html", "docs index");
site.file("bare/part.txt", "part");
site.file("bare.html", "bare page");
site.file("sub/index.html", "sub index");
site.file("locked/x.html", "x");
site.folder("locked", 0o700);
site.folder("odd.html");
site.file("app.js", "script");
site.file("real.txt", "real");

const client = (options: SiteClientOptions): SiteClient => new SiteClient(site.root, options);

const page = { Accept: "text/html,*/*;q=0.8" };
const script = { "Sec-Fetch-Dest": "script", Accept: "*/*" };

describe("a path with empty segments (RFC 3986 §5.2.4)", () => {
  const plain = client({});

  test.each([
    ["//docs", "../docs/"],
    ["/docs//", "../"],
    ["///sub/?a=//b", "../../../sub/?a=//b"],
    ["//%64ocs", "../docs/"],
    ["//", "../"],
    ["//odd.html", "../odd.html/"],
  ])("%p leads to the folder", async (path, location) => {
    const { status, fields } = await plain.ask(`GET ${path}`);
    expect([status, fields["Location"]]).toEqual([308, location]);
  });

  test.each([
    "//real.txt",
    "/docs//index.html",
    "//locked",
    "//none",
    "//docs/..",
    "//%2e",
    "//a%2fb",
  ])("%p is no folder's", async (path) => {
    expect((await plain.ask(`GET ${path}`)).status).toBe(404);
  });

  test("never leads to another host, whatever it is", async () => {
    const part = fc.constantFrom(
      "/",
      "//",
      "docs",
      "sub",
      "..",
      ".",
      "%2f",
      "\\",
      "@",
      ":80",
      "example.com",
      "",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
        const path = `/${parts.join("")}`;
        const { status, fields } = await plain.ask(`GET ${path}`);
        if (status !== 308) return;
        expect(fields["Location"]).not.toStartWith("/");
        const to = new URL(fields["Location"] ?? "", `http://a.example${path}`);
        expect([to.host, to.pathname]).toEqual(["a.example", to.pathname.replace(/\/{2,}/g, "/")]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("redirects", () => {
  const moved = client({
    redirects: [
      { from: "/old/*", to: "/new/*", status: 301 },
      { from: "/old/x", to: "/never" },
      { from: "/docs", to: "/docs/", status: 302 },
      { from: "/out/*", to: "https://example.com/in/*", status: 307 },
      { from: "/shut.html", to: "/about.html" },
    ],
  });

  test.each([
    ["/old/x", 301, "../new/x"],
    ["/old/x/y/?a=b&c", 301, "../../../new/x/y/?a=b&c"],
    ["/old/x?", 301, "../new/x?"],
    ["/old/x?https://evil.example/", 301, "../new/x?https://evil.example/"],
    ["/old/%2E%2e%2E", 301, "../new/..."],
    ["/old/%0D%0ASet-Cookie:%20a=b", 301, "../new/%0D%0ASet-Cookie:%20a=b"],
    ["/old/evil.example:80", 301, "../new/evil.example:80"],
    ["/old/%3Fq%23f", 301, "../new/%3Fq%23f"],
    ["/docs", 302, "docs/"],
    ["/out/a%20b/?x=%zz", 307, "https://example.com/in/a%20b/?x=%zz"],
    ["http://other.example/old/x", 301, "../new/x"],
  ])("%s is sent on with %d to %s", async (target, status, location) => {
    const shown = await moved.ask(`GET ${target}`);
    expect([shown.status, shown.fields["Location"]]).toEqual([status, location]);
    expect(shown.body).toBe("");
  });

  test("lead before the tree is asked, and HEAD as GET", async () => {
    expect((await moved.ask("GET /shut.html")).status).toBe(308);
    expect((await moved.ask("HEAD /old/x")).fields["Location"]).toBe("../new/x");
  });

  test("don't lead to where they are asked for", async () => {
    expect((await moved.ask("GET /docs/")).body).toBe("docs index");
    expect((await moved.ask("GET /docs/?q")).status).toBe(200);
  });

  test.each([
    ["/about", "/about.html"],
    ["/docs/", "/docs/index.html"],
  ])("don't lead from %s to %s, which a clean URL leads back from", async (from, to) => {
    const both = client({
      cleanUrls: true,
      redirects: [{ from: `${from.replace(/\/$/, "")}/*`, to }],
    });
    const shown = await both.ask(`GET ${from}`);
    expect([shown.status, shown.fields["Location"]]).toEqual([200, undefined]);
  });

  test("leave other methods alone", async () => {
    expect((await moved.ask("DELETE /old/x")).status).toBe(405);
    expect((await moved.ask("OPTIONS /old/x")).status).toBe(204);
  });

  test("are looked at again, or for as long as --cache says", async () => {
    expect((await moved.ask("GET /old/x")).fields["Cache-Control"]).toBe("no-cache");
    const redirects = [{ from: "/a", to: "/b" }];
    const kept = client({ redirects, cache: 60 });
    expect((await kept.ask("GET /a")).fields["Cache-Control"]).toBe("max-age=60");
  });

  test.each([
    "/old/..",
    "/old/%2e%2e/x",
    "/old/%2f%2fevil.example",
    "/old/\\evil.example",
    "/old/%5c\\",
  ])("are not for %s, which is refused", async (target) => {
    const shown = await moved.ask(`GET ${target}`);
    expect(shown.status).toBe(400);
    expect(shown.fields["Location"]).toBeUndefined();
  });
});

/** Requests' targets that try to lead away. */
const crafted = fc
  .array(
    fc.oneof(
      fc.constantFrom("/", "//", "\\", "%2f", "%5c", "..", "%2e", "%0d%0a", "@", ":", "?", "&"),
      fc.constantFrom("evil.example", "https:", "%3f", "%23", "%25", "%C3%A9", "about.html"),
      fc.constantFrom("index.html", "docs", "sub", "old", ".html", "bare"),
      fc.stringMatching(/^[!-~]{0,3}$/).filter((text) => !/[#"<>]/.test(text)),
    ),
    { maxLength: 9 },
  )
  .map((parts) => `/${parts.join("")}`);

describe("no path and no query", () => {
  const everything = client({
    single: true,
    cleanUrls: true,
    redirects: [
      { from: "/old/*", to: "/*" },
      { from: "/:a/:b/:c", to: "/:c/:a" },
    ],
    rewrites: [{ from: "/sub/*", to: "/*" }],
  });

  test("leads out of the site, splits an answer, or loses its query", async () => {
    let redirected = 0;
    await fc.assert(
      fc.asyncProperty(crafted, fc.boolean(), async (target, navigates) => {
        const request = requestOf(`GET ${target}`, navigates ? page : {});
        const response = await everything.answer(request);
        if (response.body.kind === "file") response.body.file.close();
        const location = response.fields.find(([name]) => name === "Location")?.[1];
        if (location === undefined) return;
        redirected++;
        // A relative reference: neither a path of the host nor another host or scheme.
        expect(location).toMatch(/^(?![^/?]*:)[\x21-\x2e\x30-\x7e][\x21-\x7e]*$/);
        const mark = target.indexOf("?");
        const query = mark === -1 ? "" : target.slice(mark);
        expect(location.endsWith(query)).toBe(true);
        expect(location.slice(0, location.length - query.length)).not.toMatch(/[\\?#]/);
        const url = new URL(location, `http://site.example/app${target}`);
        expect(url.origin).toBe("http://site.example");
        expect(url.pathname).toMatch(/^\/app\//);
      }),
      { numRuns: 3000 },
    );
    expect(redirected).toBeGreaterThan(30);
  });
});

describe("rewrites", () => {
  const told = client({
    cleanUrls: true,
    rewrites: [
      { from: "/start", to: "/about.html" },
      { from: "/shown/*", to: "/*" },
      { from: "/dir", to: "/docs/" },
      { from: "/clean", to: "/about" },
      { from: "/real.txt", to: "/plain" },
      { from: "/latest", to: "/sub" },
      { from: "/home", to: "/" },
    ],
  });

  test.each([
    ["/start", "<title>about</title>"],
    ["/start?q", "<title>about</title>"],
    ["/start/", "<title>about</title>"],
    ["/clean", "<title>about</title>"],
    ["/dir", "docs index"],
    ["/real.txt", "plain"],
    ["/shown/bare/part.txt", "part"],
  ])("%s is answered without telling", async (target, body) => {
    const shown = await told.ask(`GET ${target}`);
    expect([shown.status, shown.body]).toEqual([200, body]);
    expect(shown.fields["Location"]).toBeUndefined();
  });

  test.each([
    ["/shown/sub", "sub/"],
    ["/shown/sub?a=b", "sub/?a=b"],
    ["/shown", "shown/"],
    ["/latest", "latest/"],
  ])("%s lacks a slash, and is sent to %s", async (target, location) => {
    const shown = await told.ask(`GET ${target}`);
    expect([shown.status, shown.fields["Location"]]).toEqual([308, location]);
  });

  test.each([
    ["/shown/sub/", "sub index"],
    ["/shown/", "<title>home</title>"],
    ["/latest/", "sub index"],
    ["/home", "<title>home</title>"],
  ])("%s has its slash, or needs none", async (target, body) => {
    const shown = await told.ask(`GET ${target}`);
    expect([shown.status, shown.body]).toEqual([200, body]);
  });

  test("show nothing that the tree doesn't", async () => {
    expect((await told.ask("GET /shown/shut.html")).status).toBe(403);
    expect((await told.ask("GET /shown/locked/x.html")).status).toBe(403);
    expect((await told.ask("GET /shown/.secret.html")).status).toBe(404);
    expect((await told.ask("GET /shown/nothing")).status).toBe(404);
    expect((await told.ask("GET /shown/%2e%2e/x")).status).toBe(400);
  });
});

describe("clean URLs", () => {
  const clean = client({ cleanUrls: true });

  test.each([
    ["/about.html", "about"],
    ["/about.html?a=b&c", "about?a=b&c"],
    ["/about.html?", "about?"],
    ["/%61bout.html", "about"],
    ["/index.html?q", "./?q"],
    ["/sub/index.html", "./"],
    ["/docs/index.html", "./"],
    ["/docs.html", "docs"],
    ["/bare.html", "bare"],
    ["/a%20b.html", "a%20b"],
    ["/%C3%A9.html", "%C3%A9"],
    ["/v1.2.html", "v1.2"],
    ["/twice.html.html", "twice.html"],
    ["/sub", "sub/"],
  ])("%s is at %s", async (target, location) => {
    const shown = await clean.ask(`GET ${target}`);
    expect([shown.status, shown.fields["Location"]]).toEqual([308, location]);
    const { pathname, search } = new URL(location, `http://site.example${target}`);
    expect((await clean.ask(`GET ${pathname}${search}`)).status).toBe(200);
  });

  test.each([
    ["/about", "<title>about</title>"],
    ["/a%20b", "a b"],
    ["/%C3%A9", "é"],
    ["/v1.2", "v1.2"],
    ["/twice.html", "twice"],
    ["/docs", "docs page"],
    ["/docs/", "docs index"],
    ["/bare", "bare page"],
    ["/plain", "plain"],
    ["/plain.html", "plain.html"],
    ["/LOUD.HTML", "loud"],
    ["/", "<title>home</title>"],
  ])("%s is there", async (target, body) => {
    const shown = await clean.ask(`GET ${target}`);
    expect([shown.status, shown.body]).toEqual([200, body]);
  });

  test.each([
    ["/about/", 404],
    ["/about.html/", 404],
    ["/nothing.html", 404],
    ["/.html", 404],
    ["/sub/.html", 404],
    ["/.secret", 404],
    ["/.secret.html", 404],
    ["/LOUD", 404],
    ["/shut", 403],
    ["/shut.html", 403],
    ["/locked/x", 403],
    ["/locked/x.html", 403],
    ["/odd", 404],
    ["/odd.html", 308],
    [`/${"x".repeat(255)}`, 404],
    [`/${"x".repeat(251)}`, 404],
  ])("%s is answered with %d", async (target, status) => {
    expect((await clean.ask(`GET ${target}`)).status).toBe(status);
  });

  test("a page has its own type and tag, and conditions and ranges are about it", async () => {
    const { fields } = await clean.ask("GET /about");
    expect(fields["Content-Type"]).toBe("text/html; charset=utf-8");
    expect((await clean.ask("GET /about", { "If-None-Match": fields["ETag"] ?? "" })).status).toBe(
      304,
    );
    const part = await clean.ask("GET /about", { Range: "bytes=0-6" });
    expect([part.status, part.body]).toEqual([206, "<title>"]);
  });

  test("go by the name of the index", async () => {
    const other = client({ cleanUrls: true, index: "about.html" });
    expect((await other.ask("GET /about.html")).fields["Location"]).toBe("./");
    expect((await other.ask("GET /index.html")).fields["Location"]).toBe("index");
  });

  test("with a slash too many are 404, and the log says why", async () => {
    const reason = "--clean-urls serves /about.html as /about, without a slash at its end";
    const { status, note, body } = await clean.ask("GET /about/");
    expect([status, note]).toEqual([404, { reason }]);
    expect(body).not.toContain("about.html");
    for (const target of ["/nowhere/", "/shut/", "/odd/", "//about/"]) {
      expect((await clean.ask(`GET ${target}`)).note?.reason).not.toBe(reason);
    }
    expect((await client({}).ask("GET /about/")).note?.reason).toBeUndefined();
  });

  test("with a slash too many, under --explain, are told with a link", async () => {
    const explained = await client({ cleanUrls: true, explain: true }).ask("GET /about/");
    expect(explained.body).toContain(
      "<pre>--clean-urls serves /about.html as /about, without a slash at its end</pre>",
    );
    expect(explained.body).toContain('<a href="../about">/about</a>');
  });

  test("are off unless asked for", async () => {
    expect((await client({}).ask("GET /about")).status).toBe(404);
    expect((await client({}).ask("GET /about.html")).status).toBe(200);
  });
});

describe("the one page", () => {
  const single = client({ single: true });
  const vary = "Accept, Sec-Fetch-Dest";

  test.each(["/deep/down", "/deep/", "/x.js", "/about", "/.hidden", "//x", `/${"x".repeat(999)}`])(
    "answers a navigation to %s",
    async (target) => {
      const shown = await single.ask(`GET ${target}?q`, page);
      expect([shown.status, shown.body]).toEqual([200, "<title>home</title>"]);
      expect(shown.fields["Vary"]).toContain(vary);
      expect(shown.fields["Content-Type"]).toBe("text/html; charset=utf-8");
    },
  );

  test.each([
    ["a script", script],
    ["an image", { "Sec-Fetch-Dest": "image", Accept: "image/*,*/*" }],
    ["fetch()", { "Sec-Fetch-Dest": "empty", Accept: "*/*" }],
    ["curl", { Accept: "*/*" }],
    ["a client that says nothing", {}],
  ])("is not for %s, and the 404 says why", async (_who, fields) => {
    const shown = await single.ask("GET /x.js", fields);
    expect(shown.status).toBe(404);
    expect(shown.fields["Vary"]).toBe(vary);
    expect(shown.note?.reason).toBe(
      "Sec-Fetch-Dest" in fields
        ? "--single answers navigations alone: Sec-Fetch-Dest isn't document"
        : "--single answers navigations alone: Accept doesn't name text/html",
    );
  });

  test("isn't the reason for a 404 that has another one", async () => {
    const { note } = await single.ask("GET /.hidden");
    expect(note?.reason).toBe("names that begin with a dot are hidden; --hidden serves them");
  });

  test("is told of under --explain, beside similar names", async () => {
    const explaining = client({ single: true, explain: true });
    const { note, body } = await explaining.ask("GET /ap.js");
    const reason = "--single answers navigations alone: Accept doesn't name text/html";
    expect(note).toEqual({ reason: `${reason}; similar: /app.js` });
    expect(body).toContain(`<pre>${reason.replace("'", "&#39;")}</pre>`);
    expect(body).toContain('<a href="./app.js">/app.js</a>');
  });

  test("is not for what is there", async () => {
    expect((await single.ask("GET /app.js", page)).body).toBe("script");
    expect((await single.ask("GET /app.js", page)).fields["Vary"]).toBe("Accept-Encoding");
    expect((await single.ask("GET /shut.html", page)).status).toBe(403);
    expect((await single.ask("GET /sub", page)).status).toBe(308);
    expect((await single.ask("GET /%2e%2e/x", page)).status).toBe(400);
    expect((await single.ask("POST /x", page)).status).toBe(405);
  });

  test("answers HEAD and conditions as GET", async () => {
    const { fields } = await single.ask("HEAD /deep", page);
    expect(fields["ETag"]).toBeDefined();
    const again = await single.ask("GET /other", {
      ...page,
      "If-None-Match": fields["ETag"] ?? "",
    });
    expect(again.status).toBe(304);
    expect(again.fields["Vary"]).toContain(vary);
  });

  test("yields to a clean URL", async () => {
    const both = client({ single: true, cleanUrls: true });
    expect((await both.ask("GET /about", page)).body).toBe("<title>about</title>");
    expect((await both.ask("GET /abouts", page)).body).toBe("<title>home</title>");
    expect((await both.ask("GET /shut", page)).status).toBe(403);
  });

  test("is forbidden where strangers may not read it, and missing where it is", async () => {
    using other = new TempSite("empty");
    other.file("index.html", "home", 0o600);
    const there = new SiteClient(other.root, { single: true });
    expect((await there.ask("GET /deep", page)).status).toBe(403);
    unlinkSync(other.at("index.html"));
    const shown = await there.ask("GET /deep", page);
    expect([shown.status, shown.fields["Vary"]]).toEqual([404, vary]);
  });
});
