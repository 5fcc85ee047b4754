import { describe, expect, test } from "bun:test";
import { chmodSync } from "node:fs";

import { serve } from "../../../index.ts";
import type { Server } from "../../../index.ts";
import { RawClient } from "../../raw-client.ts";
import { TempSite } from "../../temp-site.ts";
import { StoreStub } from "../../tree/store/store-stub.ts";
import { readExposition } from "./exposition.ts";

async function valuesOf(server: Server): Promise<ReadonlyMap<string, number>> {
  return readExposition(await (await fetch(server.metricsUrl ?? "")).text()).values;
}

/** Those of `values` whose names begin with `prefix`. */
function named(values: ReadonlyMap<string, number>, prefix: string): object {
  return Object.fromEntries([...values].filter(([name]) => name.startsWith(prefix)));
}

function folder(): TempSite {
  const site = new TempSite("empty");
  chmodSync(site.root, 0o755);
  return site;
}

describe("the metrics of uploads", () => {
  test("count what comes, what is stored, and what is refused, by kind", async () => {
    using site = folder();
    await using server = await serve({
      root: site.root,
      metrics: "0",
      put: true,
      post: "upload",
      uploadQuota: 40_960,
    });
    const put = (name: string, content: string) =>
      fetch(new URL(name, server.url), { method: "PUT", body: content });
    expect((await put("a.txt", "x".repeat(100))).status).toBe(201);
    expect((await put("a.txt", "x".repeat(50))).status).toBe(204);
    expect((await put(".hidden", "x")).status).toBe(403);
    expect((await put("big.bin", "x".repeat(50_000))).status).toBe(507);
    const form = new FormData();
    form.append("file", new File(["12345"], "b.txt"));
    form.append("file", new File(["123"], "c.txt"));
    expect((await fetch(server.url, { method: "POST", body: form })).status).toBe(201);
    // What isn't about uploads is no refusal of one.
    expect((await fetch(new URL("nothing", server.url))).status).toBe(404);
    const values = await valuesOf(server);
    expect(named(values, "postern_uploads_")).toEqual({
      postern_uploads_in_progress: 0,
      postern_uploads_stored_total: 4,
      'postern_uploads_refused_total{reason="upload-name"}': 1,
      'postern_uploads_refused_total{reason="quota-reached"}': 1,
      postern_uploads_unfinished: 0,
    });
    const received = values.get("postern_upload_received_bytes_total") ?? 0;
    // The form has its boundaries and fields beside the files.
    expect(received).toBeGreaterThan(150 + 8);
    expect(received).toBeLessThan(1200);
    expect(named(values, "postern_upload_quota_")).toEqual({
      postern_upload_quota_bytes: 40_960,
      postern_upload_quota_used_bytes: 3 * 4096,
    });
  });

  test("know what is being received, and what waits for its rest", async () => {
    using site = folder();
    await using server = await serve({ root: site.root, metrics: "0", put: true });
    const client = await RawClient.connect(server.port);
    client.send("PUT /a.bin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
    let values = await valuesOf(server);
    while (values.get("postern_upload_received_bytes_total") !== 5) {
      values = await valuesOf(server);
    }
    expect(values.get("postern_uploads_in_progress")).toBe(1);
    // What a site before the reload has begun is still in progress, and counters stay.
    server.reload({ put: true });
    expect((await valuesOf(server)).get("postern_uploads_in_progress")).toBe(1);
    client.send("67890");
    await client.responses(1);
    client.close();
    values = await valuesOf(server);
    while (values.get("postern_uploads_in_progress") !== 0) values = await valuesOf(server);
    expect(values.get("postern_uploads_stored_total")).toBe(1);
    expect(values.get("postern_upload_received_bytes_total")).toBe(10);
    const begun = await fetch(new URL("b.bin", server.url), {
      method: "PUT",
      headers: { "Upload-Complete": "?0", "Upload-Length": "10" },
      body: "12345",
    });
    expect(begun.status).toBe(201);
    expect((await valuesOf(server)).get("postern_uploads_unfinished")).toBe(1);
  });

  test("count a newcomer that is refused because too many are received", async () => {
    using site = folder();
    const limits = { uploadsAtOnceMax: 1, uploadsPerAddressMax: 1, uploadFilesMax: 1 };
    await using server = await serve({ root: site.root, metrics: "0", put: true, limits });
    const client = await RawClient.connect(server.port);
    client.send("PUT /a.bin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
    while ((await valuesOf(server)).get("postern_uploads_in_progress") !== 1) continue;
    const refused = await fetch(new URL("b.bin", server.url), { method: "PUT", body: "x" });
    expect(refused.status).toBe(503);
    const values = await valuesOf(server);
    expect(values.get('postern_uploads_refused_total{reason="overloaded"}')).toBe(1);
    client.abort();
  });

  test("are absent from a server that takes none", async () => {
    await using server = await serve({ files: {}, metrics: "0" });
    expect(named(await valuesOf(server), "postern_upload")).toEqual({});
    expect(named(await valuesOf(server), "postern_store")).toEqual({});
  });
});

describe("the metrics of object stores", () => {
  test("count requests by outcome, and where answers came from; they stay through a reload", async () => {
    const stub = await StoreStub.start();
    stub.put("a.txt", "hello");
    const { root, store } = stub.options();
    const limits = { storeFailuresMax: 3 };
    const mounts = { "/s": root, "/t": root };
    await using server = await serve({ files: {}, mounts, store, metrics: "0", limits });
    const get = async (name: string) => (await fetch(new URL(`s/${name}`, server.url))).status;
    expect([await get("a.txt"), await get("a.txt"), await get("b.txt")]).toEqual([200, 200, 404]);
    let values = await valuesOf(server);
    expect(values.get('postern_store_requests_total{outcome="answered"}')).toBeGreaterThan(0);
    expect(values.get('postern_store_requests_total{outcome="unchanged"}')).toBe(1);
    expect(values.get('postern_store_lookups_total{result="confirmed"}')).toBe(1);
    expect(values.get('postern_store_requests_total{outcome="absent"}')).toBeGreaterThan(0);
    // Listings of what is near a missing name are content, too.
    expect(values.get("postern_store_received_bytes_total")).toBeGreaterThanOrEqual(5);
    expect(values.get("postern_store_circuits_open")).toBe(0);
    const before = values.get('postern_store_requests_total{outcome="answered"}') ?? 0;
    server.reload({ files: {}, mounts, store, limits });
    stub.fault = () => ({ status: 500 });
    expect(await get("a.txt")).toBe(502);
    values = await valuesOf(server);
    expect(values.get('postern_store_requests_total{outcome="answered"}')).toBe(before);
    expect(values.get('postern_store_requests_total{outcome="failed"}')).toBeGreaterThan(2);
    expect(values.get("postern_store_retries_total")).toBeGreaterThan(1);
    // It is open when the probe has failed, too.
    while ((await valuesOf(server)).get("postern_store_circuits_open") !== 1) continue;
    await stub.stop();
  });
});
