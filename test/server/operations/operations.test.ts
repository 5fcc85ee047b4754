import { describe, expect, test } from "bun:test";
import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";

import { serve } from "../../../index.ts";
import type { Server, ServeOptions } from "../../../index.ts";
import { LogFile } from "../../../src/server/logging/log-file.ts";
import { measureLogFile } from "../../../src/server/operations/log-metrics.ts";
import { missingRoot } from "../../../src/server/operations/operations.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import type { Exposition } from "./exposition.ts";
import { readExposition } from "./exposition.ts";

const promtool = Bun.which("promtool");

function siteOf(): TempSite {
  const site = new TempSite("empty");
  site.file("a.txt", "a");
  return site;
}

async function metricsOf(server: Server): Promise<Exposition> {
  const response = await fetch(server.metricsUrl ?? "");
  expect(response.headers.get("Content-Type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return readExposition(await response.text());
}

async function readiness(server: Server): Promise<readonly [number, string]> {
  const response = await fetch(new URL("readyz", server.healthUrl));
  return [response.status, await response.text()];
}

describe("the metrics of a server", () => {
  test("count what it answers, over all its connections", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: "0" });
    await fetch(new URL("a.txt", server.url));
    await fetch(new URL("a.txt", server.url), { method: "HEAD" });
    await fetch(new URL("nothing", server.url));
    const raw = await RawClient.connect(server.port);
    raw.send("GET  / HTTP/1.1\r\n\r\n");
    await raw.ending();
    const { values } = await metricsOf(server);
    const requests = "postern_http_requests_total";
    expect(values.get(`${requests}{method="GET",code="200"}`)).toBe(1);
    expect(values.get(`${requests}{method="HEAD",code="200"}`)).toBe(1);
    expect(values.get(`${requests}{method="GET",code="404"}`)).toBe(1);
    const refused = [...values.keys()].filter((key) => key.includes("refusals_total"));
    expect(refused).toHaveLength(1);
    expect(values.get("postern_http_requests_in_progress")).toBe(0);
  });

  test("are all of a type, and name nothing that came from a client", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: "0" });
    for (const path of ["one", "two?three=four", "five/"]) {
      await fetch(new URL(path, server.url), { headers: { "User-Agent": "six" } });
    }
    const raw = await RawClient.connect(server.port);
    raw.send("SEVEN /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await raw.responses(1);
    raw.close();
    const text = await (await fetch(server.metricsUrl ?? "")).text();
    const { types } = readExposition(text);
    for (const [name, type] of types) {
      expect(name).toMatch(/^(?:postern|process)_[a-z_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(?:ms|milliseconds|kilobytes|count|sum|bucket)$/);
    }
    expect(text).not.toMatch(/one|three|four|five\/|six\b|SEVEN|127\.0\.0\.1/);
    expect(text).toContain('postern_http_requests_total{method="other",code="405"} 1');
  });

  test("are those that docs/operations.md lists, with their types", async () => {
    const page = readFileSync(join(import.meta.dir, "../../../docs/operations.md"), "utf8");
    const rows = [...page.matchAll(/^\| (`(?:postern|process)_[^|]*) +\| *(\w*) +\|/gm)];
    const listed = rows.flatMap(([, names = "", type]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, type] as const),
    );
    // A server with all that is counted.
    using site = siteOf();
    const log = await LogFile.open(join(site.root, ".access.log"), undefined, {
      failed: () => undefined,
      lost: () => undefined,
    });
    if (!log.ok) throw new Error(log.error);
    measureLogFile(log.value);
    await using server = await serve({
      root: site.root,
      metrics: "0",
      put: true,
      uploadQuota: 1e6,
      mounts: { "/stored": "s3://bucket" },
      store: { endpoint: "http://127.0.0.1:1", accessKeyId: "a", secretAccessKey: "b" },
      proxy: { "/api": "http://127.0.0.1:1" },
    });
    const { types } = await metricsOf(server);
    measureLogFile(undefined);
    await log.value.close();
    expect(listed.map(([name]) => name ?? "").toSorted()).toEqual([...types.keys()].toSorted());
    for (const [name = "", type] of listed) {
      if (type !== "" && type !== "both") expect([name, types.get(name)]).toEqual([name, type]);
    }
  });

  test.skipIf(promtool === null)("are right to promtool", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: "0" });
    await fetch(new URL("a.txt", server.url));
    const text = await (await fetch(server.metricsUrl ?? "")).text();
    const checked = Bun.spawnSync([promtool ?? "", "check", "metrics"], {
      stdin: Buffer.from(text),
    });
    expect(`${checked.stdout.toString()}${checked.stderr.toString()}`).toBe("");
    expect(checked.exitCode).toBe(0);
  });

  test("never fall between two looks, and gauges are what there is", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: "0" });
    const open = await RawClient.connect(server.port);
    open.send("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await open.responses(1);
    const before = await metricsOf(server);
    expect(before.values.get("postern_connections_open")).toBe(1);
    open.close();
    while (server.connections > 0) await Bun.sleep(1);
    const after = await metricsOf(server);
    expect(after.values.get("postern_connections_open")).toBe(0);
    for (const [key, value] of before.values) {
      const name = key.replace(/\{.*/, "").replace(/_(?:bucket|sum|count)$/, "");
      if (after.types.get(name) === "gauge") continue;
      expect(after.values.get(key) ?? -1).toBeGreaterThanOrEqual(value);
    }
  });

  test("count errors of handlers, which are told as without", async () => {
    const errors: unknown[] = [];
    await using server = await serve({
      files: {},
      metrics: "0",
      onError: (error) => void errors.push(error),
    });
    server.route("GET", "/broken", () => {
      throw new Error("a fault of the route");
    });
    expect((await fetch(new URL("broken", server.url))).status).toBe(500);
    const { values } = await metricsOf(server);
    expect(values.get("postern_errors_total")).toBe(1);
    expect(values.get('postern_http_requests_total{method="GET",code="500"}')).toBe(1);
    expect(errors).toHaveLength(1);
  });

  test("know WebSockets that are open, and those that were", async () => {
    await using server = await serve({ files: {}, metrics: "0" });
    server.webSocket("/socket", {});
    const url = new URL("socket", server.url);
    url.protocol = "ws:";
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const open = await metricsOf(server);
    expect(open.values.get("postern_tunnels_open")).toBe(1);
    expect(open.values.get("postern_http_requests_in_progress")).toBe(1);
    const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
    socket.close();
    await closed;
    while (server.connections > 0) await Bun.sleep(1);
    const { values } = await metricsOf(server);
    expect(values.get("postern_tunnels_open")).toBe(0);
    expect(values.get("postern_tunnels_total")).toBe(1);
    expect(values.get('postern_http_requests_total{method="GET",code="101"}')).toBe(1);
  });

  test("tell of backends: connections that are kept, and what failed, as statuses", async () => {
    await using backend = await serve({ files: { "/api/a.txt": "a" } });
    const target = `http://127.0.0.1:${backend.port}`;
    await using server = await serve({
      files: {},
      metrics: "0",
      // Nothing listens on port 1.
      proxy: { "/api": target, "/gone": "http://127.0.0.1:1" },
    });
    expect((await fetch(new URL("api/a.txt", server.url))).status).toBe(200);
    expect((await fetch(new URL("gone", server.url))).status).toBe(502);
    const { values } = await metricsOf(server);
    expect(values.get(`postern_backend_connections{backend="${target}"}`)).toBe(1);
    expect(values.get('postern_backend_connections{backend="http://127.0.0.1:1"}')).toBe(0);
    expect(values.get(`postern_backend_requests_waiting{backend="${target}"}`)).toBe(0);
    expect(values.get('postern_http_requests_total{method="GET",code="502"}')).toBe(1);
  });

  test("stay counted by a server that serves them nowhere", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: true });
    expect(server.metricsUrl).toBeUndefined();
    await fetch(new URL("a.txt", server.url));
    const requests = server.measure().find(({ name }) => name === "postern_http_requests_total");
    expect(requests?.samples).toEqual([
      { suffix: "", labels: { method: "GET", code: "200" }, value: 1 },
    ]);
  });

  test("stay through a reload", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, metrics: "0" });
    await fetch(new URL("a.txt", server.url));
    server.reload({ log: "none" });
    await fetch(new URL("a.txt", server.url));
    const { values } = await metricsOf(server);
    expect(values.get('postern_http_requests_total{method="GET",code="200"}')).toBe(2);
  });
});

