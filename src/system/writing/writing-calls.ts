/**
 * The calls that write files. All that may wait for a disk is done by the threads of node:fs, and
 * not in the event loop; renaming in one folder doesn't. Each answers with undefined, or with the
 * name of the system's error, "ENOSPC"; none throws for what the file system says.
 *
 * A file is written under a name that nothing else has, and gets its own name when all of it is on
 * the disk. So there is never a part of a file under its name, whenever the process ends. While it
 * is written it is locked, so that another process can tell it from one whose writer is gone.
 *
 * Loaded with the first file that is written.
 */

import type { FileHandle } from "node:fs/promises";
import * as fs from "node:fs/promises";
import { accessSync, constants, renameSync } from "node:fs";

import { nameForSystem, nameText } from "../../base/file-name.ts";
import type { Result } from "../../base/result.ts";
import { failure, success } from "../../base/result.ts";
import { nativeWriting } from "./native-writing.ts";

/** A file that is being written. */
export interface WrittenFile {
  /** Appends all of `octets`, which must not change until then. */
  write(octets: Uint8Array): Promise<string | undefined>;
  /** Returns when all that was written is on the disk (fdatasync). */
  sync(): Promise<string | undefined>;
  /** Gives it the permission bits `mode`, and returns when all of it is on the disk (fsync). */
  finish(mode: number): Promise<string | undefined>;
  close(): Promise<void>;
}

