/**
 * Small objects of a store on disk, for processes that start with an empty memory, and shared by
 * those that run at one time. It saves octets and no questions: what is in it is used only when the
 * store answers that it is still so.
 *
 * An object is a file, named by a digest of where it is in the store: a line of JSON with its facts
 * and a digest of all the rest, then its octets. It is written under another name and renamed. A
 * file that is damaged, cut short or another object's is removed when it is read. Nothing waits for
 * the disk to have it, and what can't be written is not kept.
 *
 * The files that were used longest ago are removed when there are too many bytes. Each process
 * looks after it has written a sixteenth of them, so the folder grows by that for each process.
 */

import { lstatSync, mkdirSync } from "node:fs";
import * as fs from "node:fs/promises";

import { nameText } from "../../base/file-name.ts";
import { concatBytes, utf8Bytes } from "../../http/octets/bytes.ts";
import type { Clock } from "../../schedule/clock.ts";
import { displayName } from "../path.ts";
import type { Found, ObjectFacts } from "./known-object.ts";
import { StoredContent } from "./object-file.ts";

/** What a cache on disk needs. */
interface DiskParts {
  /** The folder, of which `prepareFolder` has said that it can be used. */
  readonly folder: string;
  /** What tells one bucket from another. */
  readonly store: string;
  readonly clock: Clock;
  readonly limits: { readonly storeDiskBytesMax: number; readonly storeObjectBytesMax: number };
  /** Whether the object under a key counts as an upload; absent where none does. */
  readonly isUploaded?: ((key: string) => boolean) | undefined;
}

/** Objects that are being written; others that come meanwhile are not kept. */
const writesMax = 8;

/** The longest line of facts: a key has 1,024 octets, and an entity tag a few hundred. */
const headBytesMax = 8 * 1024;

/** Files that are looked at together when room is made. */
const looksAtOnce = 64;

/** What a file is named while it is written; one that is older than an hour was left behind. */
const unfinished = /^\.new-[\da-f-]{36}$/;
const unfinishedMsMax = 3_600_000;

const newline = 0x0a;

/** What the first line of a file holds. */
interface Head {
  readonly key: string;
  readonly facts: ObjectFacts;
  readonly digest: string;
}

/** The name of the object under `key`: what follows the last slash. */
function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

function digestOf(key: string, facts: ObjectFacts, content: Uint8Array): string {
  const told = utf8Bytes(JSON.stringify([key, facts]));
  return new Bun.CryptoHasher("sha256").update(told).update(content).digest("hex");
}

/** Whether `head` is what a file begins with, as far as its digest doesn't show. */
function isHead(head: unknown): head is Head {
  if (typeof head !== "object" || head === null) return false;
  return "key" in head && "facts" in head && "digest" in head && typeof head.facts === "object";
}

/**
 * Makes the folder at the path `folder`, for this user alone, if there is none. Returns why it
 * can't be used, in a line: a file that another user put there would be taken for an object.
 */
export function prepareFolder(folder: string): string | undefined {
  const shown = displayName(folder);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    const isOwn = uid === process.getuid?.() && (mode & 0o170022) === 0o040000;
    return isOwn
      ? undefined
      : `${shown} must be a folder that only its owner may write to, and yours`;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    return `${shown} can't be used for objects: ${String(code)}`;
  }
}

/** The small objects of one bucket on disk. */
export class ObjectDisk {
  readonly #parts: DiskParts;
  #writes = 0;
  #written = 0;
  #isMakingRoom = false;

  constructor(parts: DiskParts) {
    this.#parts = parts;
    // What is there already counts after the first object that is kept.
    this.#written = parts.limits.storeDiskBytesMax;
  }

