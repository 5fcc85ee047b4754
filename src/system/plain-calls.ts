/**
 * The system calls by node:fs: available everywhere, and slower. This file is loaded only where it
 * is needed, because node:fs takes 4 ms to load.
 */

import * as fs from "node:fs";

import { nameForSystem, nameText } from "../base/file-name.ts";
import type { FileStat } from "./file-stat.ts";
import { word } from "./file-stat.ts";
import type { OpenWay, PreparedPath, SystemCalls } from "./system-calls.ts";
import { errorNumber } from "./system-calls.ts";

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;

/** fcntl.h of Linux, for which node:fs has no constant. Other systems have no such flag. */
const O_PATH = 0o10000000;

/** The flags of open(2); node:fs adds O_CLOEXEC. */
const flagsOf: Readonly<Record<OpenWay, number>> = {
  content: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  place: O_PATH | O_DIRECTORY | O_NOFOLLOW,
  listing: O_RDONLY | O_DIRECTORY | O_NONBLOCK,
};

/** The number of an error that node:fs has thrown; EIO for one that has no number here. */
function numberOf(error: unknown): number {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") throw error;
  return (errorNumber as Readonly<Record<string, number>>)[code] ?? errorNumber.EIO;
}

const asOctets = { encoding: "buffer" } as const;
const asBigInt = { bigint: true } as const;
const orUndefined = { bigint: true, throwIfNoEntry: false } as const;

const nanosecondsPerSecond = 1_000_000_000n;

/** Reused by every look: `FileStat.set` copies the words. */
const words = new Int32Array(word.count);

function fillFromStats(into: FileStat, stats: fs.BigIntStats): void {
  const long = (at: number, value: bigint): void => {
    words[at] = Number(BigInt.asIntN(32, value));
    words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
  };
  const time = (at: number, value: bigint): void => {
    // Rounded down and not towards zero: nanoseconds count forward before 1970, too.
    const rest = ((value % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
    long(at, (value - rest) / nanosecondsPerSecond);
    words[at + 2] = Number(rest);
  };
  const { dev } = stats;
  words[word.mode] = Number(stats.mode);
  long(word.ino, stats.ino);
  // Takes the major and the minor number out of what makedev(3) has made of them.
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
      return fs.openSync(nameForSystem(text), flagsOf[way]);
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
  mayRead(path) {
    if (path.includes("\0")) return errorNumber.EINVAL;
    try {
      fs.accessSync(nameForSystem(path), fs.constants.R_OK);
      return 0;
    } catch (error) {
      return numberOf(error);
    }
  },
  readLink(path) {
    if (path.includes("\0")) return errorNumber.EINVAL;
    try {
      return nameText(fs.readlinkSync(nameForSystem(path), asOctets));
    } catch (error) {
      return numberOf(error);
    }
  },
  realPath(path) {
    if (path.includes("\0")) return errorNumber.EINVAL;
    try {
      return nameText(fs.realpathSync.native(nameForSystem(path), asOctets));
    } catch (error) {
      return numberOf(error);
    }
  },
  look(path, into, folder) {
    const text = folder === undefined ? textOf(path) : `/proc/self/fd/${folder}/${textOf(path)}`;
    if (text.includes("\0")) return errorNumber.EINVAL;
    try {
      const stats = fs.lstatSync(nameForSystem(text), orUndefined);
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
  isTerminal: (descriptor) => process.getBuiltinModule("node:tty").isatty(descriptor),
  segmentOctets: () => undefined,
  acknowledge: () => undefined,
  boundUnsent: () => undefined,
  boundUnread: () => undefined,
};
