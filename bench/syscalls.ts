/**
 * The number of system calls per request. strace counts them while a known number of requests for
 * one small file is sent over connections that have been used before.
 */

import { join } from "node:path";

import { caseNamed } from "./cases.ts";
import { processTree } from "./cpu.ts";
import type { Figures } from "./measures.ts";
import { failedRow } from "./measures.ts";
import { findProgram } from "./peers.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { probeEach } from "./probe.ts";
import type { Server } from "./server.ts";
import type { Stage } from "./stage.ts";

const REQUESTS = 6400;
const PASS_MS = 5000;
const ATTACH_MS_MAX = 5000;
const SELDOM = 0.005;
const asked = caseNamed("1k");

/** The purpose of a system call. Calls that match none are counted as other calls. */
const kinds = {
  receives: /^(recv(from|msg|mmsg)?|readv)$/,
  sends: /^(send(to|msg|mmsg|file)|write|writev)$/,
  waits: /^(epoll_p?wait2?|p?poll|p?select6?)$/,
  fileCalls: /^(open(at2?)?|close|read|pread64|preadv2?|l?stat|statx|fstat|newfstatat|fadvise64)$/,
} as const;

export const syscalls: Probe = {
  name: "syscalls",
  title: "system calls for 1 KB",
  servers: ["postern", "nginx", "nginx-cache", "bun-listen"],
  run: async (found, stage) => {
    const strace = findProgram("strace");
    if (strace === undefined) {
      const missing = "strace not found; apt-get install strace";
      return found.map(({ peer }) => failedRow("syscalls", peer.name, missing));
    }
    return await probeEach("syscalls", found, stage, { asked, setup: {} }, (server) =>
      trace(server, strace, stage),
    );
  },
};

async function trace(server: Server, strace: string, stage: Stage): Promise<ProbeResult> {
  const { generator, root, connections } = stage;
  const { exchanges, pipelineDepth } = asked;
  await generator.open({
    port: server.port,
    tls: false,
    root,
    connections,
    exchanges,
    pipelineDepth,
  });
  await generator.run(server.pid, { requests: REQUESTS, milliseconds: Infinity }, PASS_MS);
  const output = join(stage.folder, `strace-${server.pid}`);
  const processes = processTree(server.pid).flatMap(({ pid }) => ["-p", String(pid)]);
  const tracer = Bun.spawn([strace, "-f", "-c", "-o", output, ...processes], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  try {
    await attached(tracer.stderr);
    await generator.run(server.pid, { requests: REQUESTS, milliseconds: Infinity }, PASS_MS);
  } finally {
    tracer.kill("SIGINT");
    await tracer.exited;
  }
  const counts = parseCounts(await Bun.file(output).text());
  return { figures: callsPerRequest(counts, REQUESTS), note: describe(counts, REQUESTS) };
}

/** Resolves when strace reports that it has attached; rejects with its output otherwise. */
async function attached(messages: ReadableStream<Uint8Array>): Promise<void> {
  let said = "";
  const reader = messages.getReader();
  const late = setTimeout(() => void reader.cancel(), ATTACH_MS_MAX);
  while (!/ attached/.test(said)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`strace: ${said.trim().split("\n")[0] ?? "didn't attach"}`);
    said += new TextDecoder().decode(value);
  }
  clearTimeout(late);
}

/** Parses the table of `strace -c`: the number of calls by name. */
export function parseCounts(table: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  // Columns: % time, seconds, usecs/call, calls, errors (may be empty), syscall.
  const line = /^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?([a-z]\w*)$/;
  for (const text of table.split("\n")) {
    const [, calls, name] = line.exec(text) ?? [];
    if (name !== undefined && name !== "total") counts.set(name, Number(calls));
  }
  return counts;
}

/** Calls per request by name, without rare ones. */
function describe(counts: ReadonlyMap<string, number>, requests: number): string {
  return [...counts]
    .filter(([, calls]) => calls / requests >= SELDOM)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, calls]) => `${name} ${(calls / requests).toFixed(2)}`)
    .join(", ");
}

/** Calls per request, by purpose. */
export function callsPerRequest(counts: ReadonlyMap<string, number>, requests: number): Figures {
  const sums = { receives: 0, sends: 0, waits: 0, fileCalls: 0, otherCalls: 0 };
  for (const [name, calls] of counts) {
    const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find((each) =>
      kinds[each].test(name),
    );
    sums[kind ?? "otherCalls"] += calls / requests;
  }
  const { receives, sends, waits, fileCalls, otherCalls } = sums;
  return {
    receives: [receives],
    sends: [sends],
    waits: [waits],
    fileCalls: [fileCalls],
    otherCalls: [otherCalls],
  };
}
