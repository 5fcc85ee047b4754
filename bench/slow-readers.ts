/**
 * The server's memory while a thousand clients read 100 MB slowly. A slow reader may cost a bounded
 * buffer, but not a copy of the file.
 *
 * Each client requests the file, reads from its socket once, and waits two seconds before it reads
 * again. The first and last byte of each read are compared with the file.
 *
 * What the kernel holds in the server's send queues is a figure of its own, where `ss` of iproute2
 * can tell: all sockets of a machine share that memory. With sendfile some of it is the page cache.
 * The memory of all sockets is only noted, because the clients' buffers are in it.
 */

import type { Socket } from "bun";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { caseNamed } from "./cases.ts";
import { digits } from "./measures.ts";
import { MemoryWatch } from "./memory.ts";
import type { Probe, ProbeResult } from "./probe.ts";
import { probeEach } from "./probe.ts";
import type { Server } from "./server.ts";

const READERS = 1000;
const READERS_QUICK = 250;
const OPENED_AT_ONCE = 50;
const MEBIBYTE = 1024 * 1024;
const FILE_BYTES = 100 * MEBIBYTE;
const PAUSE_MS = 2000;
const TURN_MS = 100;
const WATCH_MS = 12_000;
const WATCH_MS_QUICK = 4000;
const PAGE_BYTES = 4096;
const REQUEST = "GET /slow.bin HTTP/1.1\r\nHost: localhost\r\n\r\n";
const END_OF_HEAD = "\r\n\r\n";

export const slowReaders: Probe = {
  name: "slow-readers",
  title: "1,000 slow readers of 100 MB",
  servers: ["postern", "nginx", "bun-file"],
  run: async (found, stage) => {
    const root = join(stage.folder, "slow");
    mkdirSync(root, { recursive: true });
    stage.report("slow-readers: writing the file");
    const content = Uint8Array.from({ length: FILE_BYTES }, (_, position) => octetAt(position));
    writeFileSync(join(root, "slow.bin"), content);
    const role = { asked: caseNamed("1k"), setup: {}, root };
    const { isQuick } = stage;
    return await probeEach("slow-readers", found, stage, role, (server) =>
      isQuick
        ? readSlowly(server, READERS_QUICK, WATCH_MS_QUICK)
        : readSlowly(server, READERS, WATCH_MS),
    );
  },
};

/** The octet at `position` of the file. Neighbouring pages and mebibytes begin differently. */
function octetAt(position: number): number {
  return (position + Math.floor(position / 4096) * 7 + Math.floor(position / MEBIBYTE) * 13) % 251;
}

async function readSlowly(server: Server, count: number, watchMs: number): Promise<ProbeResult> {
  using memory = new MemoryWatch(server.pid);
  const readers: SlowReader[] = [];
  try {
    while (readers.length < count) {
      const batch = Math.min(OPENED_AT_ONCE, count - readers.length);
      const opening = Array.from({ length: batch }, () => SlowReader.open(server.port));
      readers.push(...(await Promise.all(opening)));
    }
    await takeTurns(readers, watchMs);
    memory.look();
    const faults = readers.flatMap(({ fault }) => fault ?? []);
    if (faults[0] !== undefined) throw new Error(`${faults.length} of ${count}: ${faults[0]}`);
    const kernel = digits(socketMemoryBytes() / MEBIBYTE);
    const queued = await sendQueueBytes(server.port);
    return {
      figures: {
        resident: [memory.peakBytes / MEBIBYTE],
        ...(queued === undefined ? {} : { sendQueues: [queued / MEBIBYTE] }),
      },
      note: `the kernel holds ${kernel} MB for all sockets of the machine`,
    };
  } finally {
    for (const reader of readers) reader.stop();
  }
}

/** Has each reader read once every two seconds, evenly distributed. */
async function takeTurns(readers: readonly SlowReader[], milliseconds: number): Promise<void> {
  const started = performance.now();
  let turn = 0;
  for (;;) {
    const passedMs = performance.now() - started;
    if (passedMs >= milliseconds) return;
    const due = Math.floor((passedMs / PAUSE_MS) * readers.length);
    while (turn < due) readers[turn++ % readers.length]?.read();
    await Bun.sleep(TURN_MS);
  }
}

/** The kernel's memory for all TCP sockets, without pages of files (/proc/net/sockstat). */
function socketMemoryBytes(): number {
  const counts = readFileSync("/proc/net/sockstat", "latin1");
  return Number(/^TCP: .* mem (\d+)/m.exec(counts)?.[1] ?? 0) * PAGE_BYTES;
}

/** What is queued to be sent from `port` (ss(8), skmem's w); undefined without ss. */
async function sendQueueBytes(port: number): Promise<number | undefined> {
  if (Bun.which("ss") === null) return undefined;
  const listed = await Bun.$`ss -tmnH sport = :${port}`.quiet().nothrow().text();
  const queues = [...listed.matchAll(/skmem:\([^)]*\bw(\d+)/g)];
  return queues.reduce((sum, [, octets]) => sum + Number(octets), 0);
}

/** A connection that has requested the file, and reads from it on demand. */
class SlowReader {
  fault: string | undefined;
  #socket: Socket | undefined;
  #head = "";
  #received = 0;
  #isStopped = false;

  /** Opens a connection. Resolves when the answer begins to arrive. */
  static async open(port: number): Promise<SlowReader> {
    const reader = new SlowReader();
    const begun = Promise.withResolvers<void>();
    reader.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (socket, octets) => {
          socket.pause();
          reader.#receive(octets);
          begun.resolve();
        },
        close: () => {
          if (!reader.#isStopped) reader.fault ??= `closed after ${reader.#received} bytes`;
          begun.reject(new Error("a connection was lost"));
        },
      },
    });
    reader.#socket.write(REQUEST);
    await begun.promise;
    return reader;
  }

  read(): void {
    this.#socket?.resume();
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.terminate();
  }

  #receive(octets: Buffer): void {
    if (this.#head.includes(END_OF_HEAD)) return this.#take(octets);
    this.#head += octets.toString("latin1");
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) return;
    if (!this.#head.startsWith("HTTP/1.1 200 ")) this.fault = this.#head.slice(0, 40);
    this.#take(octets.subarray(octets.length - (this.#head.length - end - END_OF_HEAD.length)));
  }

  #take(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const last = this.#received + octets.length - 1;
    const isRight = octets[0] === octetAt(this.#received) && octets.at(-1) === octetAt(last);
    if (!isRight) this.fault ??= `wrong bytes at ${this.#received}`;
    this.#received += octets.length;
  }
}
