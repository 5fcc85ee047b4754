/** The command line on a terminal of its own: what it shows there, as it comes. */

import { resolve } from "node:path";

const index = resolve(import.meta.dir, "../../../index.ts");
const deadlineMs = 20_000;

export class PtyCommand implements AsyncDisposable {
  readonly #process: Bun.Subprocess;
  #shown = "";
  #waiting: (() => void) | undefined;

  /** `environment` is all that the process gets beside PATH and HOME. */
  constructor(
    words: readonly string[],
    environment: Record<string, string> = {},
    cwd = process.cwd(),
  ) {
    const decoder = new TextDecoder();
    this.#process = Bun.spawn([process.execPath, "run", index, ...words], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TERM: "xterm", ...environment },
      cwd,
      terminal: {
        cols: 200,
        rows: 100,
        data: (_, octets) => {
          const text = decoder.decode(octets, { stream: true });
          // The terminal turns each line feed into two characters.
          this.#shown += text.replaceAll("\r\n", "\n").replaceAll("\u001b", "␛");
          this.#waiting?.();
        },
      },
    });
  }

  /** All that the terminal has been given, with ␛ for the character that begins an escape. */
  get shown(): string {
    return this.#shown;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The exit status. */
  get status(): Promise<number> {
    return this.#process.exited;
  }

  /** Waits until the terminal shows something that matches `pattern`. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`${pattern} was not shown: ${JSON.stringify(this.#shown)}`));
    }, deadlineMs);
    try {
      for (;;) {
        const found = pattern.exec(this.#shown);
        if (found !== null) return found;
        const { promise, resolve: more } = Promise.withResolvers<void>();
        this.#waiting = more;
        await Promise.race([promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Types `text` at the terminal. */
  type(text: string): void {
    this.#process.terminal?.write(text);
  }

  /** Makes the terminal `columns` wide. */
  resize(columns: number): void {
    this.#process.terminal?.resize(columns, 100);
  }

  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#process.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    this.#process.terminal?.close();
  }
}
