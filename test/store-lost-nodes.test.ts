/**
 * A store that has lost most of its nodes: it gives what is there, and fails for what isn't, as
 * none of those that are left can say so for all. What visitors get of it, and what stays in
 * caches.
 */

import { describe, expect, test } from "bun:test";
import { brotliCompressSync } from "node:zlib";

import type { ServeOptions } from "../src/server/serve-options.ts";
import { serve } from "../src/server/serve.ts";
import { StoreStub } from "./tree/store/store-stub.ts";

const page = "<!doctype html><p>".padEnd(4000, "x");
const coded = brotliCompressSync(page);

/** Such a store, and a server over it. */
class Lost implements AsyncDisposable {
  readonly stub: StoreStub;
  readonly server: Awaited<ReturnType<typeof serve>>;
  readonly lines: string[];

  private constructor(stub: StoreStub, server: Awaited<ReturnType<typeof serve>>, lines: string[]) {
    this.stub = stub;
    this.server = server;
    this.lines = lines;
  }

  static async open(options: ServeOptions = {}): Promise<Lost> {
    const stub = await StoreStub.start();
    stub.put("a.html", page);
    const { root, store } = stub.options();
    const lines: string[] = [];
    const write = (text: string): void => void lines.push(text);
    const own = { root, host: "127.0.0.1", log: "short", write, ...options } as const;
    const server = await serve({ ...own, store: { ...store, ...options.store } });
    return new Lost(stub, server, lines);
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const url = new URL(path, this.server.url);
    return await fetch(url, { headers, redirect: "manual", decompress: false });
  }

