/**
 * A server over Ceph's radosgw, which `examples/ceph/start.sh` starts: whole, with three OSDs. It is
 * skipped where Debian's packages for it are missing. The cluster takes about 15 s to start.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { S3Client } from "bun";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Server } from "../src/server/serve.ts";
import { serve } from "../src/server/serve.ts";

const programs = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "monmaptool", "curl"];
const isInstalled = programs.every((program) => Bun.which(program) !== null);
const script = join(import.meta.dir, "../examples/ceph/start.sh");
const keys = { accessKeyId: "tester", secretAccessKey: "testing", region: "us-east-1" };
const startTimeMs = 240_000;

/** The first of 26 ports in a row that are free. */
function freePorts(): number {
  for (let tries = 0; tries < 100; tries++) {
    const first = 20_000 + Math.floor(Math.random() * 10_000);
    const ports = Array.from({ length: 26 }, (_, i) => first + i);
    const listeners: { stop(isForced: boolean): void }[] = [];
    try {
      const socket = { data: () => undefined };
      for (const port of ports) listeners.push(Bun.listen({ hostname: "127.0.0.1", port, socket }));
      return first;
    } catch {
      continue;
    } finally {
      for (const listener of listeners) listener.stop(true);
    }
  }
  throw new Error("no 26 ports in a row are free");
}

describe.skipIf(!isInstalled)("radosgw", () => {
  let folder = "";
  let endpoint = "";
  let cluster: Bun.Subprocess<"ignore", "pipe", "ignore"> | undefined;
  let gateway: Bun.Subprocess | undefined;
  let server: Server | undefined;

  const client = (): S3Client => new S3Client({ endpoint, bucket: "site", ...keys });
  const get = async (path: string, headers = {}): Promise<Response> =>
    await fetch(new URL(path, server?.url), { headers });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "postern-radosgw-"));
    const port = freePorts();
    cluster = Bun.spawn([script, folder, `${port}`], { stdout: "pipe", stderr: "ignore" });
    let told = "";
    for await (const chunk of cluster.stdout) {
      told += new TextDecoder().decode(chunk);
      if (told.endsWith("\n")) break;
    }
    endpoint = `http://127.0.0.1:${port}`;
    expect(told.trim()).toBe(endpoint);
    const store = { endpoint, ...keys };
    server = await serve({ root: "s3://site", host: "127.0.0.1", store });
  }, startTimeMs);

  afterAll(async () => {
    await server?.stop({ force: true });
    gateway?.kill("SIGKILL");
    cluster?.kill();
    await cluster?.exited;
    rmSync(folder, { recursive: true, force: true });
  });

  test("finds the keys, and lists them", async () => {
    const odd = "docs/a b+ü&=(1)*'!~<>.txt";
    await client().write("index.html", "<!doctype html>home");
    await client().write(odd, "odd");
    const home = await get("/");
    expect([home.status, await home.text()]).toEqual([200, "<!doctype html>home"]);
    const path = odd.split("/").map(encodeURIComponent).join("/");
    expect(await (await get(`/${path}`)).text()).toBe("odd");
    const listing = await (await get("/docs/", { accept: "application/json" })).json();
    expect(listing).toMatchObject({ entries: [{ name: odd.slice(5), size: 3, readable: true }] });
    expect((await get("/nothing")).status).toBe(404);
    expect((await get("/docs")).redirected).toBe(true);
  });

  test("answers conditions as of now, though its 304 has no date", async () => {
    await client().write("changing.txt", "one");
    // An object that has changed within the last 2 s is read anew each time.
    await Bun.sleep(3000);
    const first = await get("/changing.txt");
    const tag = { "if-none-match": first.headers.get("etag") ?? "" };
    expect(await first.text()).toBe("one");
    for (let times = 0; times < 3; times++)
      expect((await get("/changing.txt", tag)).status).toBe(304);
    await client().write("changing.txt", "two");
    expect(await (await get("/changing.txt", tag)).text()).toBe("two");
  });

  test("is killed and started again while a large object is sent, which comes whole", async () => {
    const big = new Uint8Array(50_000_000).map((_, i) => (i * 7 + (i >> 8) + (i >> 16)) & 0xff);
    await client().write("big.bin", big);
    const response = await get("/big.bin", { range: "bytes=1000-" });
    expect(response.status).toBe(206);
    const pids = readFileSync(join(folder, "pids"), "latin1");
    const pid = Number(/^gateway (\d+)$/m.exec(pids)?.[1]);
    const parts: Uint8Array[] = [];
    for await (const part of response.body ?? []) {
      if (parts.length === 0) {
        process.kill(pid, "SIGKILL");
        while (existsSync(`/proc/${pid}/exe`)) await Bun.sleep(10);
        const frontend = `beast endpoint=${endpoint.slice("http://".length)}`;
        const line = ["radosgw", "-f", "-n", "client.gateway", "--rgw-frontends", frontend];
        const env = { ...process.env, CEPH_CONF: join(folder, "ceph.conf") };
        gateway = Bun.spawn(line, { env, stdout: "ignore", stderr: "ignore" });
      }
      parts.push(part);
    }
    expect(Bun.hash(Buffer.concat(parts))).toBe(Bun.hash(big.subarray(1000)));
  }, 60_000);
});
