import { afterAll, beforeAll, describe, expect, setSystemTime, test } from "bun:test";

import { openHttpMemory } from "../../../src/server/http1/http1-factory.ts";
import { metricsText } from "../../../src/server/operations/metrics-text.ts";
import { partFamilies } from "../../../src/server/operations/measured-parts.ts";
import { SiteClient } from "../../site/site-client.ts";
import { TempSite } from "../../temp-site.ts";
import { readExposition } from "./exposition.ts";

const folder = new TempSite("empty");
folder.file("a.txt", "a".repeat(1000));
// What was written a moment ago is not cached.
beforeAll(() => void setSystemTime(new Date(Date.now() + 60_000)));
afterAll(() => {
  setSystemTime();
  folder[Symbol.dispose]();
});

describe("the gauges of a server", () => {
  test("are what its parts hold when it is asked", async () => {
    const client = new SiteClient(folder.root);
    const memory = openHttpMemory();
    let connections = 3;
    const parts = { connections: () => connections, memory, site: () => client.opened };
    const values = (): ReadonlyMap<string, number> =>
      readExposition(metricsText(partFamilies(parts))).values;
    expect(values().get("postern_connections_open")).toBe(3);
    expect(values().get('postern_cache_bytes{cache="files"}')).toBe(0);
    connections = 4;
    memory.output.hold(100_000, 0);
    memory.bodies.hold(200_000, 0);
    memory.headBytes = () => 70;
    await client.ask("GET /a.txt");
    expect(values().get("postern_connections_open")).toBe(4);
    expect(values().get("postern_output_queued_bytes")).toBe(100_000);
    expect(values().get("postern_request_bodies_bytes")).toBe(200_000);
    expect(values().get('postern_cache_bytes{cache="heads"}')).toBe(70);
    expect(values().get('postern_cache_bytes{cache="variants"}')).toBe(0);
    expect(values().get('postern_cache_bytes{cache="files"}')).toBeGreaterThan(1000);
  });

  test("name backends, where there are some", () => {
    const { opened } = new SiteClient(folder.root);
    const name = "http://127.0.0.1:3000";
    // The same backend under two rules.
    const states = [
      { name, connections: 2, waiting: 1 },
      { name, connections: 3, waiting: 0 },
    ];
    const backends = { states: () => states, open: () => [], close: () => undefined };
    const parts = { connections: () => 0, memory: openHttpMemory() };
    const without = metricsText(partFamilies({ ...parts, site: () => opened }));
    expect(without).not.toContain("backend");
    const site = { ...opened, backends };
    const { values } = readExposition(metricsText(partFamilies({ ...parts, site: () => site })));
    const backend = '{backend="http://127.0.0.1:3000"}';
    expect(values.get(`postern_backend_connections${backend}`)).toBe(5);
    expect(values.get(`postern_backend_requests_waiting${backend}`)).toBe(1);
  });
});
