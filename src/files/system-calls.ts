/**
 * The system calls that node:fs doesn't have, or has only with objects, exceptions and bigints
 * around them: statx, sendfile and what a socket still holds, called in libc through bun:ffi. This
 * is the only file that knows bun:ffi, and it loads it when it is first needed (0.8 ms).
 *
 * Where that can't be had (no Linux, no libc by a known name, a sandbox that refuses statx), or
 * where `POSTERN_NATIVE=off` stands in the environment, the plain calls do the same: a look by
 * `lstatSync` sees the same words, so that what one has seen the other knows again; and no file is
 * carried by the kernel, so that it has to be read and written.
 *
 * Nothing here throws because of what the file system says, and nothing is allocated by a call:
 * a failure is a number of Linux's (errno(3)), and what was seen goes into a `Sighting`.
 */

import type { FFIFunction } from "bun:ffi";
import * as fs from "node:fs";

/**
 * Where a `Sighting` has its words, each of 32 bits; two are low and high, three are seconds (low,
 * high) and nanoseconds.
 */
const word = { mode: 0, ino: 1, dev: 3, size: 5, mtime: 7, ctime: 10, count: 13 } as const;

/** 2^32: what a high word counts. */
const high = 0x1_0000_0000;

/**
 * What a look saw of a file, to the nanosecond. Two sightings of the same file with the same
 * content and the same permissions are the same in all their words.
 */
export class Sighting {
  /** Everything, as `word` has it; of no use to others but as a whole, for a digest. */
  readonly words: Int32Array<ArrayBuffer>;

  constructor(words: Int32Array<ArrayBuffer> = new Int32Array(word.count)) {
    this.words = words;
  }

  /** The whole st_mode. */
  get mode(): number {
    return this.words[word.mode] ?? 0;
  }

  /** Whether it is a folder. */
  get isFolder(): boolean {
    return ((this.words[word.mode] ?? 0) & fs.constants.S_IFMT) === fs.constants.S_IFDIR;
  }

  /** In bytes. */
  get size(): number {
    return this.#long(word.size, 0);
  }

  /** The last change of the content, in whole milliseconds since 1970, rounded down. */
  get mtimeMs(): number {
    const part = Math.floor((this.words[word.mtime + 2] ?? 0) / 1_000_000);
    return this.#long(word.mtime, -1) * 1000 + part;
  }

  /** The last change of anything about it, in whole milliseconds since 1970, rounded down. */
  get ctimeMs(): number {
    const part = Math.floor((this.words[word.ctime + 2] ?? 0) / 1_000_000);
    return this.#long(word.ctime, -1) * 1000 + part;
  }

  /** Whether both are the same file, unchanged: its content, its permissions and its names. */
  isSame(other: Sighting): boolean {
    const [a, b] = [this.words, other.words];
    // The last change of anything first: of two that differ, they differ in this.
    for (let i = word.count - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
    return true;
  }

  /** Whether both have the same content, by its size and the time of its last change. */
  hasSameContent(other: Sighting): boolean {
    const [a, b] = [this.words, other.words];
    for (let i: number = word.size; i < word.ctime; i++) if (a[i] !== b[i]) return false;
    return true;
  }

  /** Whether both are the same folder with the same permissions, whatever is in it. */
  isSameFolder(other: Sighting): boolean {
    const [a, b] = [this.words, other.words];
    for (let i = 0; i < word.size; i++) if (a[i] !== b[i]) return false;
    return true;
  }

  /** A copy to keep, while this one looks at other files. */
  copy(): Sighting {
    return new Sighting(this.words.slice());
  }

  /** Two words as one number; `sign` is -1 where the high one may be negative. */
  #long(at: number, sign: 0 | -1): number {
    const upper = this.words[at + 1] ?? 0;
    return (sign === 0 ? upper >>> 0 : upper) * high + ((this.words[at] ?? 0) >>> 0);
  }
}

/** A path as the kernel takes it, made once for many looks. */
export class PreparedPath {
  readonly text: string;
  /** In UTF-8, with the NUL at its end. */
  readonly octets: Uint8Array;

  /** Throws where a NUL would cut `text` short: no path has one. */
  constructor(text: string) {
    if (text.includes("\0")) throw new Error("a path has no NUL in it");
    this.text = text;
    this.octets = Buffer.from(`${text}\0`);
  }
}

