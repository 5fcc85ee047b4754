import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { decodedOf } from "../../decoded.ts";
import { TempSite } from "../../temp-site.ts";
import { requestOf } from "../fake-request.ts";
import type { ShownResponse } from "../shown-response.ts";
import { octetsOf } from "../shown-response.ts";
import { SiteClient } from "../site-client.ts";
import { ask, TwinSites } from "../twin-sites.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
const client = new SiteClient(site.root, { live: true });
const navigation = { "Sec-Fetch-Dest": "document" };
const script = '<script src=".postern/live.js" async=""></script>';
const long = `<!doctype html><title>long</title>${"<p>hello, world</p>\n".repeat(50_000)}`;
site.file("page.html", "<!doctype html><title>ü</title><p>hello");
site.file("long.html", long);
site.file("page.xhtml", '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head></html>');
site.file("a/b/page.html", "<p>deep");
site.file("empty.html", "");
site.file("script.js", "1");

/** What is answered to a navigation. */
function visit(path: string, fields: Record<string, string> = {}): Promise<ShownResponse> {
  return client.ask(`GET ${path}`, { ...navigation, ...fields });
}

describe("a page of the tree with live reload", () => {
  test("has the script where it changes nothing else, and a tag of its own", async () => {
    const plain = await new SiteClient(site.root).ask("GET /page.html", navigation);
    const { fields, body } = await visit("/page.html");
    expect(body).toBe(`<!doctype html>${script}<title>ü</title><p>hello`);
    const tag = plain.fields["ETag"]?.slice(1, -1);
    expect(fields["ETag"]).toMatch(new RegExp(`^"${tag}-live-\\w+"$`));
    // That of the file says nothing about the page with the script.
    expect(fields["Last-Modified"]).toBeUndefined();
    expect(fields["Vary"]).toBe("Accept-Encoding, Sec-Fetch-Dest");
  });

  test("is the file itself for what doesn't navigate: programs, and scripts of pages", async () => {
    for (const fields of [{}, { "Sec-Fetch-Dest": "empty", Accept: "text/html" }]) {
      const answer = await client.ask("GET /page.html", fields);
      expect(answer.body).toBe("<!doctype html><title>ü</title><p>hello");
      expect(answer.fields["Last-Modified"]).toBeString();
      expect(answer.fields["Vary"]).toBe("Accept-Encoding, Sec-Fetch-Dest");
    }
    // Over plain http, browsers say only what they accept.
    const { body } = await client.ask("GET /page.html", { Accept: "text/html,*/*;q=0.8" });
    expect(body).toContain(script);
  });

  test("is the same for HEAD, and nothing else has a script", async () => {
    const { fields } = await visit("/page.html");
    const head = await client.ask("HEAD /page.html", navigation);
    expect(head.fields).toEqual(fields);
    expect((await visit("/script.js")).body).toBe("1");
  });

  test("has the script's address relative to what was asked for", async () => {
    expect((await visit("/a/b/page.html")).body).toStartWith(
      '<script src="../../.postern/live.js" async=""></script><p>',
    );
    expect((await visit("/empty.html")).body).toBe(script);
    expect((await visit("/page.xhtml")).body).toContain('<head><script xmlns="http://');
  });

  test.each([
    ["/", "/none", ".postern/live.js"],
    ["/", "/docs/a%2fb/c.html", "../../.postern/live.js"],
    ["/app/", "/app/none", ".postern/live.js"],
    ["/app/", "/%61pp/b/none", "../.postern/live.js"],
    ["/app/", "/none", "app/.postern/live.js"],
    ["/a'b/", "/none", "a&#39;b/.postern/live.js"],
  ])("under the base %s, asked for as %s, leads to its script", async (base, path, source) => {
    const based = new SiteClient(site.root, { live: true, base });
    const { body } = await based.ask(`GET ${path}`, navigation);
    expect(body).toContain(`<script src="${source}" data-any=""`);
    const address = new URL(source.replace("&#39;", "'"), `http://localhost${path}`).pathname;
    const found = await based.ask(`GET ${address}`);
    expect(found.fields["Content-Type"]).toStartWith("text/javascript");
  });

  test("is revalidated by its own tag, and never by the file's", async () => {
    const { fields } = await visit("/page.html");
    const tag = fields["ETag"] ?? "";
    const again = await visit("/page.html", { "If-None-Match": tag });
    expect(again).toMatchObject({
      status: 304,
      fields: { ETag: tag, "Cache-Control": "no-cache" },
    });
    const plain = (await client.ask("GET /page.html")).fields["ETag"] ?? "";
    expect((await visit("/page.html", { "If-None-Match": plain })).status).toBe(200);
    const future = { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT" };
    expect((await visit("/page.html", future)).status).toBe(200);
  });

  test("has ranges of the page with the script", async () => {
    const { body } = await visit("/page.html");
    const part = await visit("/page.html", { Range: "bytes=10-80" });
    const octets = Buffer.from(body);
    expect(part).toMatchObject({ status: 206, body: octets.subarray(10, 81).toString() });
    expect(part.fields["Content-Range"]).toBe(`bytes 10-80/${octets.length}`);
  });

  test("of many megabytes is sent from its file, with ranges across the script", async () => {
    const whole = await visit("/long.html");
    const expected = long.replace("<title>", `${script}<title>`);
    expect(whole.kind).toBe("file");
    expect(whole.body).toBe(expected);
    for (const [first, last] of [
      [0, 14],
      [10, 30],
      [15, 60],
      [500_000, 500_100],
    ] as const) {
      const part = await visit("/long.html", { Range: `bytes=${first}-${last}` });
      expect(part.body).toBe(expected.slice(first, last + 1));
    }
  });

  test("is compressed with its script, and not from a file beside it", async () => {
    site.file("beside.html", "<p>".padEnd(2000, "x"));
    site.file("beside.html.gz", "stale");
    for (const path of ["/beside.html", "/long.html"]) {
      const plain = await visit(path);
      const request = requestOf(`GET ${path}`, { ...navigation, "Accept-Encoding": "gzip" });
      const response = await client.answer(request);
      expect(response.fields).toContainEqual(["Content-Encoding", "gzip"]);
      expect(decodedOf(octetsOf(response))).toBe(plain.body);
    }
  });

  test("answers from the cache what it would answer without one", async () => {
    const twins = new TwinSites(site.root, { live: true });
    await twins.askOften(ask("/page.html", navigation));
    await twins.askOften(ask("/page.html"));
    const { body } = await twins.askOften(ask("/a/b/page.html", navigation));
    site.file("a/b/page.html", "<p>changed");
    const changed = await twins.ask(ask("/a/b/page.html", navigation));
    expect(changed.body).not.toBe(body);
    expect(changed.body).toContain("changed");
  });

  test("that strangers may not read stays shut (and so does a folder)", async () => {
    site.file("shut.html", "<p>secret", 0o640);
    site.folder("locked", 0o750);
    site.file("locked/page.html", "<p>secret");
    site.folder("locked", 0o750);
    for (const path of ["/shut.html", "/locked/page.html"]) {
      const answer = await visit(path);
      expect(answer.status).toBe(403);
      expect(answer.body).not.toContain("secret");
      expect(answer.body).toContain("live.js");
    }
  });
});

/** The policy of a listing. */
async function policyOf(of: SiteClient): Promise<string | undefined> {
  return (await of.ask("GET /list/", navigation)).fields["Content-Security-Policy"];
}

describe("a listing with live reload", () => {
  test("has the script, and reloads whatever changes", async () => {
    mkdirSync(site.at("list"), { recursive: true });
    site.folder("list");
    const { body } = await visit("/list/");
    expect(body).toContain(
      '<head><script src="../.postern/live.js" data-any="" async=""></script>',
    );
    expect((await client.ask("GET /list/")).body).not.toContain("live.js");
  });

  test("has a policy that lets the script run, which a listing without it has not", async () => {
    site.folder("list");
    const policy = await policyOf(new SiteClient(site.root));
    expect(policy).toContain("script-src 'sha256-");
    expect(policy).not.toContain("script-src 'self'");
    const expected = policy?.replace("script-src ", "script-src 'self' ");
    expect(await policyOf(client)).toBe(expected);
    // One that is sent while it is made.
    const limits = { listingWholeEntriesMax: 0 };
    site.file("list/a.txt", "");
    expect(await policyOf(new SiteClient(site.root, { live: true, limits }))).toBe(expected);
  });

  test("has no script where a rule replaces its policy by one that refuses it", async () => {
    const { body } = await under("script-src 'none'").ask("GET /list/", navigation);
    expect(body).not.toContain("live.js");
    const own = await under("script-src 'self'").ask("GET /list/", navigation);
    expect(own.body).toContain("live.js");
  });
});

/** The site under a policy. */
const under = (value: string): SiteClient =>
  new SiteClient(site.root, {
    live: true,
    headers: [{ name: "Content-Security-Policy", value }],
  });

describe("a page under a Content-Security-Policy", () => {
  test("gets its nonce, from a rule or from the page", async () => {
    const rule = under("script-src 'nonce-r4nd'; connect-src 'self'");
    expect((await rule.ask("GET /page.html", navigation)).body).toContain('nonce="r4nd"');
    site.file(
      "csp.html",
      `<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-m3ta' 'self'">`,
    );
    expect((await visit("/csp.html")).body).toContain('nonce="m3ta"');
  });

  test("or under a rule that shows it as text has no script", async () => {
    const value = "text/plain; charset=utf-8";
    const headers = [{ path: "/page.html", name: "Content-Type", value }];
    const ruled = new SiteClient(site.root, { live: true, headers });
    const { body, fields } = await ruled.ask("GET /page.html", navigation);
    expect([fields["Content-Type"], body]).toEqual([
      value,
      "<!doctype html><title>ü</title><p>hello",
    ]);
    expect((await ruled.ask("GET /a/b/page.html", navigation)).body).toContain("live.js");
  });

  test("that is saved or shown as its source is the file", async () => {
    for (const path of ["/page.html?download=1", "/page.html?raw"]) {
      const answer = await visit(path);
      expect(answer.body).not.toContain("live.js");
    }
    const headers = [{ name: "Content-Disposition", value: "attachment" }];
    const saved = new SiteClient(site.root, { live: true, headers });
    for (const path of ["/page.html", "/none.html"]) {
      const { body } = await saved.ask(`GET ${path}`, navigation);
      expect(body.includes("live.js")).toBe(path === "/none.html");
    }
  });

  test("that keeps live reload out gets no script, which is reported once", async () => {
    const shut = under("default-src 'none'");
    for (let i = 0; i < 2; i++) {
      const { body, status } = await shut.ask("GET /page.html?x", navigation);
      expect([status, body]).toEqual([200, "<!doctype html><title>ü</title><p>hello"]);
    }
    await shut.ask("GET /long.html", navigation);
    const directive = "default-src 'none'";
    expect(shut.liveReports).toEqual([
      { kind: "refused", path: "/page.html", directive },
      { kind: "refused", path: "/long.html", directive },
    ]);
    // The worker's own policy is none, since it decides what the worker may connect to.
    const worker = await shut.ask("GET /.postern/live.js");
    expect(worker.fields["Content-Security-Policy"]).toBeUndefined();
  });
});
