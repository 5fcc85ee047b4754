/**
 * `bun run clients`: puts each fault of the table to the clients of this machine, and prints what
 * they do. With `--write` the table on docs/faults.md becomes this one.
 *
 * Exit status: 0; 1 when a trial could not be run, or was ended by a signal; 2 for a word that is neither a fault nor a client.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Client } from "./client.ts";
import { stopClients } from "./client.ts";
import { clientNames, findClients } from "./clients.ts";
import type { Report } from "./run.ts";
import { runTrial, takesPart } from "./run.ts";
import type { Row } from "./table.ts";
import { renderTable, titleOf, withBlock } from "./table.ts";
import type { Trial } from "./trials.ts";
import { trials } from "./trials.ts";

const help = `bun run clients [--write] [FAULT…] [CLIENT…]

Puts each fault of the table to the clients of this machine, and prints what they do.

  FAULT…   only these (all)
  CLIENT…  only these (all that are found): ${clientNames.join(", ")}
  --write  put the table on docs/faults.md
`;

const page = join(import.meta.dir, "..", "docs", "faults.md");

/** After it a client gives up a request. Nothing that comes at all takes a tenth of it. */
const limitMs = 10_000;

/** How often each client meets each fault: what depends on which octets come first, varies. */
const rounds = 3;

/** Trials at a time. Clients that wait cost nothing. */
const lanes = 4;

const faults: readonly string[] = trials.map(({ fault }) => fault);

/** Whether `name`, one of `all`, is among `names`, or none of them are. */
function isAsked(name: string, all: readonly string[], names: readonly string[]): boolean {
  return names.includes(name) || !names.some((one) => all.includes(one));
}

/**
 * Calls `run` for each of `jobs`, a few at a time. Rejects with the first that fails, when all that
 * have begun are over: each removes what it has made.
 */
async function inLanes<Job>(jobs: readonly Job[], run: (job: Job) => Promise<void>): Promise<void> {
  const left = jobs.values();
  const ends = await Promise.allSettled(
    Array.from({ length: lanes }, async () => {
      for (const job of left) await run(job);
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Puts `asked` to `clients`. */
async function play(asked: readonly Trial[], clients: readonly Client[]): Promise<readonly Row[]> {
  const rows = asked.map((trial) => ({ trial, reports: new Map<string, Report[]>() }));
  const jobs = rows.flatMap(({ trial, reports }) =>
    clients.filter((one) => takesPart(one, trial)).map((client) => ({ trial, reports, client })),
  );
  await inLanes(jobs, async ({ trial, reports, client }) => {
    const own: Report[] = [];
    reports.set(client.name, own);
    for (let i = 0; i < rounds; i++) {
      const report = await runTrial(trial, client, limitMs);
      own.push(report);
      process.stderr.write(`${titleOf(trial)}: ${client.name}: ${report.text}\n`);
      // What waits once waits again, and takes long.
      if (report.outcomes.some(({ kind }) => kind === "hung")) break;
    }
  });
  return rows;
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    process.stdout.write(help);
    return 0;
  }
  const names = words.filter((word) => word !== "--write");
  const unknown = names.find((name) => !clientNames.includes(name) && !faults.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`clients: neither a fault nor a client: ${unknown}\n`);
    return 2;
  }
  const asked = trials.filter(({ fault }) => isAsked(fault, faults, names));
  const wanted = clientNames.filter((name) => isAsked(name, clientNames, names));
  const { clients, missing } = findClients(wanted);
  for (const line of missing) process.stderr.write(`clients: ${line}\n`);
  const table = renderTable(clients, await play(asked, clients));
  process.stdout.write(`${table}\n`);
  if (words.includes("--write")) {
    writeFileSync(page, withBlock(readFileSync(page, "utf8"), table));
    // Pads the columns as the check of the format demands.
    Bun.spawnSync([process.execPath, "fmt", "--no-script", page]);
  }
  return 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stopClients);
process.exitCode = await main(process.argv.slice(2));