  /** The status and the coding of a response to one who accepts `codings`. */
  async coding(path: string, codings: string): Promise<string> {
    const response = await this.get(path, { "accept-encoding": codings });
    await response.bytes();
    return `${response.status} ${response.headers.get("content-encoding")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop({ force: true });
    await this.stub.stop();
  }
}

describe("a text without compressed files beside it", () => {
  test("is sent, compressed here, however often, and they are asked for once each", async () => {
    await using lost = await Lost.open();
    lost.stub.loseNodes();
    expect(await lost.coding("/a.html", "gzip, br, zstd")).toBe("200 zstd");
    expect(lost.stub.told().toSorted()).toEqual([
      "GET a.html 206",
      "GET a.html.br 503",
      "GET a.html.gz 503",
      "GET a.html.zst 503",
    ]);
    for (let i = 0; i < 30; i++) expect(await lost.coding("/a.html", "br")).toBe("200 br");
    // After eight failures in a row they are left alone for a while.
    const beside = lost.stub.told().filter((line) => !line.startsWith("GET a.html 304"));
    expect(beside).toEqual(Array.from({ length: beside.length }, () => "GET a.html.br 503"));
    expect(beside.length).toBeLessThan(10);
  });

  test("is sent uncompressed when it is too small to be compressed here", async () => {
    await using lost = await Lost.open();
    lost.stub.put("small.txt", "small");
    lost.stub.loseNodes();
    const response = await lost.get("/small.txt", { "accept-encoding": "br, gzip" });
    expect(await response.text()).toBe("small");
    // Caches keep it for those who accept the same, and no other.
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
  });

  test("waits for them no longer than their deadline", async () => {
    await using lost = await Lost.open({ limits: { storeOptionalTimeMs: 50 } });
    lost.stub.fault = ({ key }) =>
      key.startsWith("a.html.") ? { wait: new Promise(() => undefined) } : undefined;
    expect(await lost.coding("/a.html", "br")).toBe("200 br");
    expect(lost.stub.told()).toEqual(["GET a.html 206", "GET a.html.br 0"]);
  });
});

/** Makes the store of `lost` fail for the compressed file, and for nothing else. */
function failBeside(lost: Lost): void {
  lost.stub.fault = ({ key }) => (key === "a.html.br" ? { status: 503 } : undefined);
}

describe("a text with a compressed file beside it that can't be read", () => {
  test.each([0, 3600])(
    "is sent otherwise, and as that file again by the next request, with fresh %d",
    async (fresh) => {
      await using lost = await Lost.open({ store: { fresh } });
      lost.stub.put("a.html.br", coded);
      failBeside(lost);
      const without = await lost.get("/a.html", { "accept-encoding": "br" });
      expect([without.status, without.headers.get("content-encoding")]).toEqual([200, "br"]);
      lost.stub.fault = undefined;
      const withIt = await lost.get("/a.html", { "accept-encoding": "br" });
      expect(await withIt.bytes()).toEqual(new Uint8Array(coded));
      // Each variant has its own tag, so what a cache has of one is not taken for the other.
      expect(withIt.headers.get("etag")).not.toBe(without.headers.get("etag"));
      const tag = without.headers.get("etag") ?? "";
      const again = await lost.get("/a.html", { "accept-encoding": "br", "if-none-match": tag });
      expect(again.status).toBe(200);
    },
  );

  test("isn't said not to be what a condition names (RFC 9110 §13.1.1)", async () => {
    await using lost = await Lost.open();
    lost.stub.put("a.html.br", coded);
    const accepting = { "accept-encoding": "br" };
    const tag = (await lost.get("/a.html", accepting)).headers.get("etag") ?? "";
    failBeside(lost);
    const named = await lost.get("/a.html", { ...accepting, "if-match": tag });
    expect([named.status, named.headers.get("retry-after")]).toEqual([503, "1"]);
    // One that holds for any, or that asks for what is new, is answered.
    expect((await lost.get("/a.html", { ...accepting, "if-match": "*" })).status).toBe(200);
    expect((await lost.get("/a.html", { ...accepting, "if-none-match": tag })).status).toBe(200);
    const part = { ...accepting, range: "bytes=0-9", "if-range": tag };
    expect((await lost.get("/a.html", part)).status).toBe(200);
    lost.stub.fault = undefined;
    expect((await lost.get("/a.html", { ...accepting, "if-match": tag })).status).toBe(200);
    expect((await lost.get("/a.html", { ...accepting, "if-match": '"other"' })).status).toBe(412);
  });

  test("isn't said to be in no acceptable coding (RFC 9110 §15.5.7)", async () => {
    await using lost = await Lost.open({ limits: { codingBytesMax: 1000 } });
    lost.stub.put("a.html.br", coded);
    const codings = "br, identity;q=0";
    expect(await lost.coding("/a.html", codings)).toBe("200 br");
    failBeside(lost);
    expect(await lost.coding("/a.html", codings)).toBe("503 null");
    lost.stub.fault = undefined;
    lost.stub.remove("a.html.br");
    expect(await lost.coding("/a.html", codings)).toBe("406 null");
  });
});

describe("what is missing", () => {
  test("is 503 while that can't be said, and nothing else is", async () => {
    await using lost = await Lost.open();
    lost.stub.loseNodes();
    for (let i = 0; i < 8; i++) {
      const missing = Array.from({ length: 4 }, async (_, at) => await lost.get(`/no${i}-${at}`));
      const [there] = await Promise.all([lost.get("/a.html"), ...missing]);
      expect(there?.status).toBe(200);
      for (const response of missing) expect((await response).status).toBe(503);
    }
  });

  test("is 404 with the built-in page when it is known, and only the page of one's own isn't", async () => {
    await using lost = await Lost.open();
    lost.stub.fault = ({ key }) => (key === "404.html" ? { status: 503 } : undefined);
    const response = await lost.get("/missing");
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("There is nothing here by this name.");
    expect(lost.stub.told().filter((line) => line.includes("404.html"))).toHaveLength(1);
    lost.stub.fault = undefined;
    lost.stub.put("404.html", "of one's own");
    expect(await (await lost.get("/missing")).text()).toBe("of one's own");
    await lost.server.stop();
    expect(lost.lines.join("")).toContain("404.html can't be read: the object store answered 503");
  });

  test("is 404 without the way up when that can't be asked for", async () => {
    await using lost = await Lost.open();
    lost.stub.put("docs/deep/x.txt", "x");
    lost.stub.fault = ({ key }) => (key.endsWith("index.html") ? { status: 503 } : undefined);
    const response = await lost.get("/docs/deep/missing");
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain("docs/deep/<");
    const asked = lost.stub.told().filter((line) => line.endsWith("503"));
    expect(asked).toEqual(["GET docs/deep/index.html 503"]);
  });

  test("is 403 with the built-in page for what is locked", async () => {
    await using lost = await Lost.open();
    lost.stub.put("shut.txt", "x", { "x-amz-meta-mode": "100600" });
    lost.stub.loseNodes();
    expect((await lost.get("/shut.txt")).status).toBe(403);
  });
});

describe("a folder", () => {
  test("has no listing while it can't be said that it has no index", async () => {
    await using lost = await Lost.open();
    lost.stub.loseNodes();
    expect((await lost.get("/")).status).toBe(503);
  });

  test("is listed without a README that can't be read, each name asked for once", async () => {
    await using lost = await Lost.open();
    lost.stub.put("README.md", "# Hello");
    lost.stub.fault = ({ method, key }) =>
      method === "GET" && /readme/i.test(key) ? { status: 503 } : undefined;
    const listing = async (): Promise<string> =>
      await (await lost.get("/", { accept: "text/html" })).text();
    expect(await listing()).not.toContain("Hello");
    const asked = lost.stub.told().filter((line) => line.endsWith("503"));
    expect(asked).toHaveLength(6);
    expect(new Set(asked).size).toBe(6);
    lost.stub.fault = undefined;
    expect(await listing()).toContain("Hello");
  });
});
