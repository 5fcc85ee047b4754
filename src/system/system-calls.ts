/**
 * The system calls that the server makes, as an interface with two implementations: those in
 * `native-calls.ts` are made in libc, those in `plain-calls.ts` by node:fs, for systems without the
 * former. Both fill a `FileStat` with the same words. `system-choice.ts` chooses.
 *
 * Paths and names are texts in the form of `base/file-name.ts`, which any octets have.
 *
 * No call throws because of what the file system says: a failure is an error number of Linux
 * (errno(3)).
 */

import { nameOctets } from "../base/file-name.ts";
import type { FileStat } from "./file-stat.ts";

/** A path as the kernel takes it, encoded once for many looks. */
export class PreparedPath {
  readonly text: string;
  /** With the NUL at its end. */
  readonly octets: Uint8Array;

  /** Throws when `text` has a NUL in it: no path has one, and the kernel would end there. */
  constructor(text: string) {
    if (text.includes("\0")) throw new Error("a path has no NUL in it");
    this.text = text;
    this.octets = nameOctets(`${text}\0`);
  }
}

/**
 * What is opened, and what for. No way waits, for the writer of a FIFO, say (POSIX open(),
 * O_NONBLOCK), and no descriptor is inherited by other programs (O_CLOEXEC).
 *
 * - "content": anything but a symbolic link (ELOOP), to read it.
 * - "place": a folder and no link to one (ENOTDIR), to look for something in it. This is O_PATH of
 *   Linux, which needs no permission on the folder itself.
 * - "listing": a folder, to read its entries.
 */
export type OpenWay = "content" | "listing" | "place";

/**
 * How often a call is made that a signal interrupts (EINTR). A file system in user space or on a
 * network may answer so to any call, and as often as it likes.
 */
export const interruptedCallsMax = 8;

/** The calls. Every descriptor that is passed in is an open one. */
export interface SystemCalls {
  readonly kind: "native" | "plain";
  /** open: the descriptor, or the negated error number. */
  open(path: PreparedPath | string, way: OpenWay): number;
  /** close. An error is dropped, because nothing can be done about it any more. */
  close(descriptor: number): void;
  /**
   * pread: reads from `position` on. The count of octets, 0 at the end of the file, or the negated
   * error number.
   */
  read(descriptor: number, into: Uint8Array, position: number): number;
  /**
   * access with R_OK: whether the process may read what `path` leads to, through a symbolic link,
   * too. 0 when it may, or the error number.
   */
  mayRead(path: string): number;
  /** readlink: the target of the link at `path`, or the error number; EINVAL if it is no link. */
  readLink(path: string): string | number;
  /** realpath: `path` from "/" on, without symbolic links in it, or the error number. */
  realPath(path: string): string | number;
  /**
   * lstat: looks at `path`; a symbolic link is not followed. 0 when `into` was filled, or the error
   * number, which leaves `into` as it was. With an open `folder` the path begins there (Linux
   * only).
   */
  look(path: PreparedPath | string, into: FileStat, folder?: number): number;
  /** fstat: `look` for what is open as `descriptor`. */
  lookInto(descriptor: number, into: FileStat): number;
  /**
   * getdents64: the next entries of the open `folder`, as many as `into` has room for, each a
   * struct linux_dirent64 (getdents(2)). The count of octets that they fill, 0 at the end, or the
   * negated error number; undefined when there is no such call.
   */
  readFolder(folder: number, into: Uint8Array): number | undefined;
  /**
   * sendfile: has the kernel send up to `octets` of `file`, from `position` on, to `socket`,
   * without waiting. The count of octets taken, 0 at the end of the file and -1 when the socket is
   * full; undefined when the kernel can't send this file to this socket, or there is no such call.
   */
  sendFile(socket: number, file: number, position: number, octets: number): number | undefined;
  /**
   * send with MSG_MORE: gives `octets` to `socket`, which holds them back until more follow, for at
   * most 0.2 s (tcp(7)). The count of octets taken, 0 when the call fails.
   */
  sendMore(socket: number, octets: Uint8Array): number;
  /**
   * ioctl SIOCOUTQ: the count of octets in the send queue of `socket` (tcp(7)); undefined when it
   * is unknown.
   */
  queued(socket: number): number | undefined;
  /** isatty: whether `descriptor` is a terminal. */
  isTerminal(descriptor: number): boolean;
  /**
   * getsockopt TCP_MAXSEG: the most octets of one segment that `socket` sends (tcp(7)); undefined
   * when it is unknown.
   */
  segmentOctets(socket: number): number | undefined;
  /**
   * setsockopt TCP_QUICKACK: acknowledges at once what has arrived on `socket`. By default the
   * kernel waits up to 40 ms for octets that it can send with the acknowledgement (tcp(7)). An
   * error is dropped, because the acknowledgement is then only later.
   */
  acknowledge(socket: number): void;
  /**
   * setsockopt TCP_NOTSENT_LOWAT: `socket` is full while `octets` octets or more wait in it to be
   * sent, and has drained when half of them are left. Those that are on their way don't count. An
   * error is dropped, because the kernel's own bound then remains (tcp(7), tcp_wmem).
   */
  boundUnsent(socket: number, octets: number): void;
  /**
   * setsockopt SO_RCVBUF: about `octets` octets that have come wait in `socket`; the kernel counts
   * its own records as well, and doubles the value for that (socket(7)). An error is dropped,
   * because the kernel's own bound then remains (tcp(7), tcp_rmem).
   */
  boundUnread(socket: number, octets: number): void;
}

/** errno(3): the errors that the server tells apart, by Linux's numbers on every system. */
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
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EFBIG: 27,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  ETIMEDOUT: 110,
  ESTALE: 116,
} as const;

/** By a plain loop, since this runs at each start. */
function namesOfErrors(): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(errorNumber)) names.set(number, name);
  return names;
}

const errorNames = namesOfErrors();

/** The name of an error, "ENOENT"; of one that is not in the list, its number. */
export function errorName(number: number): string {
  return errorNames.get(number) ?? `error ${number}`;
}
