/**
 * The servers that are compared: where each is found, what version it is, and how it is started
 * with one worker, no access log and connections that stay open.
 *
 * To add a peer, add a row to `peers`. Configuration is written into a folder that is its own;
 * nothing of the machine's configuration is read.
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Case } from "./cases.ts";
import { fixedAnswer } from "./cases.ts";
import type { Launch } from "./server.ts";

/** What a peer gets to make its configuration from. */
export interface Site {
  /** The served folder. */
  readonly root: string;
  /** A folder for its own files; it exists. */
  readonly folder: string;
  readonly port: number;
  /** The case that it will be asked; of interest to servers with one fixed answer. */
  readonly asked: Case;
}

export interface Peer {
  /** As `--server` takes it. */
  readonly name: string;
  /** The program that has to be there. */
  readonly program: string;
  /** What to install when it isn't. */
  readonly debianPackage: string;
  /** Arguments that make the program print its version. */
  readonly versionArguments: readonly string[];
  /** Writes the configuration and says how to start. Throws when it can't answer the case. */
  launch(program: string, site: Site): Launch;
}

const projectRoot = join(import.meta.dir, "..");
const isRoot = process.getuid?.() === 0;
const systemFolders = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
const many = 1_000_000_000;

const bunProgram = {
  program: process.execPath,
  debianPackage: "bun",
  versionArguments: ["--version"],
};

export const peers: readonly Peer[] = [
  {
    ...bunProgram,
    name: "postern",
    launch: (program, { root }) => {
      const flags = ["--port", "0", "--ready", "json", "--log", "none"];
      const command = [program, "run", join(projectRoot, "index.ts"), root, ...flags];
      return { command, announces: "ready-line" };
    },
  },
  nginx("nginx", ""),
  nginx("nginx-cache", "open_file_cache max=10000 inactive=60s; open_file_cache_min_uses 1;"),
  {
    name: "lighttpd",
    program: "lighttpd",
    debianPackage: "lighttpd",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "lighttpd.conf", lighttpdConfig(site));
      return { command: [program, "-D", "-f", config], announces: "port" };
    },
  },
  {
    name: "h2o",
    program: "h2o",
    debianPackage: "h2o",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "h2o.yaml", h2oConfig(site));
      return { command: [program, "-c", config], announces: "port" };
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
        // Caddy keeps its state below these; the home folder stays as it is.
        environment: {
          GOMAXPROCS: "1",
          HOME: site.folder,
          XDG_DATA_HOME: site.folder,
          XDG_CONFIG_HOME: site.folder,
        },
        announces: "port",
      };
    },
  },
  {
    ...bunProgram,
    name: "bun-serve",
    launch: (program, { port, root }) => ({
      command: [program, join(import.meta.dir, "bun-serve.ts"), String(port), root],
      announces: "port",
    }),
  },
  {
    ...bunProgram,
    name: "bun-listen",
    launch: (program, site) => ({
      command: [program, join(import.meta.dir, "bun-listen.ts"), ...fixedArguments(site)],
      announces: "port",
    }),
  },
  {
    name: "c-epoll",
    program: "cc",
    debianPackage: "gcc",
    versionArguments: ["--version"],
    launch: (program, site) => ({
      command: [compileFloor(program, site.folder), ...fixedArguments(site)],
      announces: "port",
    }),
  },
];

/** Where the peer's program is; `undefined` when it isn't installed. */
export function findProgram(peer: Peer): string | undefined {
  const path = `${process.env["PATH"] ?? ""}:${systemFolders}`;
  return Bun.which(peer.program, { PATH: path }) ?? undefined;
}

/** The version, as short as the program's own words allow. */
export function versionOf(peer: Peer, program: string): string {
  if (peer.name === "postern") return posternVersion();
  const asked = Bun.spawnSync([program, ...peer.versionArguments], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [line = ""] = `${asked.stdout.toString()}${asked.stderr.toString()}`.trim().split("\n");
  return /\d+\.\d+[\w.+-]*/.exec(line.replaceAll(/\([^)]*\)/g, ""))?.[0] ?? "unknown";
}

function posternVersion(): string {
  const git = Bun.spawnSync(["git", "describe", "--always", "--dirty"], {
    cwd: projectRoot,
    stdout: "pipe",
    stderr: "ignore",
  });
  return git.success ? git.stdout.toString().trim() : "unknown";
}

function nginx(name: string, cache: string): Peer {
  return {
    name,
    program: "nginx",
    debianPackage: "nginx",
    versionArguments: ["-v"],
    launch: (program, site) => {
      const config = write(site, "nginx.conf", nginxConfig(site, cache));
      const command = [program, "-p", site.folder, "-e", "stderr", "-c", config];
      return { command, announces: "port" };
    },
  };
}

function nginxConfig({ root, folder, port }: Site, cache: string): string {
  const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const temporary = kinds.map((kind) => `  ${kind}_temp_path ${join(folder, kind)};`).join("\n");
  return `${isRoot ? "user root;" : ""}
daemon off;
worker_processes 1;
pid ${join(folder, "nginx.pid")};
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests ${many};
  keepalive_timeout 600s;
  types { text/plain txt; }
  ${cache}
${temporary}
  server { listen 127.0.0.1:${port}; root ${root}; }
}
`;
}

function lighttpdConfig({ root, folder, port }: Site): string {
  return `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${root}"
server.errorlog = "${join(folder, "error.log")}"
server.max-worker = 0
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 600
mimetype.assign = ( ".txt" => "text/plain" )
`;
}

function h2oConfig({ root, folder, port }: Site): string {
  return `${isRoot ? "user: root" : ""}
num-threads: 1
pid-file: ${join(folder, "h2o.pid")}
listen:
  host: 127.0.0.1
  port: ${port}
http1-request-timeout: 600
hosts:
  default:
    paths:
      "/":
        file.dir: ${root}
`;
}

function caddyConfig({ root, port }: Site): string {
  return `{
\tadmin off
\tauto_https off
\tlog {
\t\tlevel ERROR
\t}
}

http://:${port} {
\tbind 127.0.0.1
\troot * ${root}
\tfile_server
}
`;
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

/** PORT ANSWER-FILE REQUEST-BYTES, as both floors take them. */
function fixedArguments(site: Site): readonly string[] {
  const answer = fixedAnswer(site.asked);
  const request = site.asked.exchanges[0]?.request;
  if (answer === undefined || request === undefined) throw new Error("has only one answer");
  const path = join(site.folder, "answer");
  writeFileSync(path, answer);
  return [String(site.port), path, String(Buffer.byteLength(request, "latin1"))];
}

function write(site: Site, name: string, content: string): string {
  const path = join(site.folder, name);
  writeFileSync(path, content);
  return path;
}
