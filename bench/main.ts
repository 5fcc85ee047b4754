/**
 * `bun run bench`: postern and the servers found on this machine, side by side, measured by the
 * CPU time that a request costs the server. README.md says how to read the table.
 *
 * Exit status: 0; 1 when postern itself failed in a case; 2 for arguments that can't be read.
 */

import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cases, writeSite } from "./cases.ts";
import type { FoundPeer } from "./contest.ts";
import { play } from "./contest.ts";
import type { Flags } from "./flags.ts";
import { helpText, readFlags } from "./flags.ts";
import type { Machine } from "./machine.ts";
import { describeMachine } from "./machine.ts";
import { findProgram, peers, versionOf } from "./peers.ts";
import { stopAllServers } from "./server.ts";
import type { Row } from "./table.ts";
import { REFERENCE, renderHeading, renderRows, summarize } from "./table.ts";

const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

interface Entry extends FoundPeer {
  readonly version: string;
}

async function main(): Promise<number> {
  const command = readFlags(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      process.stdout.write(helpText);
      return 0;
    case "refused":
      process.stderr.write(`bench: ${command.reason}\n`);
      return 2;
    case "run":
      return await runInFolder(command.flags);
  }
}

/** Runs in a temporary folder; whatever happens, the servers end and the folder goes. */
async function runInFolder(flags: Flags): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
  // Servers that change their user have to be able to read it.
  chmodSync(folder, 0o755);
  const cleanUp = async (): Promise<void> => {
    await stopAllServers();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(SIGNAL_STATUS[signal])));
  }
  try {
    return await run(flags, folder);
  } finally {
    await cleanUp();
  }
}

async function run(flags: Flags, folder: string): Promise<number> {
  const root = join(folder, "site");
  mkdirSync(root);
  writeSite(root);
  const machine = describeMachine();
  const entries = introduce(flags, machine);
  process.stdout.write(`\n${renderHeading()}`);
  const rows: Row[] = [];
  for (const name of flags.caseNames) {
    const asked = cases.find((each) => each.name === name);
    if (asked === undefined) continue;
    const { rounds, seconds, connections } = flags;
    const conditions = { rounds, seconds, connections, root, folder, report };
    const played = await play(asked, entries, conditions);
    report("");
    process.stdout.write(renderRows(played));
    rows.push(...played);
  }
  if (flags.jsonPath !== undefined) {
    const { rounds, seconds, connections } = flags;
    const servers = entries.map(({ peer, version }) => ({ name: peer.name, version }));
    const summed = rows.map((row) => ({ ...row, summary: summarize(row, rows) }));
    const result = { machine, conditions: { rounds, seconds, connections }, servers, rows: summed };
    await Bun.write(flags.jsonPath, `${JSON.stringify(result, null, 2)}\n`);
  }
  const failed = rows.some(
    ({ server, outcome }) => server === REFERENCE && outcome.kind === "failed",
  );
  return failed ? 1 : 0;
}

/** Prints what is measured on what, and a line for each server that isn't there. */
function introduce(flags: Flags, machine: Machine): readonly Entry[] {
  const { processor, cores, kernel, load, date } = machine;
  const entries: Entry[] = [];
  const absent: string[] = [];
  for (const peer of peers.filter(({ name }) => flags.serverNames.includes(name))) {
    const program = findProgram(peer);
    if (program === undefined) {
      absent.push(`${peer.name}: not found; apt-get install ${peer.debianPackage}\n`);
    } else {
      entries.push({ peer, program, version: versionOf(peer, program) });
    }
  }
  const versions = entries.map(({ peer, version }) => `${peer.name} ${version}`).join(", ");
  const { rounds, seconds, connections } = flags;
  process.stdout.write(
    `${date}; ${processor}, ${cores} cores, ${kernel}, load ${load.toFixed(1)} before\n` +
      `${versions}\n` +
      `medians of ${rounds} rounds of about ${seconds} s, ${connections} connections\n` +
      absent.join(""),
  );
  return entries;
}

/** Progress, on a terminal only: one line of standard error, written over. */
function report(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${step}`);
}

if (import.meta.main) process.exitCode = await main();
