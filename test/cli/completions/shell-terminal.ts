/** An interactive shell on a terminal of its own, as a person types at it. */

const deadlineMs = 10_000;

/** How each shell is started without any file of the user's. */
const starts = {
  bash: ["--norc", "--noprofile", "-i"],
  zsh: ["-f", "-i"],
  fish: ["--no-config", "-i"],
} as const;

export class ShellTerminal implements AsyncDisposable {
  readonly #process: Bun.Subprocess;
  #shown = "";
  #more: (() => void) | undefined;

  /** `shell` runs in `cwd`, which is also its home. */
  constructor(shell: "bash" | "zsh" | "fish", cwd: string) {
    const decoder = new TextDecoder();
    this.#process = Bun.spawn([shell, ...starts[shell]], {
      env: { PATH: process.env["PATH"], HOME: cwd, TERM: "xterm", PS1: "$ ", LC_ALL: "C.UTF-8" },
      cwd,
      terminal: {
        cols: 200,
        rows: 100,
        data: (_, octets) => {
          this.#shown += decoder.decode(octets, { stream: true });
          this.#more?.();
        },
      },
    });
  }

  /** All that was shown, without escapes (ECMA-48 §5.4, §8.3). */
  get shown(): string {
    const text = this.#shown.replaceAll("\u001b", "␛").replaceAll("\u0007", "␇");
    return (
      text
        // Up again, behind the list below the line.
        .replaceAll(/␛\[\d*A/g, "\n")
        .replaceAll(/␛\[[\d;?<>=]*[ -/]*[@-~]|␛[=>]|␛\][^␇]*␇|[␇\r]/g, "")
    );
  }

  type(text: string): void {
    this.#process.terminal?.write(text);
  }

  /** Waits until what is shown from `start` on is as `isWanted` says; `what` is for the error. */
  async until(isWanted: (shown: string) => boolean, start: number, what: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new Error(`${what} was not shown: ${JSON.stringify(this.shown)}`));
    }, deadlineMs);
    try {
      for (;;) {
        if (isWanted(this.shown.slice(start))) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#more = resolve;
        await Promise.race([promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #commands = 0;

  /** Runs `command` to its end and the next prompt, instead of what stands on the line. */
  async run(command = ":"): Promise<void> {
    const number = ++this.#commands;
    // Ctrl-U empties the line.
    this.type(`\u0015${command}; echo over-$((${number}+0))\r`);
    // With its prompt, a shell reads the keys itself; before it, the terminal shows them as they are.
    const isOver = new RegExp(`over-${number}\n[^]*[$%>#] $`);
    await this.until((shown) => isOver.test(shown), 0, command);
  }

  /**
   * Types `line` and a tab (or `tab`), and waits until what is shown for it matches `pattern`, and
   * ends with `end`. Answers with all that is shown from the line on.
   */
  async complete(line: string, pattern: RegExp, end = "", tab = "\t"): Promise<string> {
    const start = this.shown.length;
    this.type(line);
    await this.until((shown) => shown.trimEnd().endsWith(line.trimEnd()), start, line);
    const before = this.shown.length;
    this.type(tab);
    const isDone = (shown: string): boolean => pattern.test(shown) && shown.endsWith(end);
    await this.until(isDone, before, `${pattern} after ${line}`);
    return this.shown.slice(start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
    this.#process.terminal?.close();
  }
}
