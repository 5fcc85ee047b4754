/** A server over an object store, as its clients and its users see it. */

import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";

import { audit } from "../src/cli/audit/audit.ts";
import { openAuditedSite } from "../src/cli/audit/audited-site.ts";
import type { ServeOptions } from "../src/server/serve-options.ts";
import { serve } from "../src/server/serve.ts";
import { Command } from "./cli/command.ts";
import { TempSite } from "./temp-site.ts";
import { StoreStub } from "./tree/store/store-stub.ts";
import { TempTree } from "./tree/temp-tree.ts";

/** A store, a server over it, and a client. */
class Served implements AsyncDisposable {
  readonly stub: StoreStub;
  readonly server: Awaited<ReturnType<typeof serve>>;

  private constructor(stub: StoreStub, server: Awaited<ReturnType<typeof serve>>) {
    this.stub = stub;
    this.server = server;
  }

  static async open(options: ServeOptions = {}, prefix = ""): Promise<Served> {
    const stub = await StoreStub.start();
    const { root, store } = stub.options(prefix);
    const own = { root, host: "127.0.0.1", ...options, store: { ...store, ...options.store } };
    return new Served(stub, await serve(own));
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    const url = new URL(path, this.server.url);
    return await fetch(url, { headers, redirect: "manual", decompress: false });
  }

  async text(path: string, headers: Record<string, string> = {}): Promise<string> {
    return await (await this.get(path, headers)).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop({ force: true });
    await this.stub.stop();
  }
}

const large = new Uint8Array(6_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);

describe("what lies in a store that fails", () => {
  test.each([
    [403, 502],
    [503, 503],
    [504, 504],
  ])(
    "as %d is answered %d, with when to ask again (RFC 9110 §10.2.3)",
    async (answered, status) => {
      await using served = await Served.open();
      served.stub.fault = () => ({ status: answered, retryAfter: "7" });
      const response = await served.get("/a.txt");
      expect(response.status).toBe(status);
      expect(response.headers.get("retry-after")).toBe("7");
      expect(response.headers.get("connection")).not.toBe("close");
      expect(await response.text()).not.toContain("127.0.0.1");
      served.stub.fault = undefined;
      served.stub.put("a.txt", "here");
      expect(await served.text("/a.txt")).toBe("here");
    },
  );

  test("says why to the log and not to the client", async () => {
    const lines: string[] = [];
    const write = (text: string): void => void lines.push(text);
    await using served = await Served.open({ log: "short", write });
    served.stub.fault = () => ({ status: 403, code: "AccessDenied" });
    const response = await served.get("/docs/");
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain("AccessDenied");
    await served.server.stop();
    expect(lines.join("")).toContain("the object store answered 403");
  });

  test("is sent all the same if what is known may be stale", async () => {
    await using served = await Served.open({ store: { staleIfError: 60 } });
    served.stub.put("a.txt", "here");
    await served.text("/a.txt");
    served.stub.fault = () => ({ status: 403 });
    expect(await served.text("/a.txt")).toBe("here");
    expect((await served.get("/b.txt")).status).toBe(502);
  });
});

