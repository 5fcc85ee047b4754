/**
 * `bun bench/worker-loads.ts [SECONDS] [ROUNDS]`: what a second worker brings, by load. The client
 * is `cheap-client.c`, so that the server can have the most of two cores. One worker and two are
 * measured in turn. It prints requests per second, the CPU time of a request on both sides, and
 * what two workers could answer if each had a core: what one request costs them, against one. How
 * much of the cores server and client had is in `had`: other programs took the rest. Linux.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { CheapLoad, Taken } from "./cheap-client.ts";
import { CheapClient, medians } from "./cheap-client.ts";
import { describeMachine } from "./machine.ts";

interface Load extends CheapLoad {
  readonly name: string;
  /** Limits of the server. */
  readonly limits?: Readonly<Record<string, number>>;
}

const [secondsGiven, roundsGiven] = process.argv.slice(2);
const [seconds, rounds] = [Number(secondsGiven ?? 1), Number(roundsGiven ?? 5)];
const folder = mkdtempSync(join(tmpdir(), "postern-workers-"));
const root = join(folder, "site");
const many = Array.from({ length: 10_000 }, (_, i) => `/many/${String(i).padStart(5, "0")}.txt`);
const folders = Array.from({ length: 64 }, (_, i) => `/listed-${i + 10}/`);

function writeSite(): void {
  for (const name of ["many", ...folders]) mkdirSync(join(root, name), { recursive: true });
  writeFileSync(join(root, "1k.txt"), "k".repeat(1024));
  writeFileSync(join(root, "1m.bin"), new Uint8Array(1_048_576));
  for (const path of many) writeFileSync(join(root, path), "m".repeat(1024));
  for (const listed of folders) {
    for (let i = 0; i < 300; i++) writeFileSync(join(root, listed, `${i}.txt`), "l".repeat(100));
  }
}

const usual = { connections: 64, depth: 1 } as const;
const few = { fileCacheBytesMax: 10_000_000 } as const;

const loads: readonly Load[] = [
  { name: "1 KB", paths: ["/1k.txt"], ...usual },
  { name: "1 KB, 16 pipelined", paths: ["/1k.txt"], ...usual, depth: 16 },
  { name: "1 KB, 10,000 files, a cache for 2,000", paths: many, ...usual, limits: few },
  { name: "1 MB", paths: ["/1m.bin"], ...usual, connections: 16 },
  { name: "one listing of 300 files", paths: folders.slice(0, 1), ...usual },
  { name: "64 listings of 300 files", paths: folders, ...usual },
];

/** A server with one process or several. */
class Subject {
  readonly #process: Bun.Subprocess<"ignore", "pipe", "inherit">;
  port = 0;

  constructor(workers: number, limits: Load["limits"]) {
    const config = join(folder, "config.json");
    writeFileSync(config, JSON.stringify({ root, limits: limits ?? {} }));
    const words = ["--config", config, "--port", "0", "--quiet", "--ready", "json"];
    const count = workers === 1 ? [] : ["--workers", `${workers}`];
    const program = join(import.meta.dir, "../index.ts");
    this.#process = Bun.spawn([process.execPath, program, ...words, ...count], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  async listen(): Promise<void> {
    const { value } = await this.#process.stdout.getReader().read();
    this.port = (JSON.parse(new TextDecoder().decode(value)) as { readonly port: number }).port;
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.exited;
  }
}

async function compare(load: Load, client: CheapClient): Promise<void> {
  const subjects: Subject[] = [];
  try {
    const all: Taken[][] = [[], []];
    for (const workers of [1, 2]) {
      const subject = new Subject(workers, load.limits);
      subjects.push(subject);
      await subject.listen();
    }
    // The entity tags of listings differ in length, now and then.
    const alike = load.paths.length > 100 ? load : await client.ofOneLength(subjects, load);
    for (const subject of subjects) await client.take(subject, alike, 2000);
    for (let round = 0; round < rounds; round++) {
      for (const [index, subject] of subjects.entries()) {
        all[index]?.push(await client.take(subject, alike, seconds * 1000));
      }
    }
    const [one = {}, two = {}] = all.map(medians);
    const [before = 0, after = 0] = [one["requests/s"], two["requests/s"]];
    const [costs = 0, cost = 0] = [one["server µs"], two["server µs"]];
    const gains = `measured ${(after / before).toFixed(2)}, by CPU time ${((2 * costs) / cost).toFixed(2)}`;
    process.stdout.write(`${load.name}: ${gains}\n`);
    process.stdout.write(`${Bun.inspect.table([one, two])}\n`);
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

try {
  const client = new CheapClient(folder);
  writeSite();
  const { processor, cores, kernel, date, load } = describeMachine();
  const machine = `${processor}, ${cores} cores, ${kernel}, load ${load.toFixed(1)}`;
  process.stdout.write(`${date}, ${machine}\n\n`);
  for (const each of loads) await compare(each, client);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
