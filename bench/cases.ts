/**
 * The table of cases: what is requested from the servers, and the files that this needs.
 *
 * To add a case, add a row. A request is sent exactly as it is written. The status and length of
 * every answer are checked, and its bytes once per connection and round.
 */

import type { SiteFile } from "./site.ts";
import { shuffled, siteBytes, uploadBlock } from "./site.ts";

/** The body that an answer must have. */
export type ExpectedBody =
  /** No body, whatever Content-Length says: the answer to HEAD, 204 and 304. */
  | { readonly kind: "none" }
  /** Any body that is framed correctly, for error pages. */
  | { readonly kind: "any" }
  /** This file, compressed with gzip. */
  | { readonly kind: "gzip"; readonly path: string }
  /** These bytes of this file, framed by Content-Length. */
  | {
      readonly kind: "file";
      readonly path: string;
      readonly offset: number;
      readonly length: number;
    };

/** A request and the expected answer. */
export interface Exchange {
  /** The head, and a short body if there is one. `TAG` stands for the entity tag of `tagOf`. */
  readonly request: string;
  /** The number of bytes that follow `request`: `uploadBlock`, repeated. */
  readonly uploadBytes?: number;
  /** A file whose entity tag is requested from the server beforehand. */
  readonly tagOf?: string;
  readonly status: number;
  readonly body: ExpectedBody;
}

/** How a server is configured for a case, besides what all cases have in common. */
export interface Setup {
  /** TLS 1.3, with a certificate made by the bench. */
  readonly tls?: true;
  /** Text is sent compressed with gzip, from a cache or from a precompressed file. */
  readonly gzip?: true;
  /** All requests are passed on to a backend, which is the same process for all servers. */
  readonly proxied?: true;
  /** PUT is accepted. */
  readonly upload?: true;
  /** Folders are listed. */
  readonly listing?: true;
  /** How many files of 1 KB a cache may hold. If absent, all files fit. */
  readonly cachedFiles?: number;
  /** Connections may be idle for minutes. */
  readonly keepsIdle?: true;
  /** The number of worker processes, for `postern` only. */
  readonly workers?: number;
}

export interface Case {
  /** The name that `--case` takes. */
  readonly name: string;
  /** A short description for the README. */
  readonly title: string;
  /** Cases of one group are measured in the same rounds. */
  readonly group: string;
  readonly setup: Setup;
  readonly files: readonly SiteFile[];
  /** A connection sends these in turn, repeatedly. At least one. */
  readonly exchanges: readonly Exchange[];
  /** The number of requests that a connection sends before it waits for all their answers. */
  readonly pipelineDepth: number;
  /** The number of connections, if it isn't the usual one. */
  readonly connections?: number;
  /** Whether the server's memory is measured, too. */
  readonly watchesMemory?: true;
  /** Whether the time from a request to the end of its answer is measured, too. */
  readonly watchesLatency?: true;
  /** The servers that take part. */
  readonly servers: readonly string[];
}

const small: SiteFile = { path: "1k.txt", bytes: 1024 };
const middle: SiteFile = { path: "100k.txt", bytes: 100 * 1024 };
const large: SiteFile = { path: "1m.txt", bytes: 1024 * 1024 };
const prose: SiteFile = { path: "10k.txt", bytes: 10 * 1024, isProse: true };
const forbidden: SiteFile = { path: "forbidden.txt", bytes: 1024, mode: 0 };

const manyCount = 10_000;
const many = numberedFiles("many", manyCount);
/** In an order in which a cache of the latest 2,000 files has almost no hits. */
const manyOrder = shuffled(manyCount);

const uploadBytes = 100 * uploadBlock.bytes;

const servers = ["postern", "nginx", "nginx-cache", "lighttpd", "h2o"] as const;
const floors = ["bun-listen", "c-epoll"] as const;
const bunServers = ["bun-static", "bun-file"] as const;
const nodeServers = ["serve", "http-server", "sirv"] as const;

const formBody = `name=${"a".repeat(512)}&text=${"b".repeat(1024 - 512 - "name=&text=".length)}`;