describe("a store that fails as a whole", () => {
  test("is told of on standard error, and again when it answers", async () => {
    const stub = await StoreStub.start();
    stub.put("a.txt", "here");
    const { root, store } = stub.options("");
    using place = new TempSite("empty");
    const limits = { storeFailuresMax: 1, storeOpenTimeMs: 1 };
    place.file("postern.json", JSON.stringify({ root, store, limits, log: "none" }));
    const words = ["--config", place.at("postern.json"), "--port", "0", "--ready", "json"];
    await using command = new Command(words);
    const { port } = JSON.parse((await command.line()) ?? "") as { readonly port: number };
    const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/a.txt`)).status;
    stub.fault = () => ({ status: 503 });
    const fails = "fails as a whole, and is asked nothing but once in 0.001 s";
    const said = `postern: ${root}: the object store ${fails}\n`;
    expect(await ask()).toBe(503);
    await command.says(said);
    stub.fault = undefined;
    while ((await ask()) !== 200) await Bun.sleep(1);
    await command.says(`${said}postern: ${root}: the object store answers again\n`);
    await stub.stop();
  });
});

describe("a store that takes connections and answers nothing", () => {
  const silence = { wait: new Promise(() => undefined) };
  // Without the look at its silence nothing would end within the time of a test.
  const deadlines = { storeResponseTimeMs: 600_000, storeTimeMs: 600_000 };

  test("is answered 504 by all who wait as soon as that is known, and then 503 (RFC 9110 §15.6.5)", async () => {
    const limits = { ...deadlines, storeSilenceTimeMs: 100, storeOpenTimeMs: 600_000 };
    await using served = await Served.open({ limits });
    served.stub.fault = () => silence;
    const paths = ["/a.txt", "/docs/b.txt", "/", "/a.txt", "/docs/"];
    const first = await Promise.all(paths.map((path) => served.get(path)));
    // Those that come to a busy machine later find the circuit open.
    expect(first[0]?.status).toBe(504);
    expect(first.filter(({ status }) => ![503, 504].includes(status))).toEqual([]);
    const next = await served.get("/a.txt");
    expect(next.status).toBe(503);
    for (const { headers } of [...first, next]) {
      expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    }
  });

  test("isn't waited for where what is known may be stale", async () => {
    const limits = { ...deadlines, storeSilenceTimeMs: 600_000, storeOptionalTimeMs: 100 };
    await using served = await Served.open({ limits, store: { staleIfError: 60 } });
    served.stub.put("docs/a.txt", "here");
    expect(await served.text("/docs/a.txt")).toBe("here");
    const listed = await served.text("/docs/");
    served.stub.fault = () => silence;
    expect(await served.text("/docs/a.txt")).toBe("here");
    expect(await served.text("/docs/")).toBe(listed);
  });
});

test("a folder of more keys than are put in order says so, and gives each file", async () => {
  const limits = { listingOrderedEntriesMax: 3, listingEntriesMax: 2 };
  await using served = await Served.open({ limits });
  for (let i = 0; i < 4; i++) served.stub.put(`${i}.txt`, `${i}`);
  const response = await served.get("/");
  expect(response.status).toBe(200);
  const page = await response.text();
  expect(page).toContain('href="./1.txt"');
  expect(page).toContain("And more, on no page. Each can be asked for by its name.");
  expect(await served.text("/3.txt")).toBe("3");
  const listed = await (await served.get("/", { accept: "application/json" })).json();
  expect(listed).toMatchObject({ files: 3, page: 1, left: null });
  served.stub.remove("3.txt");
  expect(await served.text("/")).not.toContain("And more");
});

test("an archive of a folder of more keys than are read breaks off, whatever is left out of it", async () => {
  const limits = { listingOrderedEntriesMax: 3, listingEntriesMax: 3, archiveEntriesMax: 3 };
  await using served = await Served.open({ limits, allowArchive: true });
  for (let i = 0; i < 4; i++) {
    served.stub.put(`${i}.txt`, `${i}`, { "x-amz-meta-mode": i < 2 ? "100600" : "100644" });
  }
  const archive = async (): Promise<Uint8Array | string> =>
    await (await served.get("/?download=tar")).bytes().catch(() => "broken off");
  expect(await archive()).toBe("broken off");
  served.stub.remove("3.txt");
  const files = await new Bun.Archive((await archive()) as Uint8Array<ArrayBuffer>).files();
  expect([...files.keys()]).toEqual(["site/2.txt"]);
});

describe("a large object", () => {
  test("is sent whole, and a range of it, by one further request each", async () => {
    await using served = await Served.open();
    served.stub.put("big.bin", large);
    const whole = await served.get("/big.bin");
    expect(whole.headers.get("content-length")).toBe("6000000");
    expect(Bun.hash(await whole.arrayBuffer())).toBe(Bun.hash(large));
    expect(served.stub.told()).toEqual(["GET big.bin 206", "GET big.bin 206"]);
    const range = "bytes=5000000-5000099";
    const part = await served.get("/big.bin", { range });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 5000000-5000099/6000000");
    expect(await part.bytes()).toEqual(large.slice(5_000_000, 5_000_100));
    expect(served.stub.told()).toEqual(["GET big.bin 304", "GET big.bin 206"]);
    const etag = whole.headers.get("etag") ?? "";
    const unchanged = await served.get("/big.bin", { "if-none-match": etag });
    expect(unchanged.status).toBe(304);
    const several = await served.get("/big.bin", { range: "bytes=0-1,5999998-" });
    expect(several.headers.get("content-type")).toStartWith("multipart/byteranges");
    expect((await several.bytes()).length).toBe(Number(several.headers.get("content-length")));
    const head = await fetch(new URL("/big.bin", served.server.url), { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("6000000");
  });

  test("that changes while it is sent breaks the response off", async () => {
    await using served = await Served.open();
    served.stub.put("big.bin", large);
    served.stub.fault = ({ headers }) => {
      if (headers["if-match"] === undefined) return undefined;
      served.stub.put("big.bin", large.toReversed());
      return { closeAfter: 1_000_000 };
    };
    const response = await served.get("/big.bin");
    expect(response.status).toBe(200);
    expect(response.arrayBuffer()).rejects.toThrow();
    await response.arrayBuffer().catch(() => undefined);
  });

  test("that has changed while it counted as fresh is asked for anew by the next request", async () => {
    await using served = await Served.open({ store: { fresh: 3600 } });
    served.stub.put("big.bin", large);
    await (await served.get("/big.bin")).arrayBuffer();
    const changed = large.toReversed();
    served.stub.put("big.bin", changed);
    const broken = await served.get("/big.bin");
    expect(await broken.arrayBuffer().catch(() => "broken off")).toBe("broken off");
    const next = await served.get("/big.bin");
    expect(Bun.hash(await next.arrayBuffer())).toBe(Bun.hash(changed));
  });

  test("is in an archive", async () => {
    await using served = await Served.open({ allowArchive: true });
    served.stub.put("docs/big.bin", large);
    served.stub.put("docs/small.txt", "small");
    served.stub.put("docs/shut.txt", "shut", { "x-amz-meta-mode": "100600" });
    const response = await served.get("/docs/?download=tar");
    const archive = new Bun.Archive(await response.arrayBuffer());
    const files = await archive.files();
    expect([...files.keys()].toSorted()).toEqual(["docs/big.bin", "docs/small.txt"]);
    const octets = await files.get("docs/big.bin")?.arrayBuffer();
    expect(Bun.hash(octets ?? "")).toBe(Bun.hash(large));
  });
});

describe("an object", () => {
  test("that is stored coded is sent so, or not at all (RFC 9110 §12.5.3)", async () => {
    await using served = await Served.open();
    const coded = gzipSync("p { color: red }\n".repeat(200));
    served.stub.put("a.css", coded, { "content-encoding": "gzip" });
    const response = await served.get("/a.css", { "accept-encoding": "gzip, br" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("content-type")).toStartWith("text/css");
    expect(await response.bytes()).toEqual(new Uint8Array(coded));
    const refused = await served.get("/a.css", { "accept-encoding": "br, identity;q=0" });
    expect(refused.status).toBe(406);
  });

  test("that was compressed ahead is found beside it, all of them asked for at once", async () => {
    await using served = await Served.open();
    const page = "<!doctype html>".padEnd(4000, "x");
    served.stub.put("a.html", page);
    served.stub.put("a.html.gz", gzipSync(page));
    const response = await served.get("/a.html", { "accept-encoding": "gzip, br, zstd" });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(served.stub.told().toSorted()).toEqual([
      "GET a.html 206",
      "GET a.html.br 404",
      "GET a.html.gz 206",
      "GET a.html.zst 404",
    ]);
  });

  test("has the same tag from every replica, and from a disk", async () => {
    await using first = await Served.open();
    await using second = await Served.open();
    const temp = new TempTree();
    temp.file("a.txt", "the same");
    await using disk = await serve({ root: temp.root, host: "127.0.0.1" });
    for (const { stub } of [first, second]) stub.put("a.txt", "the same");
    const tags = [await first.get("/a.txt"), await second.get("/a.txt")].map(({ headers }) =>
      headers.get("etag"),
    );
    const { headers } = await fetch(new URL("/a.txt", disk.url));
    expect(new Set([...tags, headers.get("etag")]).size).toBe(1);
    temp.remove();
  });
});

test("an answer that is fresh is given out again without a question, and no longer", async () => {
  await using served = await Served.open({ store: { fresh: 1 } });
  served.stub.put("a.txt", "one");
  for (let i = 0; i < 5; i++) expect(await served.text("/a.txt")).toBe("one");
  const asked = served.stub.told();
  expect(asked.filter((line) => line === "GET a.txt 206")).toHaveLength(1);
  served.stub.put("a.txt", "two");
  while ((await served.text("/a.txt")) !== "two") await Bun.sleep(50);
  expect(served.stub.told().filter((line) => line === "GET a.txt 206")).toHaveLength(1);
});

describe("a store as one of several trees", () => {
  test("is mounted beside a folder, and listed above it", async () => {
    const stub = await StoreStub.start();
    stub.put("media/a.txt", "stored");
    const temp = new TempTree();
    temp.file("b.txt", "on disk");
    const { store } = stub.options();
    const mounts = { "/media": "s3://site/media" };
    await using server = await serve({ root: temp.root, mounts, store, host: "127.0.0.1" });
    const text = async (path: string): Promise<string> =>
      await (await fetch(new URL(path, server.url))).text();
    expect(await text("/media/a.txt")).toBe("stored");
    expect(await text("/b.txt")).toBe("on disk");
    expect(await text("/")).toContain('href="./media/"');
    await stub.stop();
    temp.remove();
  });
});

/** What `run` asks of a server over locked objects, and the lines of its log. */
async function explained(
  options: ServeOptions,
  run: (served: Served) => Promise<string>,
): Promise<{ readonly text: string; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const write = (text: string): number => lines.push(...text.trimEnd().split("\n"));
  await using served = await Served.open({ explain: true, log: "short", ...options, write });
  served.stub.put("docs/a.txt", "x", { "x-amz-meta-mode": "100600" });
  served.stub.put("in/b.bin", "x", { "x-amz-meta-mode": "100600" });
  served.stub.put("shut/", "", { "x-amz-meta-mode": "40700" });
  served.stub.put("shut/c.txt", "x");
  const text = await run(served);
  await served.server.stop();
  return { text, lines };
}

describe("a locked object", () => {
  const rest = "in its metadata serves it";

  test("is explained by its metadata, on the page and in the log", async () => {
    const { text, lines } = await explained({}, async (served) => await served.text("/docs/a.txt"));
    const reason = `docs/a.txt: -rw------- lacks o+r; mode=100604 ${rest}`;
    expect(text).toContain(`<pre>${reason}</pre>`);
    expect(text).not.toContain("chmod");
    expect(lines.at(-1)).toEndWith(`(${reason})`);
  });

  test("is explained by the upload mode, too, where clients store it", async () => {
    const options = { put: true, uploadDir: "in" } as const;
    const { text } = await explained(options, async (served) => await served.text("/in/b.bin"));
    const reason = `in/b.bin: -rw------- lacks o+r; mode=100604 ${rest}`;
    expect(text).toContain(`<pre>${reason}, --upload-mode 644 later uploads</pre>`);
    const other = await explained(options, async (served) => await served.text("/docs/a.txt"));
    expect(other.text).not.toContain("--upload-mode");
  });

  test.each(["", "process"])("is explained in listings, by the rule %p", async (rule) => {
    const options = rule === "process" ? ({ permissions: "process" } as const) : {};
    const reasons: unknown[] = [];
    await explained(options, async (served) => {
      for (const path of ["/docs/", "/docs/", "/"]) {
        const response = await served.get(path, { Accept: "application/json" });
        const { entries } = (await response.json()) as { entries: { reason?: string }[] };
        for (const { reason } of entries) if (reason !== undefined) reasons.push(reason);
      }
      return "";
    });
    const file = `docs/a.txt: -rw------- lacks o+r; mode=100604 ${rest}`;
    const folder = `shut: drwx------ lacks o+rx; mode=40705 ${rest}`;
    expect(reasons).toEqual(rule === "process" ? [] : [file, file, folder]);
  });
});

describe("a store that can't be served", () => {
  test.each([
    [{ root: "s3://" }, "has to name a bucket"],
    [{ root: "s3://b" }, "s3://b: the name of a bucket has at least 3 characters, not 1"],
    [{ root: "s3://site", store: { endpoint: "nowhere" } }, "must be a URL such as"],
    [{ root: "s3://site", store: { accessKeyId: "a" } }, "lack the secret access key"],
    [{ root: "s3://site", files: { "/a": { body: "x" } } }, "can lie over a folder on disk"],
  ])("is refused at the start: %p", (options, message) => {
    expect(serve({ host: "127.0.0.1", ...options })).rejects.toThrow(message);
  });
});

test("an audit goes through a bucket, and knows no command for it", async () => {
  const stub = await StoreStub.start();
  stub.put("site/index.html", "x");
  stub.put("site/docs/a.txt", "x", { "x-amz-meta-mode": "100600" });
  stub.put("site/docs/b.txt", "x", { "x-amz-meta-mode": "777" });
  stub.put("site/.env", "SECRET=1");
  stub.put("site/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n");
  for (const name of "abcd") {
    stub.put(`site/many/${name}`, "x", { "x-amz-meta-mode": "100600" });
  }
  const site = openAuditedSite(stub.options("site"));
  const report = await audit(site);
  site.tree.close();
  expect(report.served).toEqual([{ at: "/", path: "s3://site/site" }]);
  expect(report.end).toBe("complete");
  expect(report.looked).toBe(11);
  expect(report.hidden).toBe(1);
  const refused = { cause: "permission", command: undefined } as const;
  const reason = "lacks o+r; mode=100604 in its metadata serves it";
  expect(report.refused.map(({ files: _files, mode: _mode, ...rest }) => rest)).toEqual([
    { ...refused, path: "docs/a.txt", reason },
    { ...refused, path: "docs/b.txt", reason },
    {
      ...refused,
      path: "many/*",
      reason: "4 files lack o+r; mode=100644 in their metadata serves them",
    },
  ]);
  expect(report.exposed.map(({ path, command }) => ({ path, command }))).toEqual([
    { path: "id_rsa", command: undefined },
  ]);
  await stub.stop();
});

test("an audit says in the store's words what it can't look at", async () => {
  const stub = await StoreStub.start();
  stub.put("a.txt", "x");
  stub.put("docs/b.txt", "x");
  stub.fault = ({ key, query }) =>
    key === "a.txt" || (query.get("prefix") === "docs/" && query.has("delimiter"))
      ? { status: 403, code: "AccessDenied" }
      : undefined;
  const site = openAuditedSite(stub.options());
  const { looked, refused, unread } = await audit(site);
  site.tree.close();
  await stub.stop();
  const reason = "the object store answered 403 AccessDenied";
  expect(refused).toMatchObject([{ path: "a.txt", cause: "failed", reason }]);
  expect([looked, unread]).toEqual([2, [{ path: "docs/", reason }]]);
});
