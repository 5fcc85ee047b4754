/**
 * A server over s3rver, which others have written: it decodes keys and lists them by its own reading
 * of S3. Of signatures it checks the key id alone. It is installed from the registry into a temporary folder; where there is none
 * the test is skipped, and says so. What it does otherwise than S3 stands in docs/store.md.
 */

import { afterAll, expect, test } from "bun:test";
import { S3Client } from "bun";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { serve } from "../src/server/serve.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-s3rver-"));
mkdirSync(join(folder, "data"));
await Bun.write(join(folder, "package.json"), "{}");
const adding = Bun.spawn(["bun", "add", "s3rver@3.7.1"], {
  cwd: folder,
  stdout: "ignore",
  stderr: "ignore",
  timeout: 60_000,
});
const program = join(folder, "node_modules/s3rver/bin/s3rver.js");
const isInstalled = (await adding.exited) === 0 && existsSync(program);
const options = ["-d", join(folder, "data"), "-p", "0", "-a", "127.0.0.1"];
const log = join(folder, "log");
const store = isInstalled
  ? Bun.spawn(["bun", program, ...options, "--configure-bucket", "site"], {
      cwd: folder,
      stdout: Bun.file(log),
      stderr: "ignore",
    })
  : undefined;

afterAll(async () => {
  store?.kill();
  await store?.exited;
  rmSync(folder, { recursive: true, force: true });
});

/** The address that s3rver says it listens on. */
async function endpointOf(): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const text = existsSync(log) ? await Bun.file(log).text() : "";
    const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(text) ?? [];
    if (address !== undefined) return `http://${address}`;
    await Bun.sleep(50);
  }
  throw new Error("s3rver does not listen");
}

test.skipIf(!isInstalled)(
  "s3rver finds the keys, and lists them",
  async () => {
    const keys = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER", region: "us-east-1" };
    const endpoint = await endpointOf();
    const client = new S3Client({ endpoint, bucket: "site", ...keys });
    const big = new Uint8Array(6_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
    const odd = "docs/a b+ü&=(1)*'!~.txt";
    await client.write("index.html", "<!doctype html>home");
    await client.write(odd, "odd");
    await client.write("big.bin", big);
    await using server = await serve({
      root: "s3://site",
      host: "127.0.0.1",
      store: { endpoint, ...keys },
    });
    const get = async (path: string, headers = {}): Promise<Response> =>
      await fetch(new URL(path, server.url), { headers });
    const home = await get("/");
    expect([home.status, await home.text()]).toEqual([200, "<!doctype html>home"]);
    const etag = home.headers.get("etag") ?? "";
    expect((await get("/", { "if-none-match": etag })).status).toBe(304);
    expect(await (await get(`/${odd.split("/").map(encodeURIComponent).join("/")}`)).text()).toBe(
      "odd",
    );
    const whole = await (await get("/big.bin")).arrayBuffer();
    expect(Bun.hash(whole)).toBe(Bun.hash(big));
    const part = await get("/big.bin", { range: "bytes=5999990-" });
    expect([part.status, await part.bytes()]).toEqual([206, big.slice(-10)]);
    const listing = await (await get("/docs/", { accept: "application/json" })).json();
    expect(listing).toMatchObject({ entries: [{ name: odd.slice(5), size: 3, readable: true }] });
    expect((await get("/nothing")).status).toBe(404);
    await using refused = await serve({
      root: "s3://site",
      host: "127.0.0.1",
      store: { endpoint, ...keys, accessKeyId: "another" },
    });
    expect((await fetch(refused.url)).status).toBe(502);
  },
  60_000,
);

test.skipIf(!isInstalled)(
  "s3rver takes files: small ones, and large ones in parts",
  async () => {
    const keys = { accessKeyId: "S3RVER", secretAccessKey: "S3RVER", region: "us-east-1" };
    const endpoint = await endpointOf();
    await using server = await serve({
      root: "s3://site/in",
      host: "127.0.0.1",
      put: true,
      uploadMode: 0o644,
      store: { endpoint, ...keys },
    });
    const ask = async (method: string, path: string, body?: string | Uint8Array, headers = {}) =>
      await fetch(new URL(path, server.url), {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      });
    const odd = `/${encodeURIComponent("a b+ü&=(1)*'!~.txt")}`;
    expect((await ask("PUT", odd, "odd")).status).toBe(201);
    expect(await (await ask("GET", odd)).text()).toBe("odd");
    const none = { "If-None-Match": "*" };
    expect((await ask("PUT", odd, "other", none)).status).toBe(412);
    const big = new Uint8Array(6_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
    expect((await ask("PUT", "/big.bin", big)).status).toBe(201);
    expect(Bun.hash(await (await ask("GET", "/big.bin")).arrayBuffer())).toBe(Bun.hash(big));
    expect((await ask("MKCOL", "/sub/")).status).toBe(201);
    expect((await ask("PUT", "/sub/a.txt", "one")).status).toBe(201);
    expect((await ask("DELETE", "/sub/a.txt")).status).toBe(204);
    expect((await ask("GET", "/sub/a.txt")).status).toBe(404);
  },
  60_000,
);
