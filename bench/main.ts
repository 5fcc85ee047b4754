/**
 * `bun run bench`: postern and the servers found on this machine, side by side, measured by the
 * CPU time that a request costs the server. bench/README.md says how to read the table.
 *
 * Exit status: 0; 1 when postern, or the checkout beside it, failed in a case; 2 for arguments that
 * can't be read.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

import type { Case } from "./cases.ts";
import { caseNamed, cases } from "./cases.ts";
import { makeCertificate } from "./certificate.ts";
import { play } from "./contest.ts";
import type { Flags } from "./flags.ts";
import { helpText, readFlags } from "./flags.ts";
import { Generator } from "./generator.ts";
import { goals, judge } from "./goals.ts";
import type { Machine } from "./machine.ts";
import { describeMachine } from "./machine.ts";
import type { Row } from "./measures.ts";
import { installPackages } from "./node-packages.ts";
import type { FoundPeer, Peer } from "./peers.ts";
import { BESIDE, besidePeer, findPeer, findProgram, peers, REFERENCE, takesPart } from "./peers.ts";
import { probes } from "./probes.ts";
import { renderGoals, renderHighlights, renderResult, replaceBlock } from "./readme.ts";
import { stopAllServers } from "./server.ts";
import { siteBytes, writeFiles } from "./site.ts";
import type { Stage } from "./stage.ts";
import { renderHeading, renderRows, summarize } from "./table.ts";

const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const benchPagePath = join(import.meta.dir, "README.md");
const readmePath = join(import.meta.dir, "..", "README.md");

async function main(): Promise<number> {
  const command = readFlags(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      process.stdout.write(helpText);
      return 0;
    case "refused":
      process.stderr.write(`bench: ${command.reason}\n`);
      return 2;
    case "run": {
      const { besideFolder } = command.flags;
      if (besideFolder !== undefined && !existsSync(join(besideFolder, "bench/peers.ts"))) {
        process.stderr.write(`bench: --beside ${besideFolder}: not a checkout of postern\n`);
        return 2;
      }
      return await runInFolder(command.flags);
    }
  }
}

/** Runs in a temporary folder. In any case the servers are stopped and the folder is removed. */
async function runInFolder(flags: Flags): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
  // Servers that switch to another user must be able to read it.
  chmodSync(folder, 0o755);
  using generator = new Generator();
  const cleanUp = async (): Promise<void> => {
    await stopAllServers();
    generator[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(SIGNAL_STATUS[signal])));
  }
  try {
    return await run(flags, folder, generator);
  } finally {
    await cleanUp();
  }
}

async function run(flags: Flags, folder: string, generator: Generator): Promise<number> {
  const { rounds, seconds, connections, isQuick } = flags;
  const asked = cases.filter(({ name }) => flags.caseNames.includes(name));
  const machine = describeMachine();
  const found = findPeers(flags);
  const conditions = describe(machine, flags);
  introduce(conditions, found);
  const { root, codedRoot } = writeSite(folder, asked);
  if (asked.some(({ setup }) => setup.tls)) complain(makeCertificate(folder));
  const stage = {
    rounds,
    seconds,
    connections,
    isQuick,
    generator,
    root,
    codedRoot,
    folder,
    report,
  };
  const rows = await measureAll(flags, asked, found, stage);
  const verdicts = goals.map((goal) => judge(goal, rows));
  const judged = verdicts.filter(({ isMet }) => isMet !== undefined);
  process.stdout.write(`\n${renderGoals(judged)}\n`);
  if (flags.writesReadme) {
    writeBlock(benchPagePath, renderResult(conditions, found, rows));
    writeBlock(readmePath, renderHighlights(conditions, rows));
  }
  if (flags.jsonPath !== undefined) {
    const servers = found.map(({ peer, version }) => ({ name: peer.name, version }));
    const summed = rows.map((row) => ({ ...row, summary: summarize(row, rows) }));
    const given = { rounds, seconds, connections };
    const result = { machine, conditions: given, servers, rows: summed, goals: verdicts };
    await Bun.write(flags.jsonPath, `${JSON.stringify(result, null, 2)}\n`);
  }
  const failed = rows.some(
    ({ server, outcome }) => [REFERENCE, BESIDE].includes(server) && outcome.kind === "failed",
  );
  return failed ? 1 : 0;
}

