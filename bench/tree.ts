/**
 * The server's memory while each of 100,000 files is served once, and then once more. It must be
 * bounded by the cache's limit and not by the tree. The cache has room for one file in twenty,
 * which is 20 MB in postern's.
 */

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { caseNamed, getWhole, numberedFiles } from "./cases.ts";
import { MemoryWatch } from "./memory.ts";
import type { Probe } from "./probe.ts";
import { probeEach } from "./probe.ts";
import type { Server } from "./server.ts";
import { writeFiles } from "./site.ts";
import type { Stage } from "./stage.ts";

const FILES = 100_000;
const FILES_QUICK = 20_000;
const PASS_MS = 10_000;
const MEBIBYTE = 1024 * 1024;

export const tree: Probe = {
  name: "tree-100k",
  title: "100,000 files served",
  servers: ["postern", "nginx-cache"],
  run: async (found, stage) => {
    const root = join(stage.folder, "tree");
    mkdirSync(root, { recursive: true });
    const files = numberedFiles("files", stage.isQuick ? FILES_QUICK : FILES);
    stage.report("tree-100k: writing the files");
    writeFiles(root, [...files, ...caseNamed("1k").files]);
    const cachedFiles = files.length / 20;
    const role = { asked: caseNamed("1k"), setup: { cachedFiles }, root };
    const visits = { root, exchanges: files.map(getWhole), requests: files.length };
    // First one file as often, so that heaps have grown before.
    const warmUp = { ...visits, exchanges: role.asked.exchanges };
    return await probeEach("tree-100k", found, stage, role, async (server) => {
      await visit(server, warmUp, stage);
      const growth = await visit(server, visits, stage);
      const regrowth = await visit(server, visits, stage);
      return { figures: { growth: [growth], regrowth: [regrowth] } };
    });
  },
};

interface Visits {
  readonly root: string;
  readonly exchanges: readonly ReturnType<typeof getWhole>[];
  readonly requests: number;
}

/** Requests every file once. Returns how much the memory grew, in mebibytes. */
async function visit(server: Server, visits: Visits, stage: Stage): Promise<number> {
  const { root, exchanges, requests } = visits;
  const { generator, connections } = stage;
  using memory = new MemoryWatch(server.pid);
  const plan = { port: server.port, tls: false, root, connections, exchanges, pipelineDepth: 1 };
  // `open` sends the first request on each connection.
  await generator.open(plan);
  const end = { requests: requests - connections, milliseconds: Infinity };
  await generator.run(server.pid, end, PASS_MS);
  memory.look();
  return (memory.peakBytes - memory.firstBytes) / MEBIBYTE;
}
