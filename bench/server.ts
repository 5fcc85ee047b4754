/**
 * A server's process: started, awaited until it listens, ended by its pid with all below it.
 *
 * What it prints to standard error goes to a file, whose last line explains a failure.
 */

import type { Subprocess } from "bun";
import { readFileSync } from "node:fs";

import { processTree } from "./cpu.ts";

const START_MS_MAX = 10_000;
const STOP_MS_MAX = 3000;
const POLL_MS = 10;

/** How a server is started. It stays in the foreground and uses one worker. */
export interface Launch {
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * `port`: it listens on the port that it was given; `ready-line`: it says on standard output
   * which one it took, as one JSON object with `event: "ready"`, `port` and `pid`.
   */
  readonly announces: "port" | "ready-line";
}

/** Every server that this process started and hasn't stopped. */
const running = new Set<Server>();
let closed = false;

/** Stops all servers, and starts no more: for the end of the program, however it comes. */
export async function stopAllServers(): Promise<void> {
  closed = true;
  await Promise.all([...running].map((server) => server.stop()));
}

export class Server {
  #port: number;
  readonly #process: Subprocess<"ignore", "ignore" | "pipe">;
  readonly #errorPath: string;

  private constructor(
    process: Subprocess<"ignore", "ignore" | "pipe">,
    port: number,
    errorPath: string,
  ) {
    this.#process = process;
    this.#port = port;
    this.#errorPath = errorPath;
  }

  /**
   * Starts a server and waits until it accepts connections on 127.0.0.1. Throws with a reason,
   * nothing left running, when it ends or when it takes longer than 10 s.
   */
  static async start(launch: Launch, port: number, errorPath: string): Promise<Server> {
    if (closed) throw new Error("the bench is ending");
    const child = Bun.spawn([...launch.command], {
      env: { ...process.env, ...launch.environment },
      stdin: "ignore",
      stdout: launch.announces === "port" ? "ignore" : "pipe",
      stderr: Bun.file(errorPath),
    });
    const server = new Server(child, port, errorPath);
    running.add(server);
    try {
      server.#port = await server.#listening();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
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

  /** Ends the process and all below it: SIGTERM first, then SIGKILL for what is left. */
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

  async #listening(): Promise<number> {
    const { stdout } = this.#process;
    const line = stdout instanceof ReadableStream ? readyPort(stdout) : undefined;
    const deadline = Date.now() + START_MS_MAX;
    while (Date.now() < deadline) {
      if (this.ended !== undefined) throw new Error(this.ended);
      const port = line === undefined ? this.#port : await Promise.race([line, Bun.sleep(POLL_MS)]);
      if (port !== undefined && (await accepts(port))) return port;
      await Bun.sleep(POLL_MS);
    }
    throw new Error(`doesn't listen after ${START_MS_MAX / 1000} s`);
  }
}

/** The port in the ready line; the rest of the stream is read and dropped. */
async function readyPort(output: ReadableStream<Uint8Array>): Promise<number> {
  const found = Promise.withResolvers<number>();
  void (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of output) {
      text += decoder.decode(piece, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      const port = lines.map((line) => readyPortOf(line)).find((each) => each !== undefined);
      if (port !== undefined) found.resolve(port);
    }
  })();
  return found.promise;
}

/** The port that a ready line names; `undefined` for any other line. */
export function readyPortOf(line: string): number | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const { event, port } = JSON.parse(line) as { event?: unknown; port?: unknown };
    return event === "ready" && typeof port === "number" ? port : undefined;
  } catch {
    return undefined;
  }
}

/** A port of 127.0.0.1 on which nobody listens now. */
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
    // It has just ended by itself.
  }
}
