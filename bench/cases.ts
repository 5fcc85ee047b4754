/**
 * What is asked of every server: the table of cases, and the files that they need.
 *
 * To add a case, add a row. A request is text that goes over the wire as it stands; the answer's
 * status is checked each time, its length each time, its bytes once per connection and round.
 */

import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of the served tree; its content is made from its path and its size. */
export interface SiteFile {
  readonly path: string;
  readonly bytes: number;
}

/** The body that an answer must have. */
export type ExpectedBody =
  /** No body, whatever the fields say: the answer to HEAD, 204, 304. */
  | { readonly kind: "none" }
  /** Any body that is framed correctly: error pages, coded bodies. */
  | { readonly kind: "any" }
  /** These bytes of this file, framed by Content-Length. */
  | {
      readonly kind: "file";
      readonly path: string;
      readonly offset: number;
      readonly length: number;
    };

/** One request and what has to come back. */
export interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly body: ExpectedBody;
}

export interface Case {
  /** As `--case` takes it. */
  readonly name: string;
  /** Run when no `--case` is given. */
  readonly standard: boolean;
  readonly files: readonly SiteFile[];
  /** A connection asks for these in turn, and starts over. At least one. */
  readonly exchanges: readonly Exchange[];
  /** Requests that a connection sends at once, before it waits for all their answers. */
  readonly pipelineDepth: number;
}

const small: SiteFile = { path: "1k.txt", bytes: 1024 };
const middle: SiteFile = { path: "100k.txt", bytes: 100 * 1024 };
const large: SiteFile = { path: "1m.txt", bytes: 1024 * 1024 };

/** The modification time of every file of the tree, and the same as a condition. */
const modified = new Date("2024-01-01T00:00:00Z");
const sinceModified = `If-Modified-Since: ${modified.toUTCString()}`;

export const cases: readonly Case[] = [
  { ...getFile("1k", small), standard: true },
  { ...getFile("100k", middle), standard: true },
  { ...getFile("1m", large), standard: true },
  { ...getFile("1k-pipelined", small), pipelineDepth: 16 },
  {
    ...getFile("304", small),
    exchanges: [{ request: get("/1k.txt", sinceModified), status: 304, body: { kind: "none" } }],
  },
  {
    ...getFile("206", middle),
    exchanges: [
      {
        request: get("/100k.txt", "Range: bytes=1000-1999"),
        status: 206,
        body: { kind: "file", path: middle.path, offset: 1000, length: 1000 },
      },
    ],
  },
  {
    ...getFile("404", small),
    exchanges: [{ request: get("/absent.txt"), status: 404, body: { kind: "any" } }],
  },
];

/** Writes every file that any case needs below `root`, readable by everyone. */
export function writeSite(root: string): void {
  for (const file of new Set(cases.flatMap((each) => each.files))) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, siteBytes(file), { mode: 0o644 });
    utimesSync(path, modified, modified);
  }
}

/** The content of a file: lower-case letters in an order that doesn't repeat within it. */
export function siteBytes(file: SiteFile): Uint8Array {
  const content = new Uint8Array(file.bytes);
  // A linear congruential generator (Numerical Recipes); only its upper bits are any good.
  let state = Bun.hash.crc32(file.path);
  for (let at = 0; at < content.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[at] = 97 + ((state >>> 16) % 26);
  }
  return content;
}

/**
 * The answer that a server without files gives to this case, whole; `undefined` when one answer
 * doesn't fit all its requests.
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

function getFile(name: string, file: SiteFile): Case {
  const body = { kind: "file", path: file.path, offset: 0, length: file.bytes } as const;
  return {
    name,
    standard: false,
    files: [file],
    exchanges: [{ request: get(`/${file.path}`), status: 200, body }],
    pipelineDepth: 1,
  };
}

function get(target: string, ...fields: readonly string[]): string {
  const lines = [`GET ${target} HTTP/1.1`, "Host: localhost", "User-Agent: bench", "Accept: */*"];
  return [...lines, ...fields, "", ""].join("\r\n");
}
