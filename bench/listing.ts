/** A folder of 50,000 files, listed: how long until the first byte, and the CPU for one page. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { caseNamed } from "./cases.ts";
import { treeCpuNanoseconds } from "./cpu.ts";
import type { Probe, FileStat } from "./probe.ts";
import { probeEach } from "./probe.ts";
import type { Server } from "./server.ts";

const FILES = 50_000;
const TRIES = 10;
const TRIES_QUICK = 4;
const PATIENCE_MS = 20_000;
const REQUEST = "GET /folder/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

export const listing: Probe = {
  name: "listing-50k",
  title: "50,000 files listed",
  servers: ["postern", "nginx", "lighttpd", "h2o", "caddy"],
  run: async (found, stage) => {
    const root = join(stage.folder, "listed");
    const folder = join(root, "folder");
    mkdirSync(folder, { recursive: true });
    for (let index = 0; index < FILES; index++) writeFileSync(join(folder, `${index}.txt`), "");
    const role = { asked: caseNamed("1k"), setup: { listing: true }, root } as const;
    const tries = stage.isQuick ? TRIES_QUICK : TRIES;
    return await probeEach("listing-50k", found, stage, role, (server) => list(server, tries));
  },
};

async function list(server: Server, tries: number): Promise<FileStat> {
  const firstByte: number[] = [];
  const cpu: number[] = [];
  // The first try isn't counted: it finds the code that lists cold.
  for (let count = 0; count <= tries; count++) {
    const before = treeCpuNanoseconds(server.pid);
    const milliseconds = await askOnce(server.port);
    const used = treeCpuNanoseconds(server.pid) - before;
    if (count === 0) continue;
    firstByte.push(milliseconds);
    cpu.push(used / 1000);
  }
  return { figures: { firstByte, cpu } };
}

/** Milliseconds from the request to the first byte of its answer, which is read to its end. */
async function askOnce(port: number): Promise<number> {
  const ended = Promise.withResolvers<void>();
  let firstByteMs: number | undefined;
  let statusLine = "";
  const late = setTimeout(() => ended.reject(new Error("no end of the listing")), PATIENCE_MS);
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, bytes) => {
        if (firstByteMs === undefined) statusLine = bytes.toString("latin1", 0, 12);
        firstByteMs ??= performance.now() - sent;
      },
      close: () => ended.resolve(),
      error: (_, error) => ended.reject(error),
    },
  });
  const sent = performance.now();
  socket.write(REQUEST);
  await ended.promise;
  clearTimeout(late);
  if (firstByteMs === undefined || statusLine !== "HTTP/1.1 200") {
    throw new Error(`expected HTTP/1.1 200, got "${statusLine}"`);
  }
  return firstByteMs;
}
