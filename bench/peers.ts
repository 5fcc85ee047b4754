/**
 * The servers that are compared: where each is found, its version, and how it is started with one
 * worker, no access log and persistent connections.
 *
 * To add a peer, add a row to `peers`. A peer's configuration is written into a folder of its own;
 * the machine's configuration is not read.
 */

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Limits } from "../index.ts";
import type { Case, Exchange, Setup } from "./cases.ts";
import { fixedAnswer } from "./cases.ts";
import type { Site } from "./configurations.ts";
import {
  caddyConfig,
  haproxyConfig,
  h2oConfig,
  lighttpdConfig,
  nginxConfig,
} from "./configurations.ts";
import { packageProgram } from "./node-packages.ts";
import type { Launch } from "./server.ts";

export interface Peer {
  /** The name that `--server` takes. */
  readonly name: string;
  /** The program that must be installed. */
  readonly program: string;
  /** The Debian package that contains it. */
  readonly debianPackage: string;
  /** Arguments that make the program print its version. */
  readonly versionArguments: readonly string[];
  /** The npm package that the program runs, and the file in it. */
  readonly npm?: { readonly package: string; readonly file: string };
  /** Whether it has a just-in-time compiler, and so takes longer to warm up. */
  readonly isCompiledLate?: true;
  /** Whether it has one fixed answer, and so needs a process for each case. */
  readonly isFixed?: true;
  /** The checkout of postern that it runs, if it is postern. */
  readonly checkout?: string;
  /** The requests it gets, if they aren't those of the case. */
  readonly asks?: (asked: Case) => readonly Exchange[];
  /** Writes the configuration. Returns how to start it. Throws if it can't answer the case. */
  launch(program: string, site: Site): Launch;
}

/** A peer that is installed. */
export interface FoundPeer {
  readonly peer: Peer;
  readonly program: string;
  readonly version: string;
}

/** The server by whose figures all others are divided. */
export const REFERENCE = "postern";

/** Another checkout of postern. It takes part wherever `postern` does. */
export const BESIDE = "beside";

/**
 * The share of `limits.fileCacheBytesMax` that a file of 1 KB takes: its content twice, and 2 KB
 * for its metadata.
 */
const cachedFileBytes = 4096;

const cachedFilesMax = 20_000;
const idleMs = 600_000;
/** As many as any case has. Other servers list all entries. */
const listedMax = 50_000;
const projectRoot = join(import.meta.dir, "..");
const systemFolders = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

const bunProgram = {
  program: process.execPath,
  debianPackage: "bun",
  versionArguments: ["--version"],
  isCompiledLate: true,
} as const;

export const peers: readonly Peer[] = [
  postern(REFERENCE, projectRoot),
  nginx("nginx", () => undefined),
  nginx("nginx-cache", ({ setup }) => setup.cachedFiles ?? cachedFilesMax),
  {
    name: "lighttpd",
    program: "lighttpd",
    debianPackage: "lighttpd",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "lighttpd.conf", lighttpdConfig(site));
      return { command: [program, "-D", "-f", config] };
    },
  },
  {
    name: "h2o",
    program: "h2o",
    debianPackage: "h2o",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "h2o.yaml", h2oConfig(site));
      return { command: [program, "-c", config] };
    },
  },
  {
    name: "caddy",
    program: "caddy",
    debianPackage: "caddy",
    versionArguments: ["version"],
    launch: (program, site) => {
      const config = write(site, "Caddyfile", caddyConfig(site));
      return {
        command: [program, "run", "--config", config, "--adapter", "caddyfile"],
        // Caddy stores its state in these folders. The user's home folder is not touched.
        environment: {
          GOMAXPROCS: "1",
          HOME: site.folder,
          XDG_DATA_HOME: site.folder,
          XDG_CONFIG_HOME: site.folder,
        },
      };
    },
  },
  {
    name: "haproxy",
    program: "haproxy",
    debianPackage: "haproxy",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "haproxy.cfg", haproxyConfig(site));
      return { command: [program, "-db", "-f", config] };
    },
  },
  bun("bun-static", "bun-static.ts", ({ root, asked }) => [root, asked.files[0]?.path ?? ""]),
  bun("bun-file", "bun-file.ts", ({ root, setup, certificate, key }) =>
    setup.tls ? [root, certificate, key] : [root],
  ),
  {
    ...bun("bun-hash", "bun-hash.ts", ({ asked }) => [uploadOf(asked)]),
    asks: (asked) => {
      const request = "GET /hash HTTP/1.1\r\nHost: localhost\r\n\r\n";
      return asked.exchanges.map(({ status, body }) => ({ request, status, body }));
    },
  },
  node("serve", { package: "serve", file: "build/main.js" }, ({ root, port }) => {
    return ["--listen", `tcp://127.0.0.1:${port}`, "--no-request-logging", "--no-clipboard", root];
  }),
  node("http-server", { package: "http-server", file: "bin/http-server" }, ({ root, port }) => {
    return [root, "-a", "127.0.0.1", "-p", String(port), "--silent"];
  }),
  node("sirv", { package: "sirv-cli", file: "bin.js" }, ({ root, port }) => {
    return [root, "--host", "127.0.0.1", "--port", String(port), "--quiet"];
  }),
  { ...bun("bun-listen", "bun-listen.ts", fixedArguments), isFixed: true },
  {
    name: "c-epoll",
    program: "cc",
    debianPackage: "gcc",
    versionArguments: ["--version"],
    isFixed: true,
    launch: (program, site) => ({
      command: [compileFloor(program, site.folder), String(site.port), ...fixedArguments(site)],
    }),
  },
];

