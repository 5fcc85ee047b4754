/**
 * A folder of a store that files are written to. Names in it are looked at in the store itself, and
 * not in what this process remembers of it. While the folder is open, so for one request, it
 * remembers which names are no folders, and which names beside a file mean something to it.
 */

import type { Result } from "../../../base/result.ts";
import { success } from "../../../base/result.ts";
import type { ContainedPath } from "../../path.ts";
import { permissionBitsOf } from "../../permission.ts";
import type { GatewayFailure, OpenFile, Outcome } from "../../tree.ts";
import type { UnfinishedUploads } from "../../writing/unfinished-uploads.ts";
import type { UploadIntent } from "../../writing/upload-record.ts";
import type {
  Destining,
  Occupant,
  PresentFile,
  ResumableUpload,
  Upload,
  UploadFolder,
  WritingFault,
} from "../../writing/upload-tree.ts";
import { StoreFailure } from "../client/store-client.ts";
import { StoredContent } from "../object-file.ts";
import type { StoreReading } from "./store-reading.ts";
import { noContent } from "./object-writer.ts";
import type { WrittenFacts } from "./object-writer.ts";
import type { ResumableParts } from "./store-resumable-upload.ts";
import { StoreResumableUpload } from "./store-resumable-upload.ts";
import type { StorePlace, StoreWriting } from "./store-upload.ts";
import { StoreUpload } from "./store-upload.ts";

/** A folder that was found so long ago may have gone meanwhile, or have been shut. */
const certainMs = 1000;

const directory = 0o040000;

type Failed = Extract<Outcome, { readonly kind: "failed" }>;

/** What is written to, and read from. */
export interface StoreService extends StoreWriting {
  readonly reading: StoreReading;
  readonly unfinished: UnfinishedUploads;
}

const unknownFailure: GatewayFailure = { status: 502, retryAfterSeconds: 1 };

function gatewayOf({ gateway = unknownFailure }: Failed): GatewayFailure {
  return gateway;
}

/** A folder that is held open. */
export class StoreUploadFolder implements UploadFolder, StorePlace {
  readonly path: ContainedPath;
  readonly #service: StoreService;
  readonly #prefix: string;
  /** When it was last found, on the monotonic clock. */
  #foundMs: number;
  readonly #beside = new Map<string, Promise<boolean>>();
  /** Names that were no folders when they were asked for: a list costs more than another HEAD. */
  readonly #noFolders = new Set<string>();
  /** The small file that was stored last, as clients get it from now on. */
  #stored: { readonly name: string; readonly file: OpenFile } | undefined;

  /** `prefix` is what the keys in it begin with. */
  constructor(path: ContainedPath, prefix: string, service: StoreService) {
    this.path = path;
    this.#prefix = prefix;
    this.#service = service;
    this.#foundMs = service.clock.monotonicMs();
  }

  keyOf(name: string): string {
    return this.#prefix + name;
  }

  async look(name: string): Promise<Occupant> {
    const { reading } = this.#service;
    const key = this.keyOf(name);
    const facts = await reading.facts(key);
    if (facts instanceof StoreFailure) return { kind: "failed", fault: facts };
    if (facts !== undefined) {
      const permissionBits = permissionBitsOf(facts.mode);
      return { kind: "file", permissionBits, etag: facts.etag, size: facts.size };
    }
    if (this.#noFolders.has(name)) return { kind: "absent" };
    const isFolder = await reading.isFolder(`${key}/`);
    if (isFolder instanceof StoreFailure) return { kind: "failed", fault: isFolder };
    if (!isFolder) this.#noFolders.add(name);
    return { kind: isFolder ? "other" : "absent" };
  }

  async has(name: string): Promise<boolean> {
    const known = this.#beside.get(name);
    if (known !== undefined) return await known;
    const asked = this.#service.reading.facts(this.keyOf(name)).then((found) => {
      // Of a store that fails the file itself is told next.
      return found !== undefined && !(found instanceof StoreFailure);
    });
    this.#beside.set(name, asked);
    return await asked;
  }

  async isFree(name: string): Promise<boolean> {
    if (this.#service.awaited.has(this.keyOf(name))) return false;
    return (await this.look(name)).kind === "absent";
  }

  async open(name: string, _nowMs: number, seen?: PresentFile): Promise<OpenFile | undefined> {
    const stored = this.#stored;
    if (seen === undefined) return stored?.name === name ? stored.file : undefined;
    return await this.#service.reading.file(this.keyOf(name), seen.etag ?? "");
  }

  stored(name: string, octets: Uint8Array<ArrayBuffer>, { mode, mtimeMs }: WrittenFacts): void {
    const { inlineBytesMax } = this.#service.limits;
    const { length: size } = octets;
    if (size > inlineBytesMax) return;
    const facts = { etag: "", modified: "", isSettled: false, coding: undefined };
    const file = new StoredContent(name, octets.slice(), { ...facts, size, mode, mtimeMs });
    this.#stored = { name, file };
  }

  isWritable(): boolean {
    return true;
  }

  begin(destining: Destining): Promise<Result<Upload, WritingFault>> {
    return Promise.resolve(success(new StoreUpload(this, this.#service, destining)));
  }

  beginResumable(
    id: string,
    intent: UploadIntent,
    length: number | undefined,
    destining: Destining,
  ): Promise<Result<ResumableUpload, WritingFault>> {
    return StoreResumableUpload.begin(this.#resumableParts(), id, intent, length, destining);
  }

  openResumable(
    id: string,
    destining: (intent: UploadIntent) => Destining,
  ): Promise<Result<ResumableUpload, WritingFault>> {
    return StoreResumableUpload.open(this.#resumableParts(), id, destining);
  }

  /** An upload is taken by opening it. */
  claimResumable(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  #resumableParts(): ResumableParts {
    return { place: this, writing: this.#service, unfinished: this.#service.unfinished };
  }

  async remove(name: string, seen?: PresentFile): Promise<WritingFault | undefined> {
    const { writer, quota, changed } = this.#service;
    const key = this.keyOf(name);
    const removed = quota === undefined ? undefined : await this.look(name);
    const answered = await writer.remove(key, seen?.etag);
    changed(key);
    if (answered instanceof StoreFailure) return answered;
    if (answered === "taken") return "EEXIST";
    if (removed?.kind === "file") quota?.removed(removed.size);
    return undefined;
  }

  async makeFolder(name: string, mode: number): Promise<WritingFault | undefined> {
    const { writer, quota, clock, changed } = this.#service;
    const isCurrent = await this.isCurrent();
    if (typeof isCurrent !== "boolean") return isCurrent;
    if (!isCurrent) return "ENOENT";
    const fault = await quota?.add(0);
    if (fault !== undefined) return fault;
    const key = `${this.keyOf(name)}/`;
    const facts = {
      mode: directory | mode,
      mtimeMs: clock.epochMs(),
      mediaType: "application/x-directory",
      token: crypto.randomUUID(),
    };
    const written = await writer.put(key, noContent, facts, { kind: "nothing" });
    changed(key);
    if (!(written instanceof StoreFailure) && written.kind === "written") return undefined;
    quota?.removed(0);
    return written instanceof StoreFailure ? written : "EEXIST";
  }

  async isCurrent(): Promise<boolean | WritingFault> {
    const { clock, reading } = this.#service;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#foundMs < certainMs) return true;
    const found = await reading.folder(this.path);
    if (found.kind === "failed") return { ...gatewayOf(found), reason: found.code };
    if (found.kind !== "folder") return false;
    this.#foundMs = nowMs;
    return true;
  }

  close(): void {
    // It holds nothing that could be given back.
  }
}
