/**
 * The system calls by node:fs: the same everywhere, and slower. Loaded only where it is needed, for
 * node:fs takes 4 ms to load.
 */

import * as fs from "node:fs";

import type { OpenWay, PreparedPath, FileStat, SystemCalls } from "./system-calls.ts";
import { errorNumber, word } from "./system-calls.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;

/** fcntl.h of Linux, which node:fs has no name for; there is none elsewhere. */
const O_PATH = 0o10000000;

/** node:fs adds O_CLOEXEC. */
const flagsOf: Readonly<Record<OpenWay, number>> = {
  content: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  place: O_PATH | O_DIRECTORY | O_NOFOLLOW,
  listing: O_RDONLY | O_DIRECTORY | O_NONBLOCK,
};

/** The number of what node:fs has thrown; one that has no name here is an input/output error. */
function numberOf(error: unknown): number {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") throw error;
  return (errorNumber as Readonly<Record<string, number>>)[code] ?? errorNumber.EIO;
}

const asBigInt = { bigint: true } as const;
const orUndefined = { bigint: true, throwIfNoEntry: false } as const;
/** In nanoseconds. */
const second = 1_000_000_000n;

/** One for all looks: a sighting takes out what is in it at once. */
const words = new Int32Array(word.count);

function fillFromStats(into: FileStat, stats: fs.BigIntStats): void {
  const long = (at: number, value: bigint): void => {
    words[at] = Number(BigInt.asIntN(32, value));
    words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
  };
  const time = (at: number, value: bigint): void => {
    // Rounded down and not towards zero: before 1970, too, the nanoseconds count forward.
    const rest = ((value % second) + second) % second;
    long(at, (value - rest) / second);
    words[at + 2] = Number(rest);
  };
  const { dev } = stats;
  words[word.mode] = Number(stats.mode);
  long(word.ino, stats.ino);
  // The major and the minor number, as makedev(3) has put them together.
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  long(word.dev, (BigInt.asUintN(32, minor) << 32n) | BigInt.asUintN(32, major));
  long(word.size, stats.size);
  time(word.mtime, stats.mtimeNs);
  time(word.ctime, stats.ctimeNs);
  into.set(words);
}

function textOf(path: PreparedPath | string): string {
  return typeof path === "string" ? path : path.text;
}

/** The calls by node:fs. */
export const plainCalls: SystemCalls = {
  kind: "plain",
  open(path, way) {
    const text = textOf(path);
    if (text.includes("\0")) return -errorNumber.EINVAL;
    try {
      return fs.openSync(text, flagsOf[way]);
    } catch (error) {
      return -numberOf(error);
    }
  },
  close(descriptor) {
    try {
      fs.closeSync(descriptor);
    } catch (error) {
      numberOf(error);
    }
  },
  read(descriptor, into, position) {
    try {
      return fs.readSync(descriptor, into, 0, into.length, position);
    } catch (error) {
      return -numberOf(error);
    }
  },
  readLink(path) {
    if (path.includes("\0")) return errorNumber.EINVAL;
    try {
      return fs.readlinkSync(path);
    } catch (error) {
      return numberOf(error);
    }
  },
  realPath(path) {
    if (path.includes("\0")) return errorNumber.EINVAL;
    try {
      return fs.realpathSync.native(path);
    } catch (error) {
      return numberOf(error);
    }
  },
  look(path, into, folder) {
    const text = folder === undefined ? textOf(path) : `/proc/self/fd/${folder}/${textOf(path)}`;
    if (text.includes("\0")) return errorNumber.EINVAL;
    try {
      const stats = fs.lstatSync(text, orUndefined);
      if (stats === undefined) return errorNumber.ENOENT;
      fillFromStats(into, stats);
      return 0;
    } catch (error) {
      return numberOf(error);
    }
  },
  lookInto(descriptor, into) {
    try {
      fillFromStats(into, fs.fstatSync(descriptor, asBigInt));
      return 0;
    } catch (error) {
      return numberOf(error);
    }
  },
  readFolder: () => undefined,
  sendFile: () => undefined,
  sendMore: () => 0,
  queued: () => undefined,
};