/** The checkout of postern in `folder`, as a peer. */
export function besidePeer(folder: string): Peer {
  return postern(BESIDE, folder);
}

/** Whether the peer takes part in a case that lists `servers`. */
export function takesPart(name: string, servers: readonly string[]): boolean {
  return servers.includes(name === BESIDE ? REFERENCE : name);
}

/** The server by whose figures those of `server` are divided. */
export function referenceOf(server: string): string {
  return server.startsWith(BESIDE) ? REFERENCE + server.slice(BESIDE.length) : REFERENCE;
}

/** The peer of that name. Throws when there is none. */
export function peerNamed(name: string): Peer {
  const found = peers.find((peer) => peer.name === name);
  if (found === undefined) throw new RangeError(`no server is called ${name}`);
  return found;
}

/** The peer as installed on this machine; `undefined` if it isn't. */
export function findPeer(peer: Peer): FoundPeer | undefined {
  const program = findProgram(peer.program);
  if (program === undefined) return undefined;
  if (peer.npm !== undefined && !existsSync(npmFile(peer.npm))) return undefined;
  return { peer, program, version: versionOf(peer, program) };
}

/** The path of a program; `undefined` if it isn't installed. */
export function findProgram(name: string): string | undefined {
  const path = `${process.env["PATH"] ?? ""}:${systemFolders}`;
  return Bun.which(name, { PATH: path }) ?? undefined;
}

/** The version number in the program's output. */
function versionOf(peer: Peer, program: string): string {
  if (peer.checkout !== undefined) return posternVersion(peer.checkout);
  if (peer.npm !== undefined) return packageVersion(peer.npm.package);
  const asked = Bun.spawnSync([program, ...peer.versionArguments], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [line = ""] = `${asked.stdout.toString()}${asked.stderr.toString()}`.trim().split("\n");
  return /\d+\.\d+[\w.+-]*/.exec(line.replaceAll(/\([^)]*\)/g, ""))?.[0] ?? "unknown";
}

function posternVersion(checkout: string): string {
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty"], {
    cwd: checkout,
    stdout: "pipe",
    stderr: "ignore",
  });
  return git.success ? git.stdout.toString().trim() : "unknown";
}

function packageVersion(name: string): string {
  const { version } = require(packageProgram(name, "package.json")) as { version: string };
  return version;
}

/** postern, run from the sources of `checkout`, or from a package if the site names one. */
function postern(name: string, checkout: string): Peer {
  return {
    ...bunProgram,
    name,
    checkout,
    launch: (program, site) => launchPostern(program, site, checkout),
  };
}