/** The calls, by one way or the other. A descriptor is one that is open. */
export interface SystemCalls {
  readonly kind: "native" | "plain";
  /**
   * lstat: looks at `path`, and at a symbolic link itself. Answers 0 and fills `into`, or answers
   * with the error's number and leaves `into` as it was.
   */
  look(path: PreparedPath | string, into: Sighting): number;
  /** fstat: the same for what is open as `descriptor`. */
  lookInto(descriptor: number, into: Sighting): number;
  /**
   * sendfile: lets the kernel carry up to `octets` of `file`, from `position` on, to `socket`,
   * which never waits. Answers how many it took, 0 at the file's end and -1 when the socket is
   * full; undefined when it can't be done, for whatever reason, with these two or at all.
   */
  sendFile(socket: number, file: number, position: number, octets: number): number | undefined;
  /**
   * send with MSG_MORE: hands `octets` to `socket`, which holds them back until it is given more,
   * for at most 0.2 s (tcp(7)). Answers how many it took, 0 when it fails.
   */
  sendMore(socket: number, octets: Uint8Array): number;
  /** ioctl SIOCOUTQ: the octets that `socket` still holds for its client; undefined if unknown. */
  queued(socket: number): number | undefined;
}

/** errno(3), for the errors that anybody asks for; Linux's numbers, elsewhere too. */
export const errorNumber = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  ENODEV: 19,
  ENOTDIR: 20,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  ESTALE: 116,
} as const;

const errorNames: ReadonlyMap<number, string> = new Map(
  Object.entries(errorNumber).map(([name, number]) => [number, name]),
);

/** The name of an error by its number: "ENOENT". */
export function errorName(number: number): string {
  return errorNames.get(number) ?? `error ${number}`;
}

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

function fillFromStats(into: Sighting, stats: fs.BigIntStats): void {
  const { words } = into;
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
}

