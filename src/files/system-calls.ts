/**
 * The words between this layer and the system: what a look at a file has seen, a path as the kernel
 * takes it, an error's number, and the calls themselves, of which there are two kinds. Those in
 * `native-calls.ts` are made in libc; those in `plain-calls.ts`, by node:fs, are for where that
 * can't be had. What one kind has seen the other knows again. `chosen-calls.ts` chooses.
 *
 * Nothing here throws because of what the file system says: a failure is a number of Linux's
 * (errno(3)), and what was seen goes into a `Sighting`.
 */

/**
 * Where a `Sighting` has its words, each of 32 bits; two are low and high, three are seconds (low,
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
    return ((this.words[word.mode] ?? 0) & typeBits.S_IFMT) === typeBits.S_IFDIR;
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
  look(path: PreparedPath | string, into: Sighting, folder?: number): number;
  /** fstat: the same for what is open as `descriptor`. */
  lookInto(descriptor: number, into: Sighting): number;
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
