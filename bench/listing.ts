/**
 * The listing of a folder of 50,000 files: the time until the first byte, and the CPU time for one
 * page. The servers are asked in turn, so that a drift of the machine affects all of them alike.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { caseNamed } from "./cases.ts";
import { treeCpuNanoseconds } from "./cpu.ts";
import { rotate } from "./contest.ts";
import type { Row } from "./measures.ts";
import { failedRow } from "./measures.ts";
import type { FoundPeer } from "./peers.ts";
import type { Probe } from "./probe.ts";
import type { Server } from "./server.ts";
import type { Role, Stage } from "./stage.ts";
import { startPeer } from "./stage.ts";

const NAME = "listing-50k";
const FILES = 50_000;
const TRIES = 10;
const TRIES_QUICK = 4;
const PATIENCE_MS = 20_000;
const REQUEST = "GET /folder/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

export const listing: Probe = {
  name: NAME,
  title: "50,000 files listed",
  servers: ["postern", "nginx", "lighttpd", "h2o", "caddy"],
  run: async (found, stage) => {
    const root = join(stage.folder, "listed");
    const folder = join(root, "folder");
    mkdirSync(folder, { recursive: true });
    for (let index = 0; index < FILES; index++) writeFileSync(join(folder, `${index}.txt`), "");
    const role = { asked: caseNamed("1k"), setup: { listing: true }, root } as const;
    const tries = stage.isQuick ? TRIES_QUICK : TRIES;
    const listers = await Promise.all(found.map((each) => Lister.start(each, role, stage)));
    try {
      // The first try isn't counted, since the code isn't compiled yet.
      for (let count = 0; count <= tries; count++) {
        stage.report(`${NAME}: ${count} of ${tries}`);
        for (const each of rotate(listers, count)) await each.list(count > 0);
      }
      return listers.map((each) => each.row);
    } finally {
      for (const each of listers) await each.stop();
    }
  },
};

/** A server, and its figures so far. */
class Lister {
  readonly #name: string;
  readonly #firstByte: number[] = [];
  readonly #cpu: number[] = [];
  #server: Server | undefined;
  #fault: unknown;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Never rejects: if the server doesn't start, the row says why. */
  static async start(found: FoundPeer, role: Role, stage: Stage): Promise<Lister> {
    const lister = new Lister(found.peer.name);
    try {
      lister.#server = await startPeer(found, role, stage);
    } catch (error) {
      lister.#fault = error;
    }
    return lister;
  }

  async list(isCounted: boolean): Promise<void> {
    if (this.#server === undefined || this.#fault !== undefined) return;
    const { pid, port } = this.#server;
    try {
      const before = treeCpuNanoseconds(pid);
      const milliseconds = await askOnce(port);
      const used = treeCpuNanoseconds(pid) - before;
      if (!isCounted) return;
      this.#firstByte.push(milliseconds);
      this.#cpu.push(used / 1000);
    } catch (error) {
      await Bun.sleep(50);
      this.#fault = this.#server.ended ?? error;
    }
  }

  get row(): Row {
    if (this.#fault !== undefined) return failedRow(NAME, this.#name, this.#fault);
    const figures = { firstByte: this.#firstByte, cpu: this.#cpu };
    return { case: NAME, server: this.#name, outcome: { kind: "measured", figures } };
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

/** Milliseconds from the request to the first byte of the answer. Reads the answer to its end. */
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
