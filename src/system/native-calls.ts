/**
 * The system calls in libc: those that node:fs doesn't have, and those that it has only with
 * objects, exceptions and bigints around them, after 4 ms of loading. Linux only.
 *
 * No call allocates anything, except those that answer with a text. Buffers are passed as they are
 * and not by an address kept apart; that costs nothing and leaves them to the garbage collector.
 */

import { nameText, writeName } from "../base/file-name.ts";
import type { FileStat } from "./file-stat.ts";
import { word } from "./file-stat.ts";
import { errnoReader, openLibc } from "./libc.ts";
import type { OpenWay, PreparedPath, SystemCalls } from "./system-calls.ts";
import { errorNumber, interruptedCallsMax } from "./system-calls.ts";

/** asm-generic/fcntl.h of Linux; two differ on arm64 (its uapi/asm/fcntl.h). */
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const O_NOFOLLOW = process.arch === "arm64" ? 0o100000 : 0o400000;

const flagsOf: Readonly<Record<OpenWay, number>> = {
  content: O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
  place: O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
  listing: O_DIRECTORY | O_NONBLOCK | O_CLOEXEC,
};

/** unistd.h: access asks for the right to read (access(2)). */
const R_OK = 4;
/** linux/stat.h, linux/fcntl.h, linux/sockios.h: the same on x64 and on arm64. */
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
/** STATX_TYPE, STATX_MODE, STATX_MTIME, STATX_CTIME, STATX_INO, STATX_SIZE. */
const STATX_WANTED = 0x1 | 0x2 | 0x40 | 0x80 | 0x100 | 0x200;
const SIOCOUTQ = 0x5411;
/** asm-generic/ioctls.h; what it fills is a struct termios of 36 octets. */
const TCGETS = 0x5401;
const termiosOctets = 64;
/** asm/unistd.h. Called by its number, because glibc and musl have it under different names. */
const SYS_getdents64 = process.arch === "arm64" ? 61 : 217;
/** MSG_DONTWAIT, MSG_NOSIGNAL, MSG_MORE (bits/socket.h). */
const MSG_FLAGS = 0x40 | 0x4000 | 0x8000;

/**
 * Where struct statx (linux/stat.h) has the words of a `FileStat`, counted in words. The mode is
 * the lower half of its word.
 */
const statxMode = 7;
const statxInode = 8;
const statxSize = 10;
const statxCtime = 24;
const statxMtime = 28;
const statxDevice = 34;
const statxWords = 64;

/** PATH_MAX of linux/limits.h, the NUL included. */
const pathOctetsMax = 4096;