  /** What was kept of the object under `key`; undefined when there is nothing that is whole. */
  async find(key: string): Promise<Found | undefined> {
    const path = this.#pathOf(key);
    const octets = await this.#read(path);
    if (octets === undefined) return undefined;
    const found = foundIn(octets, key, this.#parts.isUploaded?.(key));
    if (found === undefined) {
      await fs.rm(path, { force: true }).catch(() => undefined);
      return undefined;
    }
    const nowSeconds = this.#parts.clock.epochMs() / 1000;
    await fs.utimes(path, nowSeconds, nowSeconds).catch(() => undefined);
    return found;
  }

  /** Keeps the object under `key`, if it is small and there is time for it. Never rejects. */
  async keep(key: string, { facts, file }: Found): Promise<void> {
    if (facts?.isSettled !== true || file?.content === undefined) return;
    if (this.#writes >= writesMax) return;
    this.#writes++;
    const { folder } = this.#parts;
    const digest = digestOf(key, facts, file.content);
    const head = utf8Bytes(`${JSON.stringify({ key, facts, digest } satisfies Head)}\n`);
    const beside = `${folder}/.new-${crypto.randomUUID()}`;
    try {
      if (head.length > headBytesMax) return;
      const octets = concatBytes([head, file.content]);
      await fs.writeFile(beside, octets, { mode: 0o600, flag: "wx" });
      await fs.rename(beside, this.#pathOf(key));
      this.#written += octets.length;
      await this.#makeRoom();
    } catch {
      await fs.rm(beside, { force: true }).catch(() => undefined);
    } finally {
      this.#writes--;
    }
  }

  #pathOf(key: string): string {
    const { folder, store } = this.#parts;
    const place = utf8Bytes(`${store}\n${key}`);
    return `${folder}/${new Bun.CryptoHasher("sha256").update(place).digest("hex")}`;
  }

  /** The octets of the file at `path`; undefined when there is none, or one that is too long. */
  async #read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const file = Bun.file(path);
      const { size } = await file.stat();
      if (size > headBytesMax + this.#parts.limits.storeObjectBytesMax) return undefined;
      return await file.bytes();
    } catch {
      return undefined;
    }
  }

  /** Removes what was used longest ago, when there is too much and it is time to look. */
  async #makeRoom(): Promise<void> {
    const { folder, limits, clock } = this.#parts;
    const { storeDiskBytesMax } = limits;
    if (this.#isMakingRoom || this.#written < storeDiskBytesMax / 16) return;
    this.#isMakingRoom = true;
    this.#written = 0;
    try {
      const files: { path: string; size: number; usedMs: number }[] = [];
      const names = await fs.readdir(folder);
      for (let at = 0; at < names.length; at += looksAtOnce) {
        const looks = names.slice(at, at + looksAtOnce).map(async (name) => {
          const path = `${folder}/${name}`;
          const stat = await fs.lstat(path).catch(() => undefined);
          if (stat?.isFile() !== true) return;
          const { size, mtimeMs } = stat;
          const isLeft = unfinished.test(name) && clock.epochMs() - mtimeMs > unfinishedMsMax;
          if (isLeft) await fs.rm(path, { force: true });
          else if (/^[\da-f]{64}$/.test(name)) files.push({ path, size, usedMs: mtimeMs });
        });
        await Promise.all(looks);
      }
      let bytes = files.reduce((sum, { size }) => sum + size, 0);
      if (bytes <= storeDiskBytesMax) return;
      files.sort((a, b) => a.usedMs - b.usedMs);
      for (const { path, size } of files) {
        if (bytes <= (storeDiskBytesMax / 8) * 7) return;
        await fs.rm(path, { force: true });
        bytes -= size;
      }
    } finally {
      this.#isMakingRoom = false;
    }
  }
}

/** What `octets` hold of the object under `key`; undefined when they aren't whole. */
function foundIn(
  octets: Uint8Array<ArrayBuffer>,
  key: string,
  isUploaded: boolean | undefined,
): Found | undefined {
  const end = octets.indexOf(newline);
  if (end === -1 || end > headBytesMax) return undefined;
  let head: unknown;
  try {
    head = JSON.parse(nameText(octets, 0, end));
  } catch {
    return undefined;
  }
  if (!isHead(head) || head.key !== key) return undefined;
  const content = octets.slice(end + 1);
  const { facts, digest } = head;
  if (digestOf(key, facts, content) !== digest) return undefined;
  return { facts, file: new StoredContent(nameOf(key), content, facts, isUploaded) };
}