export const cases: readonly Case[] = [
  {
    ...getFile("1k", "1 KB", small),
    group: "small",
    servers: [...servers, "caddy", ...bunServers, ...nodeServers, ...floors],
  },
  {
    ...getFile("304", "304 to `If-None-Match`", small),
    group: "small",
    exchanges: [
      {
        request: get("/1k.txt", "If-None-Match: TAG"),
        tagOf: "/1k.txt",
        status: 304,
        body: { kind: "none" },
      },
    ],
  },
  {
    ...getFile("206", "206 of 100 bytes", small),
    group: "small",
    exchanges: [
      {
        request: get("/1k.txt", "Range: bytes=200-299"),
        status: 206,
        body: { kind: "file", path: small.path, offset: 200, length: 100 },
      },
    ],
  },
  {
    ...getFile("404", "404", small),
    group: "small",
    exchanges: [{ request: get("/absent.txt"), status: 404, body: { kind: "any" } }],
  },
  {
    ...getFile("403", "403", forbidden),
    group: "small",
    exchanges: [{ request: get("/forbidden.txt"), status: 403, body: { kind: "any" } }],
  },
  {
    ...getFile("gzip-10k", "10 KB gzip'd", prose),
    group: "small",
    setup: { gzip: true },
    exchanges: [
      {
        request: get("/10k.txt", "Accept-Encoding: gzip"),
        status: 200,
        body: { kind: "gzip", path: prose.path },
      },
    ],
    servers: ["postern", "nginx", "nginx-cache", "h2o"],
  },
  {
    ...getFile("post-1k", "POST of a 1 KB form", { path: "MyForm.html", bytes: 1024 }),
    group: "small",
    exchanges: [
      {
        request: post("/", formBody),
        status: 200,
        body: { kind: "file", path: "MyForm.html", offset: 0, length: 1024 },
      },
    ],
    servers: ["postern"],
  },
  { ...manyFiles("many-files", "1 KB, 10,000 files"), servers },
  {
    ...manyFiles("many-files-small", "1 KB, 10,000 files, a cache for 2,000"),
    setup: { cachedFiles: 2000 },
    servers: ["postern", "nginx", "nginx-cache"],
  },
  {
    ...getFile("1k-pipelined", "1 KB, 16 pipelined", small),
    pipelineDepth: 16,
    servers: [...servers, ...floors],
  },
  getFile("16k", "16 KB", { path: "16k.txt", bytes: 16 * 1024 }),
  {
    ...getFile("100k", "100 KB", middle),
    servers: [...servers, "caddy", "bun-file", "c-epoll"],
  },
  { ...getFile("1m", "1 MB", large), servers: [...servers, "caddy", "bun-file", "c-epoll"] },
  {
    ...getFile("100m", "100 MB", { path: "100m.txt", bytes: 100 * 1024 * 1024 }),
    connections: 8,
  },
  {
    ...getFile("tls-1k", "1 KB over TLS 1.3", small),
    setup: { tls: true },
    servers: ["postern", "nginx", "nginx-cache", "h2o", "caddy", "bun-file"],
  },
  {
    ...getFile("tls-1m", "1 MB over TLS 1.3", large),
    setup: { tls: true },
    servers: ["postern", "nginx", "h2o", "caddy", "bun-file"],
  },
  proxied("proxy-1k", "1 KB of a backend", small),
  proxied("proxy-1m", "1 MB of a backend", large),
  {
    ...getFile("upload-100m", "100 MB uploaded and hashed", small),
    setup: { upload: true },
    connections: 4,
    watchesMemory: true,
    exchanges: [{ request: put("/upload.bin"), uploadBytes, status: 204, body: { kind: "none" } }],
    servers: ["postern", "nginx", "bun-hash"],
  },
];

/** The case of that name. Throws when there is none. */
export function caseNamed(name: string): Case {
  const found = cases.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`no case is called ${name}`);
  return found;
}

/** `count` files of 1 KB, a hundred in a folder. */
export function numberedFiles(folder: string, count: number): readonly SiteFile[] {
  return Array.from({ length: count }, (_, index) => {
    const inner = String(Math.floor(index / 100)).padStart(3, "0");
    return { path: `${folder}/${inner}/${index}.txt`, bytes: 1024 };
  });
}

/** A request for a whole file, without conditions. */
export function getWhole(file: SiteFile): Exchange {
  return {
    request: get(`/${file.path}`),
    status: 200,
    body: { kind: "file", path: file.path, offset: 0, length: file.bytes },
  };
}

/**
 * The complete answer to this case for a server without files; `undefined` if its requests need
 * more than one answer.
 */
export function fixedAnswer(of: Case): Uint8Array | undefined {
  const [exchange, ...others] = of.exchanges;
  if (exchange === undefined || others.length > 0) return undefined;
  const { status, body } = exchange;
  const file = body.kind === "file" ? of.files.find(({ path }) => path === body.path) : undefined;
  const content =
    file === undefined || body.kind !== "file"
      ? new Uint8Array(0)
      : siteBytes(file).subarray(body.offset, body.offset + body.length);
  const length = body.kind === "none" ? "" : `Content-Length: ${content.length}\r\n`;
  const head = `HTTP/1.1 ${status} Fixed\r\nContent-Type: text/plain\r\n${length}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), content]);
}

function getFile(name: string, title: string, file: SiteFile): Case {
  return {
    name,
    title,
    group: name,
    setup: {},
    files: [file],
    exchanges: [getWhole(file)],
    pipelineDepth: 1,
    servers,
  };
}

/** `bun-static` is the backend itself, without a proxy before it. */
function proxied(name: string, title: string, file: SiteFile): Case {
  return {
    ...getFile(name, title, file),
    setup: { proxied: true },
    watchesLatency: true,
    servers: ["postern", "nginx", "caddy", "haproxy", "bun-static"],
  };
}

function manyFiles(name: string, title: string): Omit<Case, "servers"> {
  const exchanges = manyOrder.flatMap((index) => {
    const file = many[index];
    return file === undefined ? [] : [getWhole(file)];
  });
  return { name, title, group: name, setup: {}, files: many, exchanges, pipelineDepth: 1 };
}

function get(target: string, ...fields: readonly string[]): string {
  return message("GET", target, fields);
}

function post(target: string, body: string): string {
  const type = "Content-Type: application/x-www-form-urlencoded";
  return message("POST", target, [type, `Content-Length: ${body.length}`]) + body;
}

function put(target: string): string {
  return message("PUT", target, [`Content-Length: ${uploadBytes}`]);
}

function message(method: string, target: string, fields: readonly string[]): string {
  const lines = [`${method} ${target} HTTP/1.1`, "Host: localhost", "User-Agent: bench"];
  return [...lines, "Accept: */*", ...fields, "", ""].join("\r\n");
}
