import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";

import { ServeError } from "../../src/site/serve-error.ts";
import { TempSite } from "../temp-site.ts";
import type { SiteClientOptions } from "./site-client.ts";
import { SiteClient } from "./site-client.ts";

const site = new TempSite("empty");
site.file("root/index.html", "home");
site.file("docs/a.txt", "a");
site.file("docs/key.pem", "key");
site.file("one.txt", "one");
afterAll(() => site[Symbol.dispose]());

const docs = site.at("docs");

function open(options: SiteClientOptions = {}, root = site.at("root")): SiteClient {
  return new SiteClient(root, options);
}

function refusalOf(options: SiteClientOptions, root?: string): readonly [string, string] {
  try {
    open(options, root);
    return ["opened", ""];
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return [error.code, error.message];
  }
}

describe("the folders that options mount", () => {
  test("are named as in a URL or plainly, with a slash at the end or without", async () => {
    for (const at of ["/a b", "/a%20b/", "/ä/ü", "/%C3%A4/%C3%BC"]) {
      const path = encodeURI(decodeURI(at).replace(/\/$/, ""));
      expect((await open({ mounts: { [at]: docs } }).ask(`GET ${path}/a.txt`)).body).toBe("a");
    }
  });

  test("are told by their real paths, by which they are opened again", async () => {
    const { opened } = open({ base: "/x y", mounts: { "/docs/": docs } });
    expect(opened.source).toEqual({
      root: site.at("root"),
      base: "/x%20y/",
      mounts: { "/docs/": docs },
    });
    const again = open({ base: opened.source.base, mounts: opened.source.mounts });
    expect((await again.ask("GET /x%20y/")).body).toBe("home");
    expect(open({ mounts: { "/docs": docs } }, "").opened.source.root).toBe("");
  });

  test("may be single files, and beside files in memory", async () => {
    const client = open({ files: { "/a.txt": "memory" }, mounts: { "/one": site.at("one.txt") } });
    expect((await client.ask("GET /a.txt")).body).toBe("memory");
    expect((await client.ask("GET /one/")).body).toBe("one");
    expect((await client.ask("GET /one/one.txt")).body).toBe("one");
    expect((await client.ask("GET /one/a.txt")).status).toBe(404);
  });

  test("show a file of this machine if one of them does", () => {
    const { opened } = open({ mounts: { "/docs": docs } });
    expect(opened.shows(site.at("docs/key.pem"))).toBe(true);
    expect(opened.shows(site.at("root/index.html"))).toBe(true);
    expect(opened.shows(site.at("one.txt"))).toBe(false);
  });

  test("see a change with the next request", async () => {
    const client = open({ mounts: { "/docs": docs } });
    const ask = async (): Promise<string> => (await client.ask("GET /docs/b.txt")).body;
    for (const text of ["one", "two", "three"]) {
      writeFileSync(site.at("docs/b.txt"), text);
      expect(await ask()).toBe(text);
      expect(await ask()).toBe(text);
    }
  });

  test.each<readonly [SiteClientOptions, string, string]>([
    [
      { mounts: { docs } },
      "mounts",
      "a path to serve a folder at must be a path such as /docs/, not docs",
    ],
    [
      { mounts: { "/a//b": docs } },
      "mounts",
      "a path to serve a folder at must be a path such as /docs/, not /a//b",
    ],
    [
      { mounts: { "/../a": docs } },
      "mounts",
      "a path to serve a folder at must be a path such as /docs/, not /../a",
    ],
    [{ mounts: { "/": docs } }, "mounts", "/: another folder is served there"],
    [{ mounts: { "/a": docs, "/%61/": docs } }, "mounts", "/%61/: another folder is served there"],
    [{ mounts: { "/a": "/nowhere/at/all" } }, "mounts", "/a: no such folder: /nowhere/at/all"],
    [{ base: "app" }, "base", "base must be a path such as /docs/, not app"],
    [{ base: "/a/%2e%2e/" }, "base", "base must be a path such as /docs/, not /a/%2e%2e/"],
    [{ base: "/a", mounts: { "/a/": docs } }, "mounts", "/a/: another folder is served there"],
    [
      { mounts: { "/a": docs, "/b": docs }, limits: { mountsMax: 2 } },
      "mounts",
      "at most 2 folders can be served, not 3",
    ],
  ])("%# can be wrong in one line: %j", (options, code, message) => {
    expect(refusalOf(options)).toEqual([code, message]);
  });

  test("leave a mistake in the root what it is", () => {
    expect(refusalOf({ base: "/a" }, "/nowhere/at/all")).toEqual([
      "root",
      "no such folder: /nowhere/at/all",
    ]);
  });
});

describe("the cache of a store", () => {
  const endpoint = "http://127.0.0.1:1";
  const refused = (cacheFolder: string, options: SiteClientOptions = {}): string => {
    const store = { endpoint, cacheFolder };
    const [code, message] = refusalOf({ mounts: { "/m": "s3://bucket" }, store, ...options });
    return code === "opened" ? code : `${code}: ${message.replaceAll(site.at("") + "/", "")}`;
  };

  test("must not be in a folder that is served, and isn't made there", () => {
    const rest = "is in a folder that is served; name one outside of it, or one that begins with a";
    expect(refused(site.at("root/new/cache"))).toBe(
      `store: the store's cache root/new/cache ${rest} dot`,
    );
    expect(existsSync(site.at("root/new"))).toBe(false);
    expect(refused(docs)).toBe("opened");
    const mounts = { "/docs": docs, "/m": "s3://bucket" };
    expect(refused(docs, { mounts })).toBe(`store: the store's cache docs ${rest} dot`);
    expect(refused(site.at("root/.cache"))).toBe("opened");
    expect(refused(site.at("root/.cache"), { hidden: true })).toStartWith("store: ");
    expect(refused(site.at("cache"))).toBe("opened");
  });

  test("may lie anywhere where no folder of this machine is served", () => {
    const store = { endpoint, cacheFolder: site.at("root/cache") };
    expect(refusalOf({ base: "/app", store }, "s3://bucket")[0]).toBe("opened");
  });
});
