/** Runs `cheap-client.c`, and says what its requests cost both sides. */

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { treeCpuNanoseconds } from "./cpu.ts";

/** What the client asks for, and how. The requests have one length, and their responses another. */
export interface CheapLoad {
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests that a connection sends at once. */
  readonly depth: number;
}

/** The medians of one row are of these. */
export interface Taken {
  readonly requests: number;
  /** Requests per second. */
  readonly rate: number;
  /** CPU time of a request, in microseconds. */
  readonly server: number;
  readonly client: number;
  /** The part of all cores that server and client had, in per cent. */
  readonly had: number;
}

function requestOf(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

export class CheapClient {
  readonly #folder: string;

  /** Compiles the client into `folder`. */
  constructor(folder: string) {
    this.#folder = folder;
    const source = join(import.meta.dir, "cheap-client.c");
    const compiling = Bun.spawnSync(["cc", "-O2", "-o", join(folder, "client"), source]);
    if (!compiling.success) throw new Error(compiling.stderr.toString());
  }

  /** `load` with those of its paths whose responses are as long as most of them. */
  async ofOneLength(
    [server]: readonly { readonly port: number }[],
    load: CheapLoad,
  ): Promise<CheapLoad> {
    const lengths: number[] = [];
    for (const path of load.paths) lengths.push(await responseBytes(server?.port ?? 0, path));
    const usual = median(lengths);
    return { ...load, paths: load.paths.filter((_, index) => lengths[index] === usual) };
  }

  /** Asks the server on `port`, whose first process is `pid`, for so long. */
  async take(
    { port, pid }: { readonly port: number; readonly pid: number },
    { paths, connections, depth }: CheapLoad,
    milliseconds: number,
  ): Promise<Taken> {
    const file = join(this.#folder, "requests");
    const [first = "/"] = paths;
    writeFileSync(file, paths.map(requestOf).join(""));
    const response = await responseBytes(port, first);
    const numbers = [port, connections, depth, milliseconds].map(String);
    const sizes = [requestOf(first).length, response].map(String);
    const before = treeCpuNanoseconds(pid);
    const client = Bun.spawn([join(this.#folder, "client"), ...numbers, file, ...sizes], {
      stderr: "inherit",
    });
    const [requests = 0, elapsed = 0, own = 0] = (await client.stdout.text())
      .split(" ")
      .map(Number);
    if ((await client.exited) !== 0) throw new Error(`the client failed: ${first}`);
    const server = treeCpuNanoseconds(pid) - before;
    return {
      requests,
      rate: (requests / elapsed) * 1e9,
      server: server / requests / 1000,
      client: own / requests / 1000,
      had: ((server + own) / elapsed / availableParallelism()) * 100,
    };
  }
}

/** How long a response is on a connection that stays open. */
async function responseBytes(port: number, path: string): Promise<number> {
  const last = requestOf(path).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  const closing = await octetsOf(port, last);
  return (await octetsOf(port, requestOf(path) + last)) - closing;
}

/** How many octets are answered to `asked`, whose last request closes the connection. */
async function octetsOf(port: number, asked: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let came = 0;
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(asked),
      data: (_, octets) => void (came += octets.length),
      close: () => resolve(came),
    },
  });
  return await promise;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** A row of a table: medians with three figures. */
export function medians(taken: readonly Taken[]): Record<string, number> {
  const of = (name: keyof Taken): number =>
    Number(median(taken.map((one) => one[name])).toPrecision(3));
  return {
    "requests/s": of("rate"),
    "server µs": of("server"),
    "client µs": of("client"),
    "had %": of("had"),
  };
}