/** What a start and the answer with a small file call; undefined where libc can't be had. */
function loadLibc() {
  const symbols = openLibc({
    // Its fourth argument, the mode of a new file, is only read by O_CREAT and O_TMPFILE.
    openat: { args: ["i32", "ptr", "i32"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
    pread: { args: ["i32", "ptr", "u64", "i64"], returns: "i32" },
    realpath: { args: ["ptr", "ptr"], returns: "ptr" },
    statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const errnoAt = symbols?.["__errno_location"]();
  if (symbols === undefined || errnoAt === null || errnoAt === undefined) return undefined;
  return { ...symbols, errno: errnoReader(errnoAt) };
}

type Libc = NonNullable<ReturnType<typeof loadLibc>>;

/** The others, each of which would take a start 30 µs. They are loaded by the first call of one. */
function loadFurther() {
  const symbols = openLibc({
    faccessat: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
    readlinkat: { args: ["i32", "ptr", "ptr", "u64"], returns: "i32" },
    // It takes at most 0x7ffff000 octets at a time (sendfile(2)).
    sendfile: { args: ["i32", "i32", "ptr", "u64"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
    syscall: { args: ["i64", "i64", "ptr", "u64"], returns: "i32" },
  });
  // All have been in libc for longer than statx, without which there are no native calls.
  if (symbols === undefined) throw new Error("libc can't be opened any more");
  return symbols;
}

type Further = ReturnType<typeof loadFurther>;

/** Holds the path of the current call. */
const named = new Uint8Array(pathOctetsMax);

/** The octets of `path` with a NUL behind them, valid until the next call; or an error number. */
function encode(path: PreparedPath | string): Uint8Array | number {
  if (typeof path !== "string") return path.octets;
  if (path.includes("\0")) return errorNumber.EINVAL;
  const length = writeName(path, named);
  if (length === -1 || length === pathOctetsMax) return errorNumber.ENAMETOOLONG;
  named[length] = 0;
  return named;
}

/** The folder where the kernel begins to resolve a path, and the path from there on. */
interface Place {
  from: number;
  path: PreparedPath | string;
}

/** Reused by every call, so that none allocates one. */
const place: Place = { from: AT_FDCWD, path: "" };

/** Where a folder that is held open has its entries, below its descriptor (proc_pid_fd(5)). */
const heldFolders = "/proc/self/fd/";

/**
 * `path` as the kernel resolves it fastest, valid until the next call. An entry of a folder that is
 * held open has a path in /proc (see `folder.ts`); from the folder's descriptor it is found in a
 * third of the time.
 */
function placeOf(path: PreparedPath | string): Place {
  place.from = AT_FDCWD;
  place.path = path;
  if (typeof path !== "string" || !path.startsWith(heldFolders)) return place;
  const end = path.indexOf("/", heldFolders.length);
  const digits = path.slice(heldFolders.length, end);
  if (end === -1 || String(Number(digits)) !== digits) return place;
  place.from = Number(digits);
  place.path = path.slice(end + 1) || ".";
  return place;
}

/** Whether a call that was made `made` times and has failed with `error` is not made again. */
function isLast(error: number, made: number): boolean {
  return error !== errorNumber.EINTR || made >= interruptedCallsMax;
}

function openingCalls(
  { openat, close, pread, errno }: Libc,
  further: () => Further,
): Pick<SystemCalls, "open" | "close" | "read" | "readFolder"> {
  return {
    open(path, way) {
      const { from, path: rest } = placeOf(path);
      const octets = encode(rest);
      if (typeof octets === "number") return -octets;
      for (let made = 1; ; made++) {
        const descriptor = openat(from, octets, flagsOf[way]);
        if (descriptor >= 0) return descriptor;
        const error = errno();
        if (isLast(error, made)) return -error;
      }
    },
    close: (descriptor) => void close(descriptor),
    read(descriptor, into, position) {
      for (let made = 1; ; made++) {
        const count = pread(descriptor, into, into.length, position);
        if (count >= 0) return count;
        const error = errno();
        if (isLast(error, made)) return -error;
      }
    },
    readFolder(folder, into) {
      const { syscall } = further();
      for (let made = 1; ; made++) {
        const length = syscall(SYS_getdents64, folder, into, into.length);
        if (length >= 0) return length;
        const error = errno();
        if (isLast(error, made)) return -error;
      }
    },
  };
}

function namingCalls(
  { realpath, errno }: Libc,
  further: () => Further,
): Pick<SystemCalls, "mayRead" | "readLink" | "realPath"> {
  const answered = new Uint8Array(pathOctetsMax);
  return {
    mayRead(path) {
      const { from, path: rest } = placeOf(path);
      const octets = encode(rest);
      if (typeof octets === "number") return octets;
      const { faccessat } = further();
      for (let made = 1; ; made++) {
        if (faccessat(from, octets, R_OK, 0) === 0) return 0;
        const error = errno();
        if (isLast(error, made)) return error;
      }
    },
    readLink(path) {
      const { from, path: rest } = placeOf(path);
      const octets = encode(rest);
      if (typeof octets === "number") return octets;
      const { readlinkat } = further();
      for (let made = 1; ; made++) {
        const length = readlinkat(from, octets, answered, pathOctetsMax);
        if (length >= 0) return nameText(answered, 0, length);
        const error = errno();
        if (isLast(error, made)) return error;
      }
    },
    realPath(path) {
      const octets = encode(path);
      if (typeof octets === "number") return octets;
      if (realpath(octets, answered) === null) return errno();
      return nameText(answered, 0, answered.indexOf(0));
    },
  };
}

function lookingCalls({ statx, errno }: Libc): Pick<SystemCalls, "look" | "lookInto"> {
  const unnamed = new Uint8Array(1);
  const seen = new Int32Array(statxWords);

  const words = new Int32Array(word.count);

  const fill = (into: FileStat): 0 => {
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
    into.set(words);
    return 0;
  };

  return {
    look(path, into, folder) {
      const { from, path: rest } = placeOf(path);
      const octets = encode(rest);
      if (typeof octets === "number") return octets;
      for (let made = 1; ; made++) {
        const failed = statx(folder ?? from, octets, AT_SYMLINK_NOFOLLOW, STATX_WANTED, seen);
        if (failed === 0) return fill(into);
        const error = errno();
        if (isLast(error, made)) return error;
      }
    },
    lookInto(descriptor, into) {
      for (let made = 1; ; made++) {
        const failed = statx(descriptor, unnamed, AT_EMPTY_PATH, STATX_WANTED, seen);
        if (failed === 0) return fill(into);
        const error = errno();
        if (isLast(error, made)) return error;
      }
    },
  };
}

/** 2^32: the unit of a high word. */
const high = 0x1_0000_0000;

/** asm-generic/socket.h, linux/in.h, linux/tcp.h: the same on x64 and on arm64. */
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const IPPROTO_TCP = 6;
const TCP_MAXSEG = 2;
const TCP_QUICKACK = 12;
const TCP_NOTSENT_LOWAT = 25;

/**
 * setsockopt, which a server needs with TLS or with many connections, and so loads by its first
 * call.
 */
function loadSocketOption() {
  return openLibc({
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  })?.setsockopt;
}

/** getsockopt, which is loaded by the first client that pauses. */
function loadSocketQuestion() {
  return openLibc({
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  })?.getsockopt;
}

function socketCalls(
  { ioctl, errno }: Libc,
  further: () => Further,
): Pick<
  SystemCalls,
  | "sendFile"
  | "sendMore"
  | "queued"
  | "isTerminal"
  | "segmentOctets"
  | "acknowledge"
  | "boundUnsent"
  | "boundUnread"
> {
  const offset = new Uint32Array(2);
  const held = new Int32Array(1);
  const option = new Int32Array(1);
  const size = new Uint32Array(1);
  let getOption: ReturnType<typeof loadSocketQuestion>;
  let setOption: ReturnType<typeof loadSocketOption>;
  const set = (socket: number, level: number, name: number, value: number): void => {
    option[0] = value;
    setOption ??= loadSocketOption();
    setOption?.(socket, level, name, option, option.byteLength);
  };
  return {
    sendFile(socket, file, position, octets) {
      offset[0] = position % high;
      offset[1] = position / high;
      const taken = further().sendfile(socket, file, offset, octets);
      if (taken >= 0) return taken;
      const error = errno();
      return error === errorNumber.EAGAIN || error === errorNumber.EINTR ? -1 : undefined;
    },
    sendMore(socket, octets) {
      return Math.max(0, further().send(socket, octets, octets.length, MSG_FLAGS));
    },
    queued: (socket) => (ioctl(socket, SIOCOUTQ, held) === 0 ? held[0] : undefined),
    isTerminal: (descriptor) => ioctl(descriptor, TCGETS, new Uint8Array(termiosOctets)) === 0,
    segmentOctets(socket) {
      getOption ??= loadSocketQuestion();
      size[0] = held.byteLength;
      return getOption?.(socket, IPPROTO_TCP, TCP_MAXSEG, held, size) === 0 ? held[0] : undefined;
    },
    acknowledge: (socket) => set(socket, IPPROTO_TCP, TCP_QUICKACK, 1),
    boundUnsent: (socket, octets) => set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, octets),
    boundUnread: (socket, octets) => set(socket, SOL_SOCKET, SO_RCVBUF, octets),
  };
}

/** The calls in `libc`; undefined where libc can't be had. The further ones are had by `load`. */
export function loadNativeCalls(
  libc: Libc | undefined = loadLibc(),
  load = loadFurther,
): SystemCalls | undefined {
  if (libc === undefined) return undefined;
  let loaded: Further | undefined;
  const further = (): Further => (loaded ??= load());
  return {
    kind: "native",
    ...openingCalls(libc, further),
    ...namingCalls(libc, further),
    ...lookingCalls(libc),
    ...socketCalls(libc, further),
  };
}
