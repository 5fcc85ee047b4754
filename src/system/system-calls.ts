/**
 * The words between this layer and the system: what a look at a file has seen, a path as the kernel
 * takes it, an error's number, and the calls themselves, of which there are two kinds. Those in
 * `native-calls.ts` are made in libc; those in `plain-calls.ts`, by node:fs, are for where that
 * can't be had. What one kind has seen the other knows again. `chosen-calls.ts` chooses.
 *
 * Nothing here throws because of what the file system says: a failure is a number of Linux's
 * (errno(3)), and what was seen goes into a `FileStat`.
 */

/**
 * Where a `FileStat` has its words, each of 32 bits; two are low and high, three are seconds (low,
 * high) and nanoseconds.
 */
export const word = { mode: 0, ino: 1, dev: 3, size: 5, mtime: 7, ctime: 10, count: 13 } as const;

/** The type of a file in its st_mode (sys/stat.h): the same numbers on every system. */
export const typeBits = {
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  S_IFLNK: 0o120000,
} as const;

/** 2^32: what a high word counts. */
export const high = 0x1_0000_0000;

/**
 * What a look saw of a file, to the nanosecond. Two sightings of the same file with the same
 * content and the same permissions are the same in all their words. Each word is a field of its
 * own: a server that remembers many files has nothing of most in the processor's caches, and an
 * array would be two more places to fetch for a comparison.
 */
export class FileStat {
  #mode = 0;
  #ino = 0;
  #inoHigh = 0;
  #dev = 0;
  #devHigh = 0;
  #size = 0;
  #sizeHigh = 0;
  #mtime = 0;
  #mtimeHigh = 0;
  #mtimeNs = 0;
  #ctime = 0;
  #ctimeHigh = 0;
  #ctimeNs = 0;

  /** Everything, as `word` has it. */
  constructor(words?: Int32Array) {
    if (words !== undefined) this.set(words);
  }

  /** Takes in what has been seen instead: everything, as `word` has it. */
  set(words: Int32Array): void {
    this.#mode = words[word.mode] ?? 0;
    this.#ino = words[word.ino] ?? 0;
    this.#inoHigh = words[word.ino + 1] ?? 0;
    this.#dev = words[word.dev] ?? 0;
    this.#devHigh = words[word.dev + 1] ?? 0;
    this.#size = words[word.size] ?? 0;
    this.#sizeHigh = words[word.size + 1] ?? 0;
    this.#mtime = words[word.mtime] ?? 0;
    this.#mtimeHigh = words[word.mtime + 1] ?? 0;
    this.#mtimeNs = words[word.mtime + 2] ?? 0;
    this.#ctime = words[word.ctime] ?? 0;
    this.#ctimeHigh = words[word.ctime + 1] ?? 0;
    this.#ctimeNs = words[word.ctime + 2] ?? 0;
  }

  /** Everything, as `word` has it; of no use to others but as a whole, for a digest. */
  get words(): Int32Array<ArrayBuffer> {
    return Int32Array.of(
      this.#mode,
      this.#ino,
      this.#inoHigh,
      this.#dev,
      this.#devHigh,
      this.#size,
      this.#sizeHigh,
      this.#mtime,
      this.#mtimeHigh,
      this.#mtimeNs,
      this.#ctime,
      this.#ctimeHigh,
      this.#ctimeNs,
    );
  }

  /** The whole st_mode. */
  get mode(): number {
    return this.#mode;
  }

