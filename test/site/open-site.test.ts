import { afterAll, describe, expect, test } from "bun:test";

import type { Limits } from "../../src/base/limits.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import { ServeError } from "../../src/site/serve-error.ts";
import { TempSite } from "../temp-site.ts";
import type { SiteClientOptions } from "./site-client.ts";
import { SiteClient } from "./site-client.ts";

const site = new TempSite("empty");
afterAll(() => site[Symbol.dispose]());
site.file("index.html", "<title>home</title>");
site.file("about.html", "<title>about</title>");
site.file("real.txt", "real");
site.file("shut.txt", "shut", 0o600);
site.file(".hidden.txt", "hidden");

const page = { Accept: "text/html,*/*;q=0.8" };
const script = { "Sec-Fetch-Dest": "script", Accept: "*/*" };

describe("a site", () => {
  test("does as its options say, all of them at once", async () => {
    const client = new SiteClient(site.root, {
      single: true,
      cleanUrls: true,
      index: "about.html",
      cache: 60,
      redirects: [{ from: "/old", to: "/real.txt", status: 303 }],
      rewrites: [{ from: "/same", to: "/real.txt" }],
    });
    const old = await client.ask("GET /old?x");
    expect([old.status, old.fields["Location"]]).toEqual([303, "real.txt?x"]);
    expect(old.fields["Cache-Control"]).toBe("max-age=60");
    expect((await client.ask("GET /same")).body).toBe("real");
    expect((await client.ask("GET /", page)).body).toBe("<title>about</title>");
    expect((await client.ask("GET /deep", page)).body).toBe("<title>about</title>");
    expect((await client.ask("GET /deep", script)).status).toBe(404);
    expect((await client.ask("GET /about.html")).fields["Location"]).toBe("./");
  });

  test("of a folder says where that is, and what of it strangers are shown", () => {
    const { opened } = new SiteClient(`${site.root}/.`);
    expect(opened.source.root).toBe(site.root);
    for (const [name, isShown] of [
      ["real.txt", true],
      ["shut.txt", false],
      [".hidden.txt", false],
      ["nowhere", false],
      ["../", false],
    ] as const) {
      expect([name, opened.shows(site.at(name))]).toEqual([name, isShown]);
    }
  });

  test("has the limits that were asked for, and else the defaults", () => {
    const { limits } = new SiteClient(site.root, { limits: { rangeCountMax: 3 } });
    expect(limits).toEqual({ ...defaultLimits, rangeCountMax: 3 } as Limits);
  });
});

describe("a site that can't be says so in its options' words", () => {
  const small = { inlineBytesMax: -1 };
  test.each<readonly [code: string, options: SiteClientOptions, message: string]>([
    ["rules", { redirects: [{ from: "x", to: "/" }] }, "redirects[0]: not a path pattern: x"],
    ["rules", { headers: [{ name: "a b", value: "" }] }, "not a field name: a b"],
    ["rules", { cache: -1 }, "not a number of seconds: -1"],
    ["form", { form: "a/b.html" }, "the form page must be a file's name, not a/b.html"],
    ["form", { form: "" }, "the form page must be a file's name, not "],
    ["index", { index: ".." }, "the index must be a file's name, not .."],
    ["limits", { limits: small }, "inlineBytesMax must be "],
  ])("%s: %j", (code, options, message) => {
    let thrown: unknown;
    try {
      void new SiteClient(site.root, options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ServeError);
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  test.each([
    ["nowhere", "no such folder: "],
    ["real.txt/", "no such folder: "],
  ])("root: %s", (name, message) => {
    const root = site.at(name);
    expect(() => new SiteClient(root)).toThrow(new ServeError("root", message + root));
  });

  test("and an index need not be", () => {
    expect(new SiteClient(site.root, { index: "" }).tree.index).toBe("");
  });
});
