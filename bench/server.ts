/**
 * The process of a server. It is started, awaited until it listens, and stopped by its pid together
 * with its descendants. Its standard error goes to a file, whose last line explains a failure.
 */

import type { Subprocess } from "bun";
import { readFileSync } from "node:fs";

import { processTree } from "./cpu.ts";

const START_MS_MAX = 10_000;
const STOP_MS_MAX = 3000;
const POLL_MS = 10;

/** How a server is started, in the foreground and with one worker. */
export interface Launch {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The servers that this process has started and not stopped. */
const running = new Set<Server>();
let closed = false;

/** Stops all servers and starts no more. Called at the end of the program and on signals. */
export async function stopAllServers(): Promise<void> {
  closed = true;
  await Promise.all([...running].map((server) => server.stop()));
}

export class Server {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly #process: Subprocess<"ignore", "ignore">;
  readonly #errorPath: string;

  private constructor(process: Subprocess<"ignore", "ignore">, port: number, errorPath: string) {
    this.#process = process;
    this.port = port;
    this.#errorPath = errorPath;
  }

  /**
   * Starts a server and waits until it accepts connections on 127.0.0.1. If it ends, or takes
   * longer than 10 s, it is stopped and an error with the reason is thrown.
   */
  static async start(launch: Launch, port: number, errorPath: string): Promise<Server> {
    if (closed) throw new Error("the bench is ending");
    const child = Bun.spawn([...launch.command], {
      env: { ...process.env, ...launch.environment },
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(errorPath),
    });
    const server = new Server(child, port, errorPath);
    running.add(server);
    try {
      await server.#listening();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Why the process has ended, in one line; `undefined` while it runs. */
  get ended(): string | undefined {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) return undefined;
    const how = signalCode ?? `status ${exitCode}`;
    const last = readFileSync(this.#errorPath, "utf8").trim().split("\n").at(-1)?.slice(0, 160);
    return last === undefined || last === "" ? `ended with ${how}` : `ended with ${how}: ${last}`;
  }

  /** Stops the process and its descendants: by SIGTERM first, then by SIGKILL. */
  async stop(): Promise<void> {
    const members = processTree(this.pid).map(({ pid }) => pid);
    if (this.ended === undefined) this.#process.kill("SIGTERM");
    await Promise.race([this.#process.exited, Bun.sleep(STOP_MS_MAX)]);
    const orphans = members.filter((pid) => pid !== this.pid && processTree(pid).length > 0);
    for (const pid of orphans) endNow(pid);
    if (this.ended === undefined) this.#process.kill("SIGKILL");
    await this.#process.exited;
    running.delete(this);
  }

  async #listening(): Promise<void> {
    const deadline = Date.now() + START_MS_MAX;
    while (Date.now() < deadline) {
      if (this.ended !== undefined) throw new Error(this.ended);
      if (await accepts(this.port)) return;
      await Bun.sleep(POLL_MS);
    }
    throw new Error(`doesn't listen after ${START_MS_MAX / 1000} s`);
  }
}

/** A port of 127.0.0.1 that is free now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    socket.end();
    return true;
  } catch {
    return false;
  }
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has ended by itself.
  }
}
