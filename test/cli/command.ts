/**
 * The command line as a process of its own: its lines as they come, its exit status, its signals.
 */

import { resolve } from "node:path";

const index = resolve(import.meta.dir, "../../index.ts");
const deadlineMs = 20_000;

/** What a command is started by, and with. */
interface Inheritance {
  /** A command that becomes the one that it is given. */
  readonly starter?: readonly string[];
  /** What it has from descriptor 3 on. */
  readonly descriptors?: readonly number[];
}

export class Command implements AsyncDisposable {
  /** Where it listens, once that has been read. */
  port = 0;
  readonly #process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #lines: AsyncGenerator<string>;
  readonly #stderr: Promise<string>;
  #said = "";

  /**
   * `environment` is all that the process gets beside PATH and HOME, and what it inherits.
   */
  constructor(
    words: readonly string[],
    environment: Record<string, string> = {},
    cwd?: string,
    program = index,
    { starter = [], descriptors = [] }: Inheritance = {},
  ) {
    this.#process = Bun.spawn([...starter, process.execPath, "run", program, ...words], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
      stdio: ["ignore", "pipe", "pipe", ...descriptors],
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#lines = linesOf(this.#process.stdout);
    this.#stderr = this.#listen();
  }

  async #listen(): Promise<string> {
    const decoder = new TextDecoder();
    for await (const octets of this.#process.stderr) {
      this.#said += decoder.decode(octets, { stream: true });
    }
    return this.#said;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The next line on standard output, without its end; undefined at the end. */
  async line(): Promise<string | undefined> {
    const next = await inTime(this.#lines.next(), "a line");
    return next.done === true ? undefined : next.value;
  }

  /** All lines that are still to come. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== undefined; line = await this.line()) {
      lines.push(line);
    }
    return lines;
  }

  /** Closes our end of its standard output. */
  async stopReading(): Promise<void> {
    await this.#lines.return(undefined);
  }

  /** Waits until standard error is `text`, or matches it. */
  async says(text: string | RegExp): Promise<void> {
    const giveUpMs = performance.now() + deadlineMs;
    const isSaid = (): boolean =>
      typeof text === "string" ? this.#said === text : text.test(this.#said);
    while (!isSaid()) {
      if (performance.now() > giveUpMs) throw new Error(`it said ${JSON.stringify(this.#said)}`);
      await Bun.sleep(2);
    }
  }

  /** All of standard error, once the process has ended. */
  get stderr(): Promise<string> {
    return inTime(this.#stderr, "the end of standard error");
  }

  /** The exit status. */
  get status(): Promise<number> {
    return inTime(this.#process.exited, "the exit");
  }

  signal(
    name:
      "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGUSR1" | "SIGUSR2" | "SIGKILL" | "SIGALRM" | "SIGWINCH",
  ): void {
    this.#process.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const octets of stream) {
    text += decoder.decode(octets, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
  if (text !== "") yield text;
}

/** Rejects when `promise` takes so long that something must be broken. */
async function inTime<Value>(promise: Promise<Value>, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come`)), deadlineMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
