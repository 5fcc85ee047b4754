import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";

import {
  affordableConnections,
  affordableKeptFiles,
  affordableUploads,
  connectionsFor,
  keptFilesFor,
  openFilesLimit,
  uploadsFor,
} from "../../src/system/descriptor-budget.ts";
import { RawClient } from "../raw-client.ts";
import { TempSite } from "../temp-site.ts";

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             95991                95991                processes
Max open files            1024                 1048576              files
Max locked memory         8388608              8388608              bytes
`;

describe("connections that there are descriptors for", () => {
  test("follow from the soft limit of open files", () => {
    expect(openFilesLimit(limits)).toBe(1024);
    expect(openFilesLimit(limits.replace("1024 ", "unlimited "))).toBeUndefined();
    expect(openFilesLimit("")).toBeUndefined();
  });

  test("leave some for files and for the server itself, and are never none", () => {
    for (const openFiles of [0, 1, 32, 33, 40, 64, 100, 1024, 1_048_576]) {
      const connections = connectionsFor(openFiles);
      expect(connections).toBeGreaterThanOrEqual(1);
      if (openFiles > 40) expect(connections).toBeLessThan(openFiles - 32);
      // Files that are kept open leave room for those that are opened.
      const files = Math.max(0, openFiles - 32 - connections);
      expect(uploadsFor(openFiles)).toBeGreaterThanOrEqual(1);
      // Each has a file and a folder.
      if (openFiles > 64) expect(2 * uploadsFor(openFiles)).toBeLessThan(files + 32);
      if (openFiles > 64) expect(keptFilesFor(openFiles)).toBeLessThan(files / 2);
    }
  });

  test("are never more than were asked for", () => {
    expect(affordableConnections(1)).toBe(1);
    expect(affordableConnections(10 ** 9)).toBeGreaterThan(0);
    expect(affordableKeptFiles(1)).toBeLessThanOrEqual(1);
    expect(affordableKeptFiles(10 ** 9)).toBeGreaterThan(0);
    expect(affordableUploads(1)).toBe(1);
    expect(affordableUploads(10 ** 9)).toBeGreaterThan(0);
  });
});

test.skipIf(!existsSync("/bin/sh") || !existsSync("/proc/self/limits"))(
  "with few descriptors, many clients are answered or closed, and the rest served (needs /proc)",
  async () => {
    using site = new TempSite();
    const index = new URL("../../index.ts", import.meta.url).pathname;
    const words = [process.execPath, index, site.root, "--port", "0", "--ready", "json", "-q"];
    const child = Bun.spawn(["/bin/sh", "-c", 'ulimit -n 80 && exec "$@"', "sh", ...words], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const { port } = JSON.parse(new TextDecoder().decode(value)) as { port: number };
    const request = "GET /data/large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";
    /** A client that has asked; undefined when it was reset before it could. */
    const ask = async (): Promise<RawClient | undefined> => {
      const client = await RawClient.connect(port).catch(() => undefined);
      client?.send(request);
      return client;
    };
    const clients = await Promise.all(Array.from({ length: 150 }, ask));
    for (const client of clients) client?.abort();
    // Once they are closed, a new connection is served.
    for (let served = 0; served < 10;) {
      const client = await ask();
      await client?.responses(1).catch(() => undefined);
      if (client?.statuses[0] === 200) served++;
      client?.abort();
    }
    child.kill("SIGTERM");
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).toBe("");
  },
);
