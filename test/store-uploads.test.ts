/**
 * Uploads to an object store, through a whole server: what clients see, what the store has, and
 * what is left when something breaks.
 */

import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { ServeOptions, Server } from "../index.ts";
import { serve } from "../index.ts";
import { RawClient } from "./raw-client.ts";
import { StoreStub } from "./tree/store/store-stub.ts";

// Megabytes are sent several times, which takes a busy machine longer than the 5 s of `bun test`.
setDefaultTimeout(60_000);

let stub: StoreStub;
const servers: Server[] = [];
beforeEach(async () => (stub = await StoreStub.start()));
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop({ force: true });
  await stub.stop();
});

/** A server over the store; several of them are replicas. */
async function start(options: ServeOptions = {}): Promise<Server> {
  const { root, store } = stub.options();
  const own = { put: true, post: "upload", uploadMode: 0o644 } as const;
  const common = { root, host: "127.0.0.1", port: 0, log: "none" } as const;
  const server = await serve({
    ...common,
    ...own,
    ...options,
    store: { ...store, ...options.store },
  });
  servers.push(server);
  return server;
}

const keys = () => [...stub.stored.objects.keys()].toSorted();
const inParts = () => stub.stored.uploads.size;

/** No two parts of it are equal. */
const content = new Uint8Array(12 * 1024 * 1024 + 5).map(
  (_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff,
);

const bodyOf = async (answer: Response): Promise<number | bigint> =>
  Bun.hash(await answer.arrayBuffer());

/** Waits until `holds`; fails the test if it doesn't in 10 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !holds(); tries++) await Bun.sleep(10);
  expect(holds()).toBe(true);
}

async function put(server: Server | undefined, headers: Record<string, string>): Promise<number> {
  const { status } = await fetch(new URL("/a", server?.url), { method: "PUT", headers, body: "x" });
  return status;
}

describe("PUT", () => {
  test("stores a small and a large file, which are there at once", async () => {
    const { url } = await start({ store: { fresh: 3600 } });
    expect((await fetch(new URL("/a.txt", url))).status).toBe(404);
    const sent = await fetch(new URL("/a.txt", url), { method: "PUT", body: "one" });
    const got = await fetch(new URL("/a.txt", url));
    expect([sent.status, await got.text()]).toEqual([201, "one"]);
    expect(sent.headers.get("etag")).toBe(got.headers.get("etag"));
    const large = await fetch(new URL("/b.bin", url), { method: "PUT", body: content });
    expect(large.status).toBe(201);
    expect(await bodyOf(await fetch(new URL("/b.bin", url)))).toBe(Bun.hash(content));
    const replaced = await fetch(new URL("/b.bin", url), { method: "PUT", body: "two" });
    expect([replaced.status, await (await fetch(new URL("/b.bin", url))).text()]).toEqual([
      204,
      "two",
    ]);
    expect([keys(), inParts()]).toEqual([["a.txt", "b.bin"], 0]);
  });

  test("keeps the mode of a file that is replaced; a new one is nobody's by default", async () => {
    const { url } = await start({ uploadMode: 0o600 });
    stub.put("a.txt", "old", { "x-amz-meta-mode": "33188" });
    await fetch(new URL("/a.txt", url), { method: "PUT", body: "new" });
    expect(stub.stored.objects.get("a.txt")?.fields["x-amz-meta-mode"]).toBe("100644");
    await fetch(new URL("/b.txt", url), { method: "PUT", body: "new" });
    expect(stub.stored.objects.get("b.txt")?.fields["x-amz-meta-mode"]).toBe("100600");
    expect((await fetch(new URL("/b.txt", url))).status).toBe(403);
  });

  test("of two clients that create, or replace, a file one is answered 412", async () => {
    const replicas = [await start(), await start()];
    const created = await Promise.all(
      replicas.map(async (server) => await put(server, { "If-None-Match": "*" })),
    );
    expect(created.toSorted((a, b) => a - b)).toEqual([201, 412]);
    const etag = (await fetch(new URL("/a", replicas[0]?.url))).headers.get("etag") ?? "";
    expect(await put(replicas[1], { "If-Match": '"other"' })).toBe(412);
    expect(await put(replicas[1], { "If-Match": etag })).toBe(204);
  });

  test("a file that changes while it is replaced under a condition isn't: 412", async () => {
    const { url } = await start();
    stub.put("a", "old");
    const etag = (await fetch(new URL("/a", url))).headers.get("etag") ?? "";
    stub.fault = ({ method }) => {
      // Another client is between the look and the write.
      if (method === "PUT") stub.put("a", "other");
      return undefined;
    };
    const headers = { "If-Match": etag };
    const mine = await fetch(new URL("/a", url), { method: "PUT", headers, body: "mine" });
    expect(mine.status).toBe(412);
    expect(new TextDecoder().decode(stub.stored.objects.get("a")?.content)).toBe("other");
  });

  test("that breaks off leaves nothing, neither of a small file nor of a large one", async () => {
    const { url } = await start();
    for (const octets of [1000, content.length - 1]) {
      const client = await RawClient.connect(Number(url.port));
      const head = `PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${content.length}\r\n\r\n`;
      client.send(head);
      client.send(content.subarray(0, octets));
      await until(() => octets < 2000 || inParts() === 1);
      client.abort();
      await until(() => inParts() === 0 && keys().length === 0);
    }
  });

  test("to a store that refuses is 502, and to one that is busy 503 with its Retry-After", async () => {
    const { url } = await start();
    stub.fault = ({ method }) =>
      method === "PUT" ? { status: 403, code: "AccessDenied" } : undefined;
    const refused = await fetch(new URL("/a", url), { method: "PUT", body: "x" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([502, "1"]);
    stub.fault = ({ method }) =>
      method === "PUT" ? { status: 503, code: "SlowDown", retryAfter: "7" } : undefined;
    const busy = await fetch(new URL("/a", url), { method: "PUT", body: "x" });
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  test("goes into the folder of uploads alone, which needn't have a key", async () => {
    const { url } = await start({ uploadDir: "inbox" });
    const putPage = async (path: string) =>
      (await fetch(new URL(path, url), { method: "PUT", body: "<p>" })).status;
    expect([await putPage("/a.html"), await putPage("/inbox/a.html")]).toEqual([405, 201]);
    expect([await putPage("/inbox/sub/a.html")]).toEqual([409]);
    const page = await fetch(new URL("/inbox/a.html", url));
    expect(page.headers.get("content-security-policy")).toBe("sandbox");
    stub.put("own.html", "<p>");
    const own = await fetch(new URL("/own.html", url));
    expect(own.headers.get("content-security-policy")).toBeNull();
    stub.put("inbox/index.html", "<p>");
    const index = await fetch(new URL("/inbox/", url));
    expect(index.headers.get("content-security-policy")).toBeNull();
  });
});

test("a listing has the area for files, and MKCOL makes a folder that has one, too", async () => {
  const { url } = await start();
  expect(await (await fetch(url)).text()).toContain('<section id="upload"');
  const made = await fetch(new URL("/sub/", url), { method: "MKCOL" });
  expect([made.status, keys()]).toEqual([201, ["sub/"]]);
  expect(stub.stored.objects.get("sub/")?.fields["x-amz-meta-mode"]).toBe("40755");
  expect(await (await fetch(new URL("/sub/", url))).text()).toContain('<section id="upload"');
  const asked = await fetch(url, { method: "OPTIONS" });
  expect(asked.headers.get("upload-limit")).toBe("max-size=17179869184, max-age=86400");
});

test("DELETE removes a file, and a condition keeps another one", async () => {
  const { url } = await start();
  stub.put("a", "one");
  const remove = async (headers = {}) =>
    (await fetch(new URL("/a", url), { method: "DELETE", headers })).status;
  expect(await remove({ "If-Match": '"other"' })).toBe(412);
  const etag = (await fetch(new URL("/a", url))).headers.get("etag") ?? "";
  stub.fault = ({ method }) => {
    if (method === "DELETE") stub.put("a", "another");
    return undefined;
  };
  expect(await remove({ "If-Match": etag })).toBe(412);
  stub.fault = undefined;
  expect([await remove(), await remove()]).toEqual([204, 404]);
});

test("a form's files get names that are free, large ones and those of one name, too", async () => {
  const { url } = await start();
  stub.put("a.txt", "there");
  const form = new FormData();
  form.append("file", new File(["one"], "a.txt"));
  form.append("file", new File([content], "a.txt"));
  form.append("file", new File(["three"], "a.txt"));
  const sent = await fetch(url, { method: "POST", body: form });
  const answer = (await sent.json()) as { readonly files: readonly { readonly name: string }[] };
  expect(answer.files.map(({ name }) => name).toSorted()).toEqual([
    "a (2).txt",
    "a (3).txt",
    "a (4).txt",
  ]);
  const sizes = [...stub.stored.objects.values()].map((object) => object.content.length);
  expect(sizes.toSorted((a, b) => a - b)).toEqual([3, 5, 5, content.length]);
  expect([keys().length, inParts()]).toEqual([4, 0]);
});

test("two files of a form of one name that both come in parts get two names", async () => {
  const { url } = await start();
  const form = new FormData();
  form.append("file", new File([content], "a.bin"));
  form.append("file", new File([content.subarray(1)], "a.bin"));
  const sent = await fetch(url, { method: "POST", body: form });
  expect([sent.status, keys(), inParts()]).toEqual([201, ["a (2).bin", "a.bin"], 0]);
});

const partial = { "Content-Type": "application/partial-upload" } as const;

async function begin(url: URL | string): Promise<string> {
  const headers = {
    "Upload-Complete": "?0",
    "Upload-Length": String(content.length),
    "Content-Disposition": 'inline; filename="a.bin"',
  };
  const answer = await fetch(url, { method: "POST", headers, body: "" });
  expect(answer.status).toBe(201);
  return new URL(answer.headers.get("Location") ?? "", url).search;
}

async function offsetAt(url: URL | string, query: string): Promise<number> {
  const answer = await fetch(new URL(`/${query}`, url), { method: "HEAD" });
  return Number(answer.headers.get("upload-offset"));
}

const append = async (url: URL | string, query: string, from: number, to = content.length) =>
  await fetch(new URL(`/${query}`, url), {
    method: "PATCH",
    headers: {
      ...partial,
      "Upload-Offset": String(from),
      "Upload-Complete": to === content.length ? "?1" : "?0",
    },
    body: content.subarray(from, to),
  });

describe("a resumable upload", () => {
  test("goes from replica to replica, and one that is stopped loses nothing it has told", async () => {
    const first = await start();
    const second = await start();
    const query = await begin(first.url);
    expect((await append(first.url, query, 0, 6_000_000)).status).toBe(204);
    expect(await offsetAt(second.url, query)).toBe(6_000_000);
    expect((await append(second.url, query, 6_000_000, 6_000_010)).status).toBe(204);
    await second.stop({ force: true });
    expect(await offsetAt(first.url, query)).toBe(6_000_010);
    const done = await append(first.url, query, 6_000_010);
    expect([done.status, keys(), inParts()]).toEqual([201, ["a.bin"], 0]);
    expect(Bun.hash(stub.stored.objects.get("a.bin")?.content ?? "")).toBe(Bun.hash(content));
  });

  test("whose connection breaks is gone on with at another replica, which takes it", async () => {
    const first = await start();
    const second = await start();
    const query = await begin(first.url);
    const client = await RawClient.connect(Number(first.url.port));
    client.send(
      `PATCH /${query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/partial-upload\r\n` +
        `Upload-Offset: 0\r\nUpload-Complete: ?1\r\nContent-Length: ${content.length}\r\n\r\n`,
    );
    client.send(content.subarray(0, 6_000_000));
    await until(() => [...stub.stored.uploads.values()].some(({ parts }) => parts.size === 1));
    const offset = await offsetAt(second.url, query);
    expect(offset).toBeGreaterThanOrEqual(5 * 1024 * 1024);
    const done = await append(second.url, query, offset);
    client.abort();
    expect([done.status, inParts()]).toEqual([201, 0]);
    // The other one may have written what it had by then, and removes it.
    await until(() => keys().length === 1);
    expect(Bun.hash(stub.stored.objects.get("a.bin")?.content ?? "")).toBe(Bun.hash(content));
  });

  test("isn't shown to visitors, by any name", async () => {
    const { url } = await start({ hidden: true });
    const query = await begin(url);
    await append(url, query, 0, 1000);
    const hidden = keys();
    expect(hidden.length).toBe(2);
    for (const key of hidden) {
      expect((await fetch(new URL(`/${key}`, url))).status).toBe(403);
    }
    const told = JSON.stringify([...stub.stored.objects.entries()].map(([key]) => key));
    expect(told).not.toContain(query.slice("?upload=".length));
  });
});

test("twenty clients at a time are held back, and all files are whole", async () => {
  const { url } = await start({ limits: { storePartsBytesMax: 11 * 1024 * 1024 } });
  const puts = Array.from({ length: 20 }, async (_, i) => {
    const body = content.subarray(i, i + 6_000_000);
    return (await fetch(new URL(`/${i}`, url), { method: "PUT", body })).status;
  });
  expect(new Set(await Promise.all(puts))).toEqual(new Set([201]));
  for (let i = 0; i < 20; i++) {
    const object = stub.stored.objects.get(`${i}`);
    expect(Bun.hash(object?.content ?? "")).toBe(Bun.hash(content.subarray(i, i + 6_000_000)));
  }
});
