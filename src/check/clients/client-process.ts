/**
 * A client under test as a process: started, asked, and ended by its own id. A plain command is
 * started anew for each request; an adapter runs until its standard input ends.
 *
 * Everything is bounded: what a client writes, and how long it may take to end once its input has
 * ended; then it is killed. How long it may take to conclude the player decides.
 */

import { concatBytes } from "../../http/octets/bytes.ts";
import type { ClientAsk, ClientResult } from "./adapter-message.ts";
import { checkLimits } from "../limits.ts";
import { askLine, readResultLine } from "./adapter-message.ts";
import type { ClientCommand } from "./client-command.ts";
import { wordsFor } from "./client-command.ts";

const {
  clientOutputBytesMax: outputBytesMax,
  clientSaidBytesMax: saidBytesMax,
  clientEndMs: endTimeMs,
} = checkLimits;

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;

/** No proxy stands between a client and the player. */
const environment = { ...process.env, NO_PROXY: "*", no_proxy: "*", http_proxy: "" };

export class ClientProcess {
  readonly #command: ClientCommand;
  readonly #told: () => void;
  #child: Child | undefined;
  #said = "";
  #result: ClientResult | undefined;
  #hasSpoken = false;

  /** `told` is called when a result is there. */
  constructor(command: ClientCommand, told: () => void) {
    this.#command = command;
    this.#told = told;
  }

  /** What became of the last request; `undefined` until the client has told it. */
  get result(): ClientResult | undefined {
    return this.#result;
  }

  /** Whether it has written a line, as an adapter. */
  get hasSpoken(): boolean {
    return this.#hasSpoken;
  }

  /** Has the client make a request. The one before is concluded. */
  async ask(ask: ClientAsk): Promise<void> {
    this.#result = undefined;
    try {
      if (this.#command.plain) {
        await this.end();
        this.#start(wordsFor(this.#command, ask.url), (child) => this.#readContent(child));
        await this.#child?.stdin.end();
        return;
      }
      if (this.#child === undefined) {
        this.#start(this.#command.words, (child) => this.#readResults(child));
      }
      await this.#child?.stdin.write(askLine(ask));
      await this.#child?.stdin.flush();
    } catch (error) {
      this.#tell({ kind: "ended", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Ends the client's input, waits for it to end, and kills it if it does not. */
  async end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    await Promise.resolve(child.stdin.end()).catch(ignore);
    const timer = setTimeout(
      () => child.kill("SIGKILL"),
      this.#result === undefined ? 0 : endTimeMs,
    );
    await child.exited;
    clearTimeout(timer);
  }

  #start(words: readonly string[], read: (child: Child) => Promise<void>): void {
    const child = Bun.spawn([...words], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: environment,
    });
    this.#child = child;
    this.#said = "";
    void this.#listen(child);
    void read(child);
  }

  /** Keeps the beginning of standard error. */
  async #listen(child: Child): Promise<void> {
    const decoder = new TextDecoder();
    for await (const octets of child.stderr) {
      if (this.#child !== child || this.#said.length >= saidBytesMax) continue;
      this.#said = (this.#said + decoder.decode(octets, { stream: true })).slice(0, saidBytesMax);
    }
  }

  /** A plain command: its output is the content, and its exit status says whether it is whole. */
  async #readContent(child: Child): Promise<void> {
    const parts: Uint8Array[] = [];
    let byteCount = 0;
    for await (const octets of child.stdout) {
      byteCount += octets.length;
      if (byteCount > outputBytesMax) child.kill("SIGKILL");
      else parts.push(octets);
    }
    await child.exited;
    if (this.#child !== child) return;
    if (child.exitCode === 0) {
      this.#tell({ kind: "got", fields: [], content: concatBytes(parts) });
    } else this.#tell(this.#left(child, child.exitCode === null ? "ended" : "failed"));
  }

  /** An adapter: a line for each result, until it ends. */
  async #readResults(child: Child): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const octets of child.stdout) {
      text += decoder.decode(octets, { stream: true });
      if (text.length > outputBytesMax) child.kill("SIGKILL");
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      this.#hasSpoken ||= lines.length > 0;
      for (const line of lines) if (this.#child === child) this.#tell(readResultLine(line));
    }
    await child.exited;
    if (this.#child === child && this.#result === undefined) this.#tell(this.#left(child, "ended"));
  }

  /** How a client left, and what it said. */
  #left(child: Child, kind: "failed" | "ended"): ClientResult {
    const how =
      child.signalCode === null ? `exit status ${child.exitCode}` : String(child.signalCode);
    const said = this.#said.trim().replaceAll(/\s+/gu, " ").slice(0, 300);
    return { kind, reason: said === "" ? how : `${how}: ${said}` };
  }

  #tell(result: ClientResult): void {
    this.#result = result;
    this.#told();
  }
}

function ignore(): void {
  // The client has ended already.
}
