/**
 * `bun bench/turns.ts [ROUNDS]`: how long the event loop is blocked while compressed variants are
 * made and sent. In each round and for each coding a new process is asked for a text of 4 MB whose
 * variant isn't cached. Then, warmed up, fifty clients at once request a text of 1 MB, before its
 * variant is cached and after, and a text of 40 kB for comparison. Linux only.
 */

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describeMachine } from "./machine.ts";
import type { LongestTurn } from "./turns-server.ts";

const clients = 50;
const program = join(import.meta.dir, "turns-server.ts");

/** Text that compresses moderately. */
function textOf(octets: number): string {
  let state = 1;
  let content = "";
  while (content.length < octets) {
    state = (state * 48_271) % 2_147_483_647;
    content += `${state % 5000} ${state % 7 === 0 ? "word\n" : "line "}`;
  }
  return content.slice(0, octets);
}

/** A server process that has answered a few requests. */
class Subject implements AsyncDisposable {
  readonly #process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  #port = 0;

  constructor(root: string) {
    this.#process = Bun.spawn([process.execPath, program, root], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  async listening(): Promise<void> {
    const { value } = await this.#process.stdout.getReader().read();
    this.#port = Number(new TextDecoder().decode(value));
    for (let i = 0; i < 5; i++) await this.get("small.html");
  }

  async get(name: string, coding?: string): Promise<Response> {
    const url = `http://127.0.0.1:${this.#port}/${name}`;
    const headers = coding === undefined ? {} : { "Accept-Encoding": coding };
    const response = await fetch(url, { headers, decompress: false });
    if (response.status !== 200) throw new Error(`${name}: ${response.status}`);
    await response.clone().arrayBuffer();
    return response;
  }

  /** Requests the file for all clients at once. */
  async getByAll(name: string, coding?: string): Promise<void> {
    await Promise.all(Array.from({ length: clients }, () => this.get(name, coding)));
  }

  async warmUp(coding: string): Promise<void> {
    for (let i = 0; i < 60; i++) await this.getByAll("40k.txt", coding);
  }

  /** The longest turn while `asking` runs. */
  async longestTurn(asking: () => Promise<unknown>): Promise<LongestTurn> {
    await this.get("turns");
    await asking();
    return (await (await this.get("turns")).json()) as LongestTurn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}

const rounds = Number(process.argv[2] ?? 10);
const root = mkdtempSync(join(tmpdir(), "postern-turns-"));
for (const [name, octets] of [
  ["small.html", 100],
  ["40k.txt", 40_000],
  ["1m.txt", 1_000_000],
  ["4m.txt", 4_000_000],
] as const) {
  writeFileSync(join(root, name), textOf(octets));
  utimesSync(join(root, name), 0, 0);
}

const figures = new Map<string, LongestTurn[]>();
try {
  for (let round = 0; round < rounds; round++) {
    for (const coding of ["zstd", "gzip", "br", "identity"]) {
      await using subject = new Subject(root);
      await subject.listening();
      const one = (): Promise<unknown> => subject.get("4m.txt", coding);
      const many = (): Promise<unknown> => subject.getByAll("1m.txt", coding);
      for (const [what, asking] of [
        ["4 MB, first", one],
        ["4 MB, again", one],
        [`1 MB, ${clients} at once, first`, many],
        [`1 MB, ${clients} at once, again`, many],
        [`40 kB, ${clients} at once`, () => subject.getByAll("40k.txt", coding)],
      ] as const) {
        // Fifty requests are read in one turn, which should run compiled code.
        if (what.startsWith("1 MB")) await subject.warmUp(coding);
        const row = `${coding.padEnd(8)} | ${what.padEnd(24)}`;
        const longest = await subject.longestTurn(asking);
        figures.set(row, [...(figures.get(row) ?? []), longest]);
      }
    }
  }
} finally {
  rmSync(root, { recursive: true });
}

const { processor, cores, kernel, load } = describeMachine();
/** The median and the maximum of `values`, as two cells. */
function cells(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [median = 0, worst = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return `${median.toFixed(1).padStart(6)} | ${worst.toFixed(1).padStart(5)}`;
}

const lines = Array.from(figures, ([row, turns]) => {
  const [used, passed] = [turns.map((turn) => turn.used), turns.map((turn) => turn.passed)];
  return `| ${row} | ${cells(used)} | ${cells(passed)} |\n`;
});
process.stdout.write(`${cores} × ${processor}, ${kernel}, load ${load.toFixed(1)}, \
Bun ${Bun.version}; the longest turn in ms, of ${rounds} rounds: its CPU time, and the time it took

| coding   | what is asked for        |    CPU | worst |   took | worst |
| -------- | ------------------------ | -----: | ----: | -----: | ----: |
${lines.toSorted().join("")}`);