/** The program of the command `postern`, by the manifest of the package in `folder`. */
function commandOf(folder: string): string {
  const { bin } = require(join(folder, "package.json")) as { readonly bin: { postern: string } };
  return join(folder, bin.postern);
}

function launchPostern(program: string, site: Site, checkout: string): Launch {
  const { root, setup, port, backend } = site;
  if (setup.upload) {
    const script = join(checkout, "bench/postern-upload.ts");
    const command = [program, script, String(port), root, uploadOf(site.asked)];
    return { command };
  }
  const flags = ["--port", String(port), "--log", "none"];
  const limits = posternLimits(setup);
  if (limits !== undefined) {
    flags.push("--config", write(site, "postern.json", JSON.stringify({ limits })));
  }
  if (setup.proxied) flags.push("--proxy", `/=http://127.0.0.1:${backend}`);
  if (setup.tls) flags.push("--tls-cert", site.certificate, "--tls-key", site.key);
  if (setup.workers !== undefined) flags.push("--workers", String(setup.workers));
  const script = site.package === undefined ? join(checkout, "index.ts") : commandOf(site.package);
  return { command: [program, script, root, ...flags] };
}

/** The limits that aren't the default; `undefined` if there are none. */
function posternLimits(setup: Setup): Partial<Record<keyof Limits, number>> | undefined {
  if (setup.keepsIdle) return { idleTimeMs: idleMs };
  if (setup.listing) return { listingEntriesMax: listedMax };
  if (setup.cachedFiles === undefined) return undefined;
  return { fileCacheBytesMax: setup.cachedFiles * cachedFileBytes };
}

function nginx(name: string, cachedFilesOf: (site: Site) => number | undefined): Peer {
  return {
    name,
    program: "nginx",
    debianPackage: "nginx",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "nginx.conf", nginxConfig(site, cachedFilesOf(site)));
      const command = [program, "-p", site.folder, "-e", "stderr", "-c", config];
      return { command };
    },
  };
}

/** A script of the bench, run by Bun with the port and further arguments. */
function bun(name: string, script: string, argumentsOf: (site: Site) => readonly string[]): Peer {
  return {
    ...bunProgram,
    name,
    launch: (program, site) => {
      const path = join(import.meta.dir, script);
      return { command: [program, path, String(site.port), ...argumentsOf(site)] };
    },
  };
}

/** A command of an npm package, run by Node. */
function node(
  name: string,
  npm: NonNullable<Peer["npm"]>,
  argumentsOf: (site: Site) => readonly string[],
): Peer {
  return {
    name,
    program: "node",
    debianPackage: "nodejs npm",
    versionArguments: ["--version"],
    isCompiledLate: true,
    npm,
    launch: (program, site) => ({
      command: [program, npmFile(npm), ...argumentsOf(site)],
      // Don't look for a newer version.
      environment: { NO_UPDATE_CHECK: "1" },
    }),
  };
}

function npmFile(npm: NonNullable<Peer["npm"]>): string {
  return packageProgram(npm.package, npm.file);
}

function compileFloor(compiler: string, folder: string): string {
  const output = join(folder, "floor");
  const source = join(import.meta.dir, "floor.c");
  const compiled = Bun.spawnSync([compiler, "-O2", "-D_GNU_SOURCE", "-o", output, source], {
    stdout: "ignore",
    stderr: "pipe",
  });
  if (compiled.success) return output;
  throw new Error(`floor.c: ${compiled.stderr.toString().trim().split("\n")[0]}`);
}

/** The arguments of both floors behind the port: ANSWER-FILE REQUEST-BYTES. */
function fixedArguments(site: Site): readonly string[] {
  const answer = fixedAnswer(site.asked);
  const request = site.asked.exchanges[0]?.request;
  if (answer === undefined || request === undefined) throw new Error("has only one answer");
  const path = join(site.folder, "answer");
  writeFileSync(path, answer);
  return [path, String(Buffer.byteLength(request, "latin1"))];
}

function uploadOf(asked: Case): string {
  return String(asked.exchanges[0]?.uploadBytes ?? 0);
}

function write(site: Site, name: string, content: string): string {
  const path = join(site.folder, name);
  writeFileSync(path, content);
  return path;
}