/** The calls by node:fs: the same everywhere, and slower. */
export const plainCalls: SystemCalls = {
  kind: "plain",
  look(path, into) {
    const text = typeof path === "string" ? path : path.text;
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
  sendFile: () => undefined,
  sendMore: () => 0,
  queued: () => undefined,
};

/** linux/stat.h, linux/fcntl.h, linux/sockios.h: the same on x64 and on arm64. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
/** STATX_TYPE, STATX_MODE, STATX_MTIME, STATX_CTIME, STATX_INO, STATX_SIZE. */
const STATX_WANTED = 0x1 | 0x2 | 0x40 | 0x80 | 0x100 | 0x200;
const SIOCOUTQ = 0x5411;
/** bits/socket.h: don't wait, raise no signal, more will follow. */
const MSG_FLAGS = 0x40 | 0x4000 | 0x8000;

/** Where struct statx (linux/stat.h) has the words of a sighting, in words; the mode has half. */
const statxMode = 7;
const statxInode = 8;
const statxSize = 10;
const statxCtime = 24;
const statxMtime = 28;
const statxDevice = 34;
const statxWords = 64;

/** PATH_MAX of linux/limits.h, the NUL included. */
const pathOctetsMax = 4096;

/** glibc's name, which musl takes for its own, too, and musl's. */
const libraries = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** Functions of libc; undefined where there is no libc by a known name, or it lacks one of them. */
function openLibrary<Symbols extends Record<string, FFIFunction>>(symbols: Symbols) {
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  for (const library of libraries) {
    try {
      return dlopen(library, symbols).symbols;
    } catch {
      // Another libc, then.
    }
  }
  return undefined;
}

function openLibc() {
  const symbols = openLibrary({
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    // It takes at most 0x7ffff000 octets at a time (sendfile(2)).
    sendfile: { args: ["i32", "i32", "ptr", "u64"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const errnoAt = symbols?.["__errno_location"]();
  if (symbols === undefined || errnoAt === null || errnoAt === undefined) return undefined;
  const { read } = require("bun:ffi") as typeof import("bun:ffi");
  return { ...symbols, errno: () => read.i32(errnoAt) };
}

/**
 * The calls in libc; undefined where they can't be had. Buffers are passed as they are and not by
 * an address kept apart, which costs nothing and leaves them to the garbage collector.
 */
function loadNativeCalls(): SystemCalls | undefined {
  const libc = process.platform === "linux" ? openLibc() : undefined;
  if (libc === undefined) return undefined;
  const { statx, sendfile, send, ioctl, errno } = libc;
  const encoder = new TextEncoder();
  const named = new Uint8Array(pathOctetsMax);
  const unnamed = new Uint8Array(1);
  const seen = new Int32Array(statxWords);
  const offset = new Uint32Array(2);
  const held = new Int32Array(1);

  const fill = ({ words }: Sighting): 0 => {
    words[word.mode] = (seen[statxMode] ?? 0) & 0xffff;
    for (let i = 0; i < 2; i++) {
      words[word.ino + i] = seen[statxInode + i] ?? 0;
      words[word.dev + i] = seen[statxDevice + i] ?? 0;
      words[word.size + i] = seen[statxSize + i] ?? 0;
    }
    for (let i = 0; i < 3; i++) {
      words[word.mtime + i] = seen[statxMtime + i] ?? 0;
      words[word.ctime + i] = seen[statxCtime + i] ?? 0;
    }
    return 0;
  };
  /** The octets of `text`, in a buffer that the next one uses again; undefined if too long. */
  const encode = (text: string): Uint8Array | undefined => {
    const { read, written } = encoder.encodeInto(text, named);
    if (read < text.length || written === pathOctetsMax) return undefined;
    named[written] = 0;
    return named;
  };

  return {
    kind: "native",
    look(path, into) {
      let octets: Uint8Array | undefined;
      if (typeof path === "string") {
        if (path.includes("\0")) return errorNumber.EINVAL;
        octets = encode(path);
        if (octets === undefined) return errorNumber.ENAMETOOLONG;
      } else {
        octets = path.octets;
      }
      const failed = statx(AT_FDCWD, octets, AT_SYMLINK_NOFOLLOW, STATX_WANTED, seen);
      return failed === 0 ? fill(into) : errno();
    },
    lookInto(descriptor, into) {
      const failed = statx(descriptor, unnamed, AT_EMPTY_PATH, STATX_WANTED, seen);
      return failed === 0 ? fill(into) : errno();
    },
    sendFile(socket, file, position, octets) {
      offset[0] = position % high;
      offset[1] = position / high;
      const taken = sendfile(socket, file, offset, octets);
      if (taken >= 0) return taken;
      const error = errno();
      return error === errorNumber.EAGAIN || error === errorNumber.EINTR ? -1 : undefined;
    },
    sendMore(socket, octets) {
      return Math.max(0, send(socket, octets, octets.length, MSG_FLAGS));
    },
    queued: (socket) => (ioctl(socket, SIOCOUTQ, held) === 0 ? held[0] : undefined),
  };
}

let native: { readonly calls: SystemCalls | undefined } | undefined;

/**
 * The native calls, loaded by the first who asks; undefined where they can't be had. They have to
 * see what the plain ones see: an old sandbox may know sendfile and refuse statx.
 */
export function nativeCalls(): SystemCalls | undefined {
  if (native === undefined) {
    const calls = loadNativeCalls();
    const [one, other] = [new Sighting(), new Sighting()];
    const works =
      calls?.look("/", one) === 0 && plainCalls.look("/", other) === 0 && one.isSameFolder(other);
    native = { calls: works ? calls : undefined };
  }
  return native.calls;
}

/** The best calls that can be had here, or the plain ones if that is the `setting`. */
export function chooseSystemCalls(setting: string | undefined): SystemCalls {
  return setting === "off" ? plainCalls : (nativeCalls() ?? plainCalls);
}

let chosen: SystemCalls | undefined;

/** The calls that this process makes, as `POSTERN_NATIVE` says. */
export function systemCalls(): SystemCalls {
  chosen ??= chooseSystemCalls(process.env["POSTERN_NATIVE"]);
  return chosen;
}

/** What keeps a port, after its socket has listened alone, for sockets that share it. */
export interface PortCalls {
  /** fcntl F_DUPFD_CLOEXEC: a second descriptor of `socket`; -1 when there can be none. */
  copy(socket: number): number;
  /** setsockopt: lets `socket` share its port with those that share, and with no other. */
  share(socket: number): boolean;
  /** shutdown SHUT_RD: ends the listening of `socket`, and nothing else (shutdown(2)). */
  deafen(socket: number): boolean;
}

/** linux/fcntl.h, asm-generic/socket.h, sys/socket.h: the same on x64 and on arm64. */
const F_DUPFD_CLOEXEC = 1030;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_REUSEPORT = 15;
const SHUT_RD = 0;

/** The calls, loaded anew each time; undefined where they can't be had, or aren't wanted. */
export function loadPortCalls(): PortCalls | undefined {
  if (process.platform !== "linux" || process.env["POSTERN_NATIVE"] === "off") return undefined;
  const libc = openLibrary({
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    shutdown: { args: ["i32", "i32"], returns: "i32" },
  });
  if (libc === undefined) return undefined;
  const set = (socket: number, option: number, value: 0 | 1): boolean =>
    libc.setsockopt(socket, SOL_SOCKET, option, new Int32Array([value]), 4) === 0;
  return {
    copy: (socket) => libc.fcntl(socket, F_DUPFD_CLOEXEC, 0),
    // A socket with SO_REUSEADDR lets in all others that have it, once it listens no more.
    share: (socket) => set(socket, SO_REUSEPORT, 1) && set(socket, SO_REUSEADDR, 0),
    deafen: (socket) => libc.shutdown(socket, SHUT_RD) === 0,
  };
}
