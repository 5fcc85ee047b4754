/**
 * Archives of folders: `?download=zip` and its kin. An archive is made while it is sent, from one
 * open file and a few buffers, however large the folder is.
 *
 * It has no validators and no ranges: no two readings of a folder need be the same, and it isn't
 * known how long it will be. Nothing stores it, because a cache would have to keep gigabytes that
 * it can't revalidate. It is not content-coded: it is compressed already.
 */

import { basename, resolve } from "node:path";

import type { Limits } from "../../base/limits.ts";
import { refusals } from "../../http/message/error.ts";
import type { Response } from "../../http/message/response.ts";
import { ResponseBuilder } from "../../http/message/response-builder.ts";
import { ByteBudget } from "../../schedule/byte-budget.ts";
import type { TurnBudgets } from "../../schedule/turn-budgets.ts";
import type { ContainedPath } from "../../tree/path.ts";
import { isNameable } from "../../tree/path.ts";
import type { FolderFacts, Tree } from "../../tree/tree.ts";
import { noSniff, ownOriginOnly } from "../content/cache-control.ts";
import { unmatchableTag, weighRequest } from "../content/selected-response.ts";
import type { ErrorPages } from "../pages/error-page.ts";
import type { Request } from "../request.ts";
import { zlibEncoder } from "../variants/zlib-encoder.ts";
import { ArchiveBody } from "./archive-body.ts";
import type { ArchiveFormat } from "../download/archive-format.ts";
import { archiveTypes } from "../download/archive-format.ts";
import { gzipped, inBlocks, zstdFrames } from "./coded-octets.ts";
import { attachmentNamed } from "../download/content-disposition.ts";
import type { Deflate } from "./deflate-stream.ts";
import { FileOctets } from "./file-octets.ts";
import type { ArchiveEntry } from "./folder-entries.ts";
import { entriesOf } from "./folder-entries.ts";
import { tarOctets } from "./tar-octets.ts";
import { zipOctets } from "./zip-octets.ts";

/** What `Archives` needs. */
export interface ArchiveService {
  readonly tree: Tree;
  readonly pages: ErrorPages;
  readonly limits: Limits;
  readonly budgets: TurnBudgets;
  /** The path of the root on this machine, which names the archive of all; "" for none. */
  readonly root: string;
}

/** What is read at a time. A file of this size, or less, is deflated before its header is sent. */
const pieceOctets = 256 * 1024;

/** What of a tar archive is coded at a time. Larger blocks are hardly smaller when coded. */
const codedBlockOctets = 512 * 1024;

/** What is sent at a time: what goes into one write together with the marks of a chunk. */
const chunkOctets = 64 * 1024;

/** What one turn of the event loop does for all archives together: about half a millisecond. */
const turnOctetsMax = 512 * 1024;

/** The archives of one site. */
export class Archives {
  readonly #service: ArchiveService;
  readonly #budget: ByteBudget;
  /** How many are being sent. */
  #open = 0;

  constructor(service: ArchiveService) {
    this.#service = service;
    this.#budget = new ByteBudget(service.budgets.scheduler);
  }

  /** Answers a GET or a HEAD with the folder at `path`, described by `facts`, as an archive. */
  respond(
    request: Request,
    path: ContainedPath,
    facts: FolderFacts,
    format: ArchiveFormat,
  ): Response {
    const { pages, limits } = this.#service;
    const { archivesMax } = limits;
    const verdict = weighRequest(request, { entityTag: unmatchableTag });
    if (verdict.kind === "failed") return pages.preconditionFailed(verdict.reason, { request });
    if (verdict.kind === "not-modified") return new ResponseBuilder(304).line(noStore).build();
    const isSent = request.head.method === "GET";
    if (isSent && this.#open >= archivesMax) {
      const limit = { name: "archivesMax", maximum: archivesMax, actual: archivesMax + 1 };
      return pages.refusal({ ...refusals.overloaded, limit });
    }
    if (isSent) this.#open++;
    const name = path.segments.at(-1) ?? this.#rootName(request);
    const body = new ArchiveBody(
      (check) => this.#make(path, facts, format, name, check),
      () => {
        if (isSent) this.#open--;
      },
    );
    return new ResponseBuilder(200)
      .line(noStore)
      .line(noSniff)
      .line(ownOriginOnly)
      .field("Accept-Ranges", "none")
      .field("Content-Disposition", attachmentNamed(`${name}.${format}`))
      .stream(body, archiveTypes[format])
      .build();
  }

  /** The name of the archive of all: that of the root's folder, or of the host. */
  #rootName({ head: { authority } }: Request): string {
    const { root } = this.#service;
    const name = root === "" ? "" : basename(resolve(root));
    if (isNameable(name)) return name;
    const host = (authority?.host ?? "").replace(/[^\w.-]+/g, "_");
    return isNameable(host) ? host : "files";
  }

  #make(
    path: ContainedPath,
    facts: FolderFacts,
    format: ArchiveFormat,
    name: string,
    check: () => void,
  ): AsyncGenerator<Uint8Array, void> {
    const { tree, limits, budgets } = this.#service;
    const pace = (octets: number): Promise<void> | undefined => {
      check();
      return this.#budget.take(octets, turnOctetsMax)?.then(check);
    };
    const entries = entriesOf(path, facts, name, { tree, budgets, limits, pace });
    const files = new FileOctets(pieceOctets, pace);
    const deflate: Deflate = (octets) => zlibEncoder.encode("deflate", octets, limits);
    return octetsIn(format, entries, files, deflate, limits.codingBytesMin);
  }
}

const noStore = ["Cache-Control", "no-store"] as const;

/** The archive of `entries` in `format`. */
function octetsIn(
  format: ArchiveFormat,
  entries: AsyncIterable<ArchiveEntry>,
  files: FileOctets,
  deflate: Deflate,
  octetsMin: number,
): AsyncGenerator<Uint8Array, void> {
  if (format === "zip") return inBlocks(zipOctets(entries, files, deflate, octetsMin), chunkOctets);
  const tar = tarOctets(entries, files);
  if (format === "tar") return inBlocks(tar, chunkOctets);
  const blocks = inBlocks(tar, codedBlockOctets);
  return format === "tar.gz" ? gzipped(blocks, deflate) : zstdFrames(blocks);
}