  /** Whether it is a folder. */
  get isFolder(): boolean {
    return (this.#mode & typeBits.S_IFMT) === typeBits.S_IFDIR;
  }

  /** In bytes. */
  get size(): number {
    return (this.#sizeHigh >>> 0) * high + (this.#size >>> 0);
  }

  /** The last change of the content, in whole milliseconds since 1970, rounded down. */
  get mtimeMs(): number {
    return milliseconds(this.#mtime, this.#mtimeHigh, this.#mtimeNs);
  }

  /** The last change of anything about it, in whole milliseconds since 1970, rounded down. */
  get ctimeMs(): number {
    return milliseconds(this.#ctime, this.#ctimeHigh, this.#ctimeNs);
  }

  /** Whether both are the same file, unchanged: its content, its permissions and its names. */
  isSame(other: FileStat): boolean {
    // The last change of anything first: of two that differ, they differ in this.
    return (
      this.#ctimeNs === other.#ctimeNs &&
      this.#ctime === other.#ctime &&
      this.#ctimeHigh === other.#ctimeHigh &&
      this.hasSameContent(other) &&
      this.isSameFolder(other)
    );
  }

  /** Whether both have the same content, by its size and the time of its last change. */
  hasSameContent(other: FileStat): boolean {
    return (
      this.#mtimeNs === other.#mtimeNs &&
      this.#mtime === other.#mtime &&
      this.#mtimeHigh === other.#mtimeHigh &&
      this.#size === other.#size &&
      this.#sizeHigh === other.#sizeHigh
    );
  }

  /** Whether both are the same folder with the same permissions, whatever is in it. */
  isSameFolder(other: FileStat): boolean {
    return (
      this.#ino === other.#ino &&
      this.#inoHigh === other.#inoHigh &&
      this.#dev === other.#dev &&
      this.#devHigh === other.#devHigh &&
      this.#mode === other.#mode
    );
  }

  /** A copy to keep, while this one looks at other files. */
  copy(): FileStat {
    const copy = new FileStat();
    copy.become(this);
    return copy;
  }

  /** Takes in what `other` has seen. */
  become(other: FileStat): void {
    this.#mode = other.#mode;
    this.#ino = other.#ino;
    this.#inoHigh = other.#inoHigh;
    this.#dev = other.#dev;
    this.#devHigh = other.#devHigh;
    this.#size = other.#size;
    this.#sizeHigh = other.#sizeHigh;
    this.#mtime = other.#mtime;
    this.#mtimeHigh = other.#mtimeHigh;
    this.#mtimeNs = other.#mtimeNs;
    this.#ctime = other.#ctime;
    this.#ctimeHigh = other.#ctimeHigh;
    this.#ctimeNs = other.#ctimeNs;
  }
}

/** Seconds, of which the high word may be negative, and nanoseconds, in whole milliseconds. */
function milliseconds(low: number, upper: number, nanoseconds: number): number {
  return (upper * high + (low >>> 0)) * 1000 + Math.floor(nanoseconds / 1_000_000);
}

const encoder = new TextEncoder();

/** A path as the kernel takes it, made once for many looks. */
export class PreparedPath {
  readonly text: string;
  /** In UTF-8, with the NUL at its end. */
  readonly octets: Uint8Array;

  /** Throws where a NUL would cut `text` short: no path has one. */
  constructor(text: string) {
    if (text.includes("\0")) throw new Error("a path has no NUL in it");
    this.text = text;
    this.octets = encoder.encode(`${text}\0`);
  }
}

/**
 * What is opened, and what for. None of these waits for somebody, a FIFO's writer, say (POSIX
 * open(), O_NONBLOCK), and none goes on to other programs. "content": whatever is there, to be
 * read, but no symbolic link (ELOOP). "place": a folder and no link to one (ENOTDIR), to look for
 * something in it; Linux's O_PATH, which asks for no permission on the folder itself. "listing": a
 * folder, to be read.
 */
export type OpenWay = "content" | "listing" | "place";

/** The calls, by one way or the other. A descriptor is one that is open. */
export interface SystemCalls {
  readonly kind: "native" | "plain";
  /** open: answers with the descriptor, or with the error's number, negated. */
  open(path: PreparedPath | string, way: OpenWay): number;
  /** close. What it might report comes too late to be of use. */
  close(descriptor: number): void;
  /**
   * pread: reads from `position` on. Answers how many octets, 0 at the end of the file, or with the
   * error's number, negated.
   */
  read(descriptor: number, into: Uint8Array, position: number): number;
  /** readlink: what the link at `path` says, or the error's number; EINVAL if it is no link. */
  readLink(path: string): string | number;
  /** realpath: `path` from "/" on, without symbolic links in it, or the error's number. */
  realPath(path: string): string | number;
  /**
   * lstat: looks at `path`, and at a symbolic link itself. Answers 0 and fills `into`, or answers
   * with the error's number and leaves `into` as it was. With an open `folder` the path begins
   * there (Linux only).
   */
  look(path: PreparedPath | string, into: FileStat, folder?: number): number;
  /** fstat: the same for what is open as `descriptor`. */
  lookInto(descriptor: number, into: FileStat): number;
  /**
   * getdents64: the next entries of the open `folder`, as many as `into` has room for, each a
   * struct linux_dirent64 (getdents(2)). Answers the octets they fill, 0 at the end; undefined when
   * it can't be done.
   */
  readFolder(folder: number, into: Uint8Array): number | undefined;
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