/** A file that was begun before, and is written on. */
export interface ReopenedFile {
  readonly file: WrittenFile;
  /** How many octets it has. */
  readonly octets: number;
  /** When it was last written, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** A small file that was read. */
interface ReadFile {
  readonly octets: Uint8Array;
  /** When it was last written, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** The calls. */
export interface WritingCalls {
  /** Creates and locks the file at `path`, readable by its owner alone; EEXIST if one is there. */
  create(path: string): Promise<Result<WrittenFile, string>>;
  /**
   * Opens and locks the file at `path`, to append to it; EBUSY while another opening has its lock.
   * ENOENT, too, for what `create` of this user can't have made: a link, a file of another user or
   * with a second name.
   */
  reopen(path: string): Promise<Result<ReopenedFile, string>>;
  /** Reads the file at `path`, of which `reopen` would be possible; EFBIG beyond `octetsMax`. */
  read(path: string, octetsMax: number): Promise<Result<ReadFile, string>>;
  /**
   * Renames in one step; what had the name `to` is gone. Synchronous, so that nothing else of this
   * process comes between a look at `to` and this.
   */
  renameOver(from: string, to: string): string | undefined;
  /** Renames in one step; EEXIST if anything has the name `to`, a link too. */
  renameNew(from: string, to: string): Promise<string | undefined>;
  remove(path: string): Promise<string | undefined>;
  /** Says that the file at `path` was written at `atMs`, since 1970; a link is not followed. */
  touch(path: string, atMs: number): Promise<string | undefined>;
  /**
   * Makes the folder at `path` with the permission bits `mode`, whatever the mask of the process
   * is; EEXIST if anything has that name, a link too.
   */
  makeFolder(path: string, mode: number): Promise<string | undefined>;
  /** Returns when the names in the folder at `path` are on the disk (fsync). */
  syncFolder(path: string): Promise<string | undefined>;
  /** What is free for this process on the file system of `path`, in octets; undefined: unknown. */
  freeBytes(path: string): Promise<number | undefined>;
  /** Whether this process may make and remove names in the folder at `path` (access(2)). */
  isWritable(path: string): boolean;
  /** The names in the folder at `path`, in no order. */
  names(path: string): Promise<Result<readonly string[], string>>;
  /**
   * Whether no process writes the file at `path` any more. Where locks can't be had: whether it was
   * last written before `beforeMs`, in milliseconds since 1970.
   */
  isAbandoned(path: string, beforeMs: number): Promise<boolean>;
  /** A name of the time since the system has started; undefined where it has none. */
  bootId(): Promise<string | undefined>;
}

/** The name of an error of node:fs. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return code;
  throw error;
}

/** What is wrong with what `run` does, by name. */
async function faultOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

async function resultOf<Value>(run: () => Promise<Value>): Promise<Result<Value, string>> {
  try {
    return success(await run());
  } catch (error) {
    return failure(codeOf(error));
  }
}

async function writeAll(handle: FileHandle, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length;) {
    const { bytesWritten } = await handle.write(octets, at, octets.length - at);
    at += bytesWritten;
  }
}

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
const { O_RDONLY, O_WRONLY, O_DIRECTORY } = constants;
const { W_OK, X_OK } = constants;

/** Only the owner may read a file while it is written. */
const writtenMode = 0o600;

async function create(path: string): Promise<WrittenFile> {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const handle = await fs.open(nameForSystem(path), flags, writtenMode);
  // Another process may have seen the file without its lock, and be removing it.
  const isLocked = nativeWriting()?.lock(handle.fd) ?? true;
  const isGone = !isLocked || (await handle.stat().catch(() => undefined))?.nlink === 0;
  if (isGone) {
    // A handle that isn't closed ends the process when it is collected.
    await handle.close();
    throw Object.assign(new Error("the file is gone"), { code: "EEXIST" });
  }
  return writtenFile(handle);
}

function writtenFile(handle: FileHandle): WrittenFile {
  return {
    write: (octets) => faultOf(() => writeAll(handle, octets)),
    sync: () => faultOf(() => handle.datasync()),
    finish: (mode) =>
      faultOf(async () => {
        await handle.chmod(mode);
        await handle.sync();
      }),
    close: async () => void (await faultOf(() => handle.close())),
  };
}

/** An error of node:fs that isn't the system's. */
function named(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** What `handle` is open at, if `create` of this user can have made it. Throws ENOENT otherwise. */
async function ownFile(handle: FileHandle): Promise<{ size: number; mtimeMs: number }> {
  const seen = await handle.stat();
  const isOwn = seen.isFile() && seen.nlink === 1 && seen.uid === process.geteuid?.();
  if (isOwn || process.geteuid === undefined) return seen;
  throw named("ENOENT");
}

/** A link in place of a file (open(2)). */
const linkCodes: readonly string[] = ["ELOOP", "EMLINK"];

/** Opens the file at `path`, runs `use`, and closes it unless that has succeeded and keeps it. */
async function withOwn<Value>(
  path: string,
  flags: number,
  use: (handle: FileHandle) => Promise<Value>,
): Promise<Value> {
  let handle: FileHandle;
  try {
    handle = await fs.open(nameForSystem(path), flags | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw linkCodes.includes(codeOf(error)) ? named("ENOENT") : error;
  }
  try {
    return await use(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function reopen(path: string): Promise<ReopenedFile> {
  return withOwn(path, O_WRONLY | O_APPEND, async (handle) => {
    if (nativeWriting()?.lock(handle.fd) === false) throw named("EBUSY");
    // After the lock: until then another process may have written it, or removed its name.
    const { size, mtimeMs } = await ownFile(handle);
    return { file: writtenFile(handle), octets: size, modifiedMs: mtimeMs };
  });
}

function read(path: string, octetsMax: number): Promise<ReadFile> {
  return withOwn(path, O_RDONLY, async (handle) => {
    const { size, mtimeMs } = await ownFile(handle);
    if (size > octetsMax) throw named("EFBIG");
    const octets = await handle.readFile();
    await handle.close();
    return { octets, modifiedMs: mtimeMs };
  });
}

/** Read once; Linux alone has it (random(4)). */
let bootRead: Promise<string | undefined> | undefined;

function readBootId(): Promise<string | undefined> {
  return fs.readFile("/proc/sys/kernel/random/boot_id", "latin1").then(
    (text) => text.trim(),
    () => undefined,
  );
}

/** What renameat2 answers where it, or its flag, isn't there (rename(2)): ENOSYS, EINVAL. */
const unknownCalls: readonly number[] = [38, 22];
const EEXIST = 17;

async function renameNew(from: string, to: string): Promise<void> {
  const error = nativeWriting()?.renameNew(from, to);
  if (error === 0) return;
  if (error === undefined || unknownCalls.includes(error)) {
    await fs.link(nameForSystem(from), nameForSystem(to));
    await fs.unlink(nameForSystem(from));
    return;
  }
  if (error === EEXIST) throw Object.assign(new Error("the name is taken"), { code: "EEXIST" });
  // Names the error, and renames nothing that the call above would not have: `to` is looked at.
  await fs.link(nameForSystem(from), nameForSystem(to));
  await fs.unlink(nameForSystem(from));
}

async function syncFolder(path: string): Promise<void> {
  const handle = await fs.open(nameForSystem(path), O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  const name = nameForSystem(path);
  await fs.mkdir(name, { mode });
  // What has the name by now may be another folder, and must not be a link that leads elsewhere.
  const handle = await fs.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const bits = (await handle.stat()).mode & 0o7777;
    // A folder inherits the set-group-ID bit of the one that it is in.
    if ((bits & 0o777) !== mode) await handle.chmod((bits & ~0o777) | mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isAbandoned(path: string, beforeMs: number): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    handle = await fs.open(nameForSystem(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const seen = await handle.stat();
    if (!seen.isFile()) return false;
    return nativeWriting()?.lock(handle.fd) ?? seen.mtimeMs < beforeMs;
  } catch (error) {
    codeOf(error);
    return false;
  } finally {
    await handle?.close();
  }
}

/** The calls of this system. */
export const writingCalls: WritingCalls = {
  create: (path) => resultOf(() => create(path)),
  reopen: (path) => resultOf(() => reopen(path)),
  read: (path, octetsMax) => resultOf(() => read(path, octetsMax)),
  renameOver(from, to) {
    try {
      renameSync(nameForSystem(from), nameForSystem(to));
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  },
  renameNew: (from, to) => faultOf(() => renameNew(from, to)),
  remove: (path) => faultOf(() => fs.unlink(nameForSystem(path))),
  touch: (path, atMs) => faultOf(() => fs.lutimes(nameForSystem(path), atMs / 1000, atMs / 1000)),
  makeFolder: (path, mode) => faultOf(() => makeFolder(path, mode)),
  syncFolder: (path) => faultOf(() => syncFolder(path)),
  isWritable(path) {
    try {
      accessSync(nameForSystem(path), W_OK | X_OK);
      return true;
    } catch (error) {
      codeOf(error);
      return false;
    }
  },
  async freeBytes(path) {
    const free = await resultOf(() => fs.statfs(nameForSystem(path)));
    return free.ok ? free.value.bavail * free.value.bsize : undefined;
  },
  names: (path) =>
    resultOf(async () => {
      const names = await fs.readdir(nameForSystem(path), { encoding: "buffer" });
      return names.map((octets) => nameText(octets));
    }),
  isAbandoned,
  bootId: () => (bootRead ??= readBootId()),
};
