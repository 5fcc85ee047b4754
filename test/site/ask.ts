/**
 * Handlers asked without a connection: a request made of text, a response shown as plain values.
 */

import { Moments } from "../../src/tree/cache/freshness.ts";
import type { Limits } from "../../src/base/limits.ts";
import { openTree } from "../../src/tree/disk/disk-tree.ts";
import type { Tree, TreeOptions } from "../../src/tree/disk/disk-tree.ts";
import { AddedRoutes } from "../../src/site/library/added-routes.ts";
import { VariantCache } from "../../src/site/variants/variant-cache.ts";
import { EarlyHints } from "../../src/site/hints/early-hints.ts";
import { ErrorPages } from "../../src/site/pages/error-page.ts";
import type { Request } from "../../src/site/request.ts";
import type { PathMapping } from "../../src/site/rules/path-mapping.ts";
import { Routes } from "../../src/site/site.ts";
import { concatBytes } from "../../src/http/bytes.ts";
import { noFields } from "../../src/http/fields.ts";
import type { FileSource, Region, Response } from "../../src/http/response.ts";
import type { Scheme } from "../../src/http/target.ts";
import { IncomingBody } from "../../src/server/connection/request-body.ts";
import { headOf, limitsWith } from "../http1/transcript.ts";

/** A request with `body`, whose length is declared if there is any. */
export function requestOf(
  line: string,
  fields: Record<string, string> = {},
  body?: string | Uint8Array,
): Request {
  const octets = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = {
    Host: "a",
    ...fields,
    ...(octets === undefined ? {} : { "Content-Length": String(octets.length) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = headOf(`${line} HTTP/1.1\r\n${lines.join("")}\r\n`);
  let left = octets;
  const incoming: IncomingBody = new IncomingBody(head.contentLength, {
    wanted: () => {
      if (left === undefined || left.length === 0) incoming.end(noFields);
      else incoming.deliver(left);
      left = undefined;
    },
  });
  return { head, body: incoming, remoteAddress: "192.0.2.1", receivedMs: Date.now() };
}

/** A response as it can be compared. */
export interface Shown {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  readonly kind: Response["body"]["kind"];
  readonly close: boolean;
  readonly note: Response["note"];
}

/** Shows a response; its file is read and closed. */
export function show(response: Response): Shown {
  const { status, close, note } = response;
  const fields = Object.fromEntries(response.fields);
  return {
    status,
    fields,
    body: new TextDecoder().decode(octetsOf(response)),
    kind: response.body.kind,
    close,
    note,
  };
}

function readRegion(file: FileSource, { start, octets }: Region): Uint8Array {
  const content = new Uint8Array(octets);
  let at = 0;
  for (let count = -1; count !== 0 && at < octets; at += count) {
    count = file.read(content.subarray(at), start + at);
  }
  return content.subarray(0, at);
}

/** The octets of a body that is no stream; its file is closed. */
export function octetsOf({ body }: Response): Uint8Array {
  if (body.kind === "bytes") return body.bytes;
  if (body.kind !== "file") return new Uint8Array(0);
  const { file, pieces } = body;
  const all = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : readRegion(file, piece),
  );
  file.close();
  return concatBytes(all);
}

/** What a house of handlers is made with. */
export interface HouseOptions {
  readonly tree?: Partial<TreeOptions>;
  readonly limits?: Partial<Record<keyof Limits, number>>;
  readonly explain?: boolean;
  readonly scheme?: Scheme;
  readonly listing?: boolean;
  readonly formPage?: string;
  readonly post?: boolean;
  readonly compress?: boolean;
  readonly earlyHints?: boolean;
  readonly cacheSeconds?: number;
  readonly mapping?: Partial<PathMapping>;
}

/** Moments in a minute's time, as if the tree had been as it is for so long. */
function laterMoments(): Moments {
  const moments = new Moments();
  moments.begin(moments.next(), Date.now() + 60_000);
  moments.end();
  return moments;
}

/** All handlers over the tree at `root`, as a server puts them together. */
export class House {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly routes: Routes;
  /** Routes beside the tree. */
  readonly added = new AddedRoutes();
  readonly limits: Limits;

  constructor(root: string, options: HouseOptions = {}) {
    this.limits = limitsWith(options.limits ?? {});
    const tree = openTree({
      root,
      permissions: "other",
      hidden: false,
      symlinks: "inside",
      index: "index.html",
      limits: this.limits,
      moments: laterMoments(),
      ...options.tree,
    });
    if (!tree.ok) throw new Error(tree.error);
    this.tree = tree.value;
    this.pages = new ErrorPages(this.tree, this.limits, options.explain ?? false);
    const cache = new VariantCache(
      this.limits.codingCacheBytesMax,
      this.limits.codingAtOnceBytesMax,
    );
    const coding = { tree: this.tree, limits: this.limits, cache };
    const service = { tree: this.tree, pages: this.pages, limits: this.limits };
    this.routes = new Routes(
      {
        ...service,
        scheme: options.scheme ?? "http",
        listing: options.listing ?? true,
        cacheSeconds: options.cacheSeconds,
        coding: options.compress === false ? undefined : coding,
        earlyHints:
          options.earlyHints === true ? Promise.resolve(new EarlyHints("http")) : undefined,
      },
      options.post === false
        ? undefined
        : { ...service, formPage: options.formPage ?? "MyForm.html" },
      { redirects: [], rewrites: [], cleanUrls: false, single: false, ...options.mapping },
      this.added,
    );
  }

  /** What is answered to a request. */
  async ask(
    line: string,
    fields: Record<string, string> = {},
    body?: string | Uint8Array,
  ): Promise<Shown> {
    return show(await this.routes.answer(requestOf(line, fields, body)));
  }
}