describe("the health of a server", () => {
  test("is ready while it serves, and not once it drains, though it serves on", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, health: "0" });
    expect(await readiness(server)).toEqual([200, "ready\n"]);
    server.drain();
    expect(await readiness(server)).toEqual([503, "not ready: it is stopping\n"]);
    expect((await fetch(new URL("livez", server.healthUrl))).status).toBe(200);
    expect((await fetch(new URL("a.txt", server.url))).status).toBe(200);
  });

  test("is not ready from the beginning of a stop to its end", async () => {
    const waiting = Promise.withResolvers<Response>();
    await using server = await serve({ files: {}, health: "0" });
    const begun = Promise.withResolvers<void>();
    server.route("GET", "/slow", () => {
      begun.resolve();
      return waiting.promise;
    });
    const asked = fetch(new URL("slow", server.url));
    await begun.promise;
    const stopped = server.stop();
    expect(await readiness(server)).toEqual([503, "not ready: it is stopping\n"]);
    waiting.resolve(new Response("at last"));
    expect(await (await asked).text()).toBe("at last");
    await stopped;
  });

  test("is not ready while the folder is gone, and is again when it is back", async () => {
    using site = siteOf();
    await using server = await serve({ root: site.root, health: "0", metrics: "0" });
    renameSync(site.root, `${site.root}.gone`);
    expect(await readiness(server)).toEqual([503, "not ready: there is no / any more\n"]);
    expect((await metricsOf(server)).values.get("postern_ready")).toBe(0);
    renameSync(`${site.root}.gone`, site.root);
    expect(await readiness(server)).toEqual([200, "ready\n"]);
    expect((await metricsOf(server)).values.get("postern_ready")).toBe(1);
  });

  test("names the path of the folder that is gone", () => {
    const sources = [
      { at: { text: "/" }, named: ".", path: "/" },
      { at: { text: "/docs" }, named: "/no/such/folder", path: "/no/such/folder" },
    ] as unknown as Parameters<typeof missingRoot>[0]["sources"];
    expect(missingRoot({ sources })).toBe("there is no /docs any more");
    expect(missingRoot({ sources: sources.slice(0, 1) })).toBeUndefined();
    const store = { ...sources[1], named: "s3://bucket", entries: () => [] } as unknown;
    expect(missingRoot({ sources: [store] as typeof sources })).toBeUndefined();
  });
});

describe("a server without metrics", () => {
  const logs: readonly ServeOptions[] = [{}, { health: "0" }];
  test.each(logs)("tells no observer of requests (%#)", async (options) => {
    using site = siteOf();
    await using server = await serve({ root: site.root, record: false, ...options });
    await fetch(new URL("a.txt", server.url));
    expect(server.measure()).toEqual([]);
  });
});