/** Replaces the result on the page at `path`. */
function writeBlock(path: string, block: string): void {
  writeFileSync(path, replaceBlock(readFileSync(path, "utf8"), block));
  // Pads table columns as the project's format check demands.
  Bun.spawnSync([process.execPath, "fmt", "--no-script", path]);
}

/** Plays all cases, a group at a time, and then runs the probes; prints rows as they come. */
async function measureAll(
  flags: Flags,
  asked: readonly Case[],
  found: readonly FoundPeer[],
  stage: Stage,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const take = (more: readonly Row[]): void => {
    report("");
    process.stdout.write(renderRows(more));
    rows.push(...more);
  };
  process.stdout.write(`\n${renderHeading()}`);
  for (const group of Map.groupBy(asked, (each) => each.group).values()) {
    take(await play(group, found, stage));
  }
  for (const probe of probes.filter(({ name }) => flags.caseNames.includes(name))) {
    const taking = found.filter(({ peer }) => takesPart(peer.name, probe.servers));
    take(await probe.run(taking, stage));
  }
  return rows;
}

/** The requested servers that are installed. Prints a line for each that isn't. */
function findPeers(flags: Flags): readonly FoundPeer[] {
  const [own, ...others] = peers;
  const { besideFolder } = flags;
  const beside = besideFolder === undefined ? [] : [besidePeer(resolve(besideFolder))];
  const all = own === undefined ? [] : [own, ...beside, ...others];
  const wanted = all.filter((peer) => isNeeded(peer, flags));
  const npm = findProgram("npm");
  if (wanted.some((peer) => peer.npm !== undefined) && npm !== undefined) {
    report("installing serve, http-server and sirv-cli");
    complain(installPackages(npm));
    report("");
  }
  return wanted.flatMap((peer) => {
    const found = findPeer(peer);
    if (found === undefined) {
      complain(`${peer.name}: not found; apt-get install ${peer.debianPackage}`);
    }
    return found ?? [];
  });
}

function isNeeded({ name }: Peer, { serverNames, caseNames }: Flags): boolean {
  const asking = [...cases, ...probes].filter((each) => caseNames.includes(each.name));
  return serverNames.includes(name) && asking.some(({ servers }) => takesPart(name, servers));
}

/** Writes the served folder of the cases, and the one with precompressed files. */
function writeSite(folder: string, asked: readonly Case[]): { root: string; codedRoot: string } {
  const root = join(folder, "site");
  const codedRoot = join(folder, "coded");
  mkdirSync(root);
  mkdirSync(codedRoot);
  report("writing the files");
  // The probes request the file of the case `1k`.
  const needed = [caseNamed("1k"), ...asked].flatMap((each) => each.files);
  const files = new Map(needed.map((file) => [file.path, file]));
  writeFiles(root, files.values());
  const prose = [...files.values()].filter(({ isProse }) => isProse);
  writeFiles(codedRoot, prose);
  for (const file of prose) {
    writeFileSync(join(codedRoot, `${file.path}.gz`), gzipSync(siteBytes(file), { level: 6 }));
  }
  return { root, codedRoot };
}

/** The machine and the parameters of the run, in one paragraph. */
function describe(machine: Machine, { rounds, seconds, connections }: Flags): string {
  const { processor, cores, kernel, load, date, nodeVersion } = machine;
  return (
    `${date.slice(0, 16).replace("T", " ")} UTC, ${processor}, ${cores} cores, ${kernel}, ` +
    `Bun ${Bun.version}, Node ${nodeVersion ?? "absent"}, load ${load.toFixed(1)} before. ` +
    `Medians of ${rounds} rounds of about ${seconds} s, ${connections} connections.`
  );
}

function introduce(conditions: string, found: readonly FoundPeer[]): void {
  const versions = found.map(({ peer, version }) => `${peer.name} ${version}`).join(", ");
  process.stdout.write(`${conditions}\n${versions}\n`);
}

function complain(trouble: string | undefined): void {
  if (trouble !== undefined) process.stderr.write(`bench: ${trouble}\n`);
}

/** Shows progress in one line of standard error that is overwritten. On a terminal only. */
function report(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${step}`);
}

if (import.meta.main) process.exitCode = await main();
