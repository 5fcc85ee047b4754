/**
 * Kills, drains and rolls replicas of postern behind HAProxy while clients ask, and a writer
 * changes an object. It counts requests that failed, and answers older than a version whose PUT the
 * store had confirmed before the request was sent.
 *
 *     S3_ENDPOINT=… S3_ACCESS_KEY_ID=… S3_SECRET_ACCESS_KEY=… bun examples/haproxy/trial.ts BUCKET [-- options of postern]
 *
 * The bucket has to be there; `version.txt` and `big.bin` are written into it.
 */

import { S3Client } from "bun";
import type { Subprocess } from "bun";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [bucket = "site", , ...flags] = process.argv.slice(2);
const ports = { public: 8100, a: 8101, b: 8102 } as const;
const healthPorts = { a: 8103, b: 8104 } as const;
type Replica = "a" | "b";

const folder = mkdtempSync(join(tmpdir(), "postern-haproxy-"));
const socket = join(folder, "haproxy.sock");
const index = join(import.meta.dir, "../../index.ts");
const store = new S3Client({ bucket });

const big = new Uint8Array(20_000_000).map((_, i) => (i * 7 + (i >> 8)) & 0xff);
const bigHash = Bun.hash(big);

/** What one phase of the trial has counted. */
interface Phase {
  readonly name: string;
  small: number;
  failed: number;
  stale: number;
  whole: number;
  broken: number;
  worstMs: number;
}

const phases: Phase[] = [];
let phase: Phase;

function begin(name: string): void {
  phase = { name, small: 0, failed: 0, stale: 0, whole: 0, broken: 0, worstMs: 0 };
  phases.push(phase);
}

const replicas: Partial<Record<Replica, Subprocess>> = {};

async function start(name: Replica): Promise<void> {
  const listening = ["--host", "127.0.0.1", "--port", `${ports[name]}`];
  const stopping = ["--health", `${healthPorts[name]}`, "--drain", "10"];
  const words = [`s3://${bucket}`, ...listening, ...stopping, "--quiet", ...flags];
  replicas[name] = Bun.spawn(["bun", index, ...words], {
    stdout: "ignore",
    stderr: "ignore",
  });
  await until(async () => (await fetch(`http://127.0.0.1:${ports[name]}/version.txt`)).ok);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo().catch(() => false)) return;
    await Bun.sleep(50);
  }
  throw new Error("it took longer than 10 s");
}

/** What HAProxy answers to a command on its socket. */
async function tell(command: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const peer = connect(socket, () => peer.write(`${command}\n`));
  peer.on("data", (octets) => (text += octets.toString()));
  peer.on("end", () => resolve(text));
  peer.on("error", reject);
  return await promise;
}

/** How many sessions HAProxy has with `name`, and whether it is up. */
async function stateOf(name: Replica): Promise<{ sessions: number; isUp: boolean }> {
  const lines = (await tell("show stat")).split("\n").map((line) => line.split(","));
  const row = lines.find(([proxy, server]) => proxy === "replicas" && server === name) ?? [];
  return { sessions: Number(row[4]), isUp: (row[17] ?? "").startsWith("UP") };
}

/** What went wrong, and how often. */
const causes: Record<string, number> = {};

function count(cause: string): void {
  const named = `${phase.name}: ${cause}`;
  causes[named] = (causes[named] ?? 0) + 1;
}

let version = 0;
let confirmed = 0;
const trial = { isOver: false };

/** The content of a version: every octet of it tells which one it is. */
const contentOf = (n: number): string => `${n}\n`.repeat(3000);

async function write(): Promise<void> {
  while (!trial.isOver) {
    version++;
    try {
      await store.write("version.txt", contentOf(version));
      confirmed = version;
    } catch (error) {
      count(`PUT ${String((error as { readonly code?: unknown }).code)}`);
    }
    await Bun.sleep(300);
  }
}

async function askSmall(): Promise<void> {
  while (!trial.isOver) {
    const [at, floor, begunMs] = [phase, confirmed, performance.now()];
    try {
      const response = await fetch(`http://127.0.0.1:${ports.public}/version.txt`);
      const text = await response.text();
      const came = Number.parseInt(text, 10);
      at.small++;
      if (response.status !== 200 || text !== contentOf(came)) {
        at.failed++;
        count(`GET ${response.status}`);
      } else if (came < floor) at.stale++;
    } catch (error) {
      at.failed++;
      count(`GET ${String((error as { readonly code?: unknown }).code)}`);
    }
    at.worstMs = Math.max(at.worstMs, Math.round(performance.now() - begunMs));
    await Bun.sleep(20);
  }
}

async function askLarge(): Promise<void> {
  while (!trial.isOver) {
    const at = phase;
    try {
      const response = await fetch(`http://127.0.0.1:${ports.public}/big.bin`);
      const isWhole = response.ok && Bun.hash(await response.arrayBuffer()) === bigHash;
      if (isWhole) at.whole++;
      else at.broken++;
    } catch {
      at.broken++;
    }
    await Bun.sleep(100);
  }
}

/** Takes `name` out, stops it when nothing is under way there, and brings it back. */
async function roll(name: Replica): Promise<void> {
  await tell(`set server replicas/${name} state drain`);
  await until(async () => (await stateOf(name)).sessions === 0);
  replicas[name]?.kill("SIGTERM");
  await replicas[name]?.exited;
  await start(name);
  await tell(`set server replicas/${name} state ready`);
  await until(async () => (await stateOf(name)).isUp);
}

await store.write("version.txt", contentOf(0));
await store.write("big.bin", big);
await Promise.all([start("a"), start("b")]);
const proxy = Bun.spawn(["haproxy", "-f", join(import.meta.dir, "haproxy.cfg")], {
  env: {
    ...process.env,
    POSTERN_PORT: `${ports.public}`,
    REPLICA_A: `127.0.0.1:${ports.a}`,
    REPLICA_B: `127.0.0.1:${ports.b}`,
    HEALTH_A: `${healthPorts.a}`,
    HEALTH_B: `${healthPorts.b}`,
    HAPROXY_SOCKET: socket,
  },
  stderr: "ignore",
});
try {
  await until(async () => (await stateOf("a")).isUp && (await stateOf("b")).isUp);
  begin("all well");
  const clients = [write(), askSmall(), askSmall(), askSmall(), askSmall(), askLarge()];
  await Bun.sleep(5000);
  begin("a is killed (SIGKILL)");
  replicas.a?.kill("SIGKILL");
  await Bun.sleep(5000);
  begin("a is back");
  await start("a");
  await until(async () => (await stateOf("a")).isUp);
  await Bun.sleep(3000);
  begin("b is stopped (SIGTERM), HAProxy isn't told");
  replicas.b?.kill("SIGTERM");
  await until(async () => !(await stateOf("b")).isUp);
  const wasOutFirst = replicas.b?.exitCode === null;
  await replicas.b?.exited;
  await Bun.sleep(3000);
  begin("b is back");
  await start("b");
  await until(async () => (await stateOf("b")).isUp);
  await Bun.sleep(3000);
  begin("both are rolled: drained, stopped, started");
  await roll("a");
  await roll("b");
  await Bun.sleep(2000);
  trial.isOver = true;
  await Promise.all(clients);
  process.stdout.write(`${Bun.inspect.table(phases)}\n`);
  process.stdout.write(`${version} versions were written; ${JSON.stringify(causes)}\n`);
  process.stdout.write(`b was out before it closed its port: ${wasOutFirst}\n`);
} finally {
  for (const one of [proxy, replicas.a, replicas.b]) one?.kill();
  rmSync(folder, { recursive: true, force: true });
}
