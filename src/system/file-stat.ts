/**
 * What one look at a file saw of it: the fields of its stat structure that matter here, to the
 * nanosecond. Two stats tell whether a file is still the same, so what was cached about it still
 * holds.
 */

/**
 * Where the words of a `FileStat` are in an array, each of 32 bits. A number of two words is low,
 * high; a time of three is seconds (low, high) and nanoseconds.
 */
export const word = { mode: 0, ino: 1, dev: 3, size: 5, mtime: 7, ctime: 10, count: 13 } as const;

/** The type of a file in its st_mode (sys/stat.h): the same numbers on every system. */
const typeBits = {
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFDIR: 0o040000,
  S_IFLNK: 0o120000,
} as const;

/** The type of a file as far as it matters here. */
export type FileType = "file" | "directory" | "link" | "other";

/** 2^32: the unit of a high word. */
const high = 0x1_0000_0000;

/**
 * What a look at a file saw. Two stats of the same file with the same content and the same
 * permissions are equal in all their words. Each word is a field of its own: a server that caches
 * many files has most of them outside the processor's caches, where a comparison of arrays would
 * fetch from two more places.
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

  /** All words, in the order of `word`; without them all are zero. */
  constructor(words?: Int32Array) {
    if (words !== undefined) this.set(words);
  }

  /** Replaces all words, in the order of `word`. */
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

  /** All words, in the order of `word`. For a digest of the whole, not for reading them. */
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

  /** What kind of file it is; a symbolic link is itself. */
  get type(): FileType {
    switch (this.#mode & typeBits.S_IFMT) {
      case typeBits.S_IFREG:
        return "file";
      case typeBits.S_IFDIR:
        return "directory";
      case typeBits.S_IFLNK:
        return "link";
      default:
        return "other";
    }
  }

  /** Whether it is a folder. */
  get isFolder(): boolean {
    return (this.#mode & typeBits.S_IFMT) === typeBits.S_IFDIR;
  }

  /** The same for two looks at one file, and for no other file at that time. */
  get identity(): string {
    return `${this.#dev}.${this.#devHigh}.${this.#ino}.${this.#inoHigh}`;
  }

  /** In bytes. */
  get size(): number {
    return (this.#sizeHigh >>> 0) * high + (this.#size >>> 0);
  }

  /** The last change of the content, in whole milliseconds since 1970, rounded down. */
  get mtimeMs(): number {
    return milliseconds(this.#mtime, this.#mtimeHigh, this.#mtimeNs);
  }

  /**
   * The last change of content, permissions or names, in whole milliseconds since 1970, rounded
   * down.
   */
  get ctimeMs(): number {
    return milliseconds(this.#ctime, this.#ctimeHigh, this.#ctimeNs);
  }

  /** Whether both are the same file with the same content, permissions and names. */
  isSame(other: FileStat): boolean {
    // The time of the last change comes first, because that is what differs if anything does.
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

  /** Whether both are the same folder with the same permissions. Its entries don't count. */
  isSameFolder(other: FileStat): boolean {
    return (
      this.#ino === other.#ino &&
      this.#inoHigh === other.#inoHigh &&
      this.#dev === other.#dev &&
      this.#devHigh === other.#devHigh &&
      this.#mode === other.#mode
    );
  }

  /** A copy to keep, while the original is filled by other looks. */
  copy(): FileStat {
    const copy = new FileStat();
    copy.#assign(this);
    return copy;
  }

  #assign(other: FileStat): void {
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

/** Seconds, whose high word may be negative, and nanoseconds, as whole milliseconds. */
function milliseconds(low: number, upper: number, nanoseconds: number): number {
  return (upper * high + (low >>> 0)) * 1000 + Math.floor(nanoseconds / 1_000_000);
}
