/**
 * `bun run bench/slow-readers.ts`: what many clients that read a large file slowly cost the server
 * in memory. A slow reader may cost a bounded buffer, and never the file.
 *
 * Each client asks for all of a 100 MB file, takes what one read of its socket gives, and waits for
 * its next turn. What they get is compared with the file, at both ends of each read. Meanwhile the
 * server's resident memory is read ten times a second.
 *
 * Exit status: 0; 1 when the server has grown past `--limit`, or answered wrongly.
 */

import type { Socket } from "bun";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { freePort, Server } from "./server.ts";

const MEBIBYTE = 1024 * 1024;
const FILE_BYTES = 100 * MEBIBYTE;

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    seconds: { type: "string", default: "30" },
    /** Seconds between two reads of one client. */
    pause: { type: "string", default: "2" },
    /** Resident memory that the server may have, in MiB. */
    limit: { type: "string", default: "150" },
  },
});
const clients = Number(values.clients);
const seconds = Number(values.seconds);
const pauseMs = Number(values.pause) * 1000;
const limitBytes = Number(values.limit) * MEBIBYTE;

/** The octet at `position` of the file: no two neighbouring pages or mebibytes begin alike. */
function octetAt(position: number): number {
  return (position + Math.floor(position / 4096) * 7 + Math.floor(position / MEBIBYTE) * 13) % 251;
}

/** A client that reads when it is told to. */
class SlowReader {
  received = 0;
  fault: string | undefined;
  #socket: Socket | undefined;

  async open(port: number): Promise<void> {
    let text = "";
    let inHead = true;
    this.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          socket.write("GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n");
        },
        data: (socket, octets) => {
          socket.pause();
          let body: Uint8Array = octets;
          if (inHead) {
            text += octets.toString("latin1");
            const end = text.indexOf("\r\n\r\n");
            if (end === -1) {
              socket.resume();
              return;
            }
            inHead = false;
            if (!text.startsWith("HTTP/1.1 200 ")) this.fault = text.slice(0, end);
            body = octets.subarray(octets.length - (text.length - end - 4));
          }
          this.#take(body);
        },
        close: () => {
          if (this.received < FILE_BYTES) this.fault ??= `closed after ${this.received} bytes`;
        },
      },
    });
  }

  #take(octets: Uint8Array): void {
    const last = this.received + octets.length - 1;
    const right =
      octets.length === 0 ||
      (octets[0] === octetAt(this.received) && octets.at(-1) === octetAt(last));
    if (!right) this.fault ??= `wrong bytes at ${this.received}`;
    this.received += octets.length;
  }

  read(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.fault ??= "";
    this.#socket?.terminate();
  }
}

/** In bytes. */
function residentMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** What the kernel keeps for all TCP sockets of the machine, pages of files not counted. */
function kernelMemory(): number {
  const match = /^TCP: .* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "utf8"));
  return Number(match?.[1]) * 4096;
}

const inMebibytes = (count: number): string => `${(count / MEBIBYTE).toFixed(1)} MiB`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function measure(folder: string): Promise<number> {
  const site = join(folder, "site");
  mkdirSync(site, { mode: 0o755 });
  writeFileSync(
    join(site, "large.bin"),
    Uint8Array.from({ length: FILE_BYTES }, (_, i) => octetAt(i)),
  );
  const main = join(import.meta.dir, "..", "index.ts");
  const options = ["--port", "0", "--log", "none", "--ready", "json", "--quiet"];
  const server = await Server.start(
    {
      command: [process.execPath, "run", main, site, ...options],
      announces: "ready-line",
    },
    freePort(),
    join(folder, "stderr"),
  );
  say(`at the start: ${inMebibytes(residentMemory(server.pid))}`);

  const readers = Array.from({ length: clients }, () => new SlowReader());
  for (const reader of readers) await reader.open(server.port);
  say(`${clients} clients connected: ${inMebibytes(residentMemory(server.pid))}`);
  let turn = 0;
  let peak = 0;
  const started = performance.now();
  while (performance.now() - started < seconds * 1000) {
    const due = Math.floor(((performance.now() - started) / pauseMs) * clients);
    while (turn < due) readers[turn++ % clients]?.read();
    peak = Math.max(peak, residentMemory(server.pid));
    await Bun.sleep(100);
  }
  const kernel = kernelMemory();
  const taken = readers.reduce((sum, { received }) => sum + received, 0);
  const faults = readers.filter(({ fault }) => fault !== undefined);
  for (const { fault } of faults.slice(0, 3)) say(`a client: ${fault}`);
  const rate = taken / clients / seconds / 1024;
  say(
    `after ${seconds} s, each has read ${rate.toFixed(0)} KiB per second: at most ${inMebibytes(peak)}`,
  );
  say(`the kernel holds ${inMebibytes(kernel)} for all sockets of this machine`);
  for (const reader of readers) reader.close();
  await Bun.sleep(1000);
  say(`all clients gone: ${inMebibytes(residentMemory(server.pid))}`);
  await server.stop();
  return peak <= limitBytes && faults.length === 0 ? 0 : 1;
}

const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
chmodSync(folder, 0o755);
try {
  process.exitCode = await measure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
