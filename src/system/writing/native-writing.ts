/**
 * The calls for writing that node:fs doesn't have, made in libc. Linux only. Loaded with the first
 * file that is written.
 */

import { nameOctets } from "../../base/file-name.ts";
import { errnoReader, openLibc } from "../libc.ts";

/** The calls. */
interface NativeWriting {
  /**
   * renameat2 with RENAME_NOREPLACE: `from` gets the name `to` if nothing has that name. 0, or the
   * error number: EEXIST when something has it.
   */
  renameNew(from: string, to: string): number;
  /**
   * flock with LOCK_EX and LOCK_NB: whether `descriptor` has the lock of its file now. The system
   * takes it back when the last descriptor of that opening is closed, also by a kill.
   */
  lock(descriptor: number): boolean;
}

/** linux/fcntl.h, linux/fs.h, asm-generic/fcntl.h. */
const AT_FDCWD = -100;
const RENAME_NOREPLACE = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Loaded once; undefined where libc can't be had, and with `POSTERN_NATIVE=off`. */
let loaded: { readonly calls: NativeWriting | undefined } | undefined;

function load(): NativeWriting | undefined {
  if (process.env["POSTERN_NATIVE"] === "off") return undefined;
  const libc = openLibc({
    renameat2: { args: ["i32", "ptr", "i32", "ptr", "u32"], returns: "i32" },
    flock: { args: ["i32", "i32"], returns: "i32" },
    __errno_location: { args: [], returns: "ptr" },
  });
  const errnoAt = libc?.["__errno_location"]();
  if (libc === undefined || errnoAt === null || errnoAt === undefined) return undefined;
  const errno = errnoReader(errnoAt);
  return {
    renameNew(from, to) {
      const [old, name] = [nameOctets(`${from}\0`), nameOctets(`${to}\0`)];
      return libc.renameat2(AT_FDCWD, old, AT_FDCWD, name, RENAME_NOREPLACE) === 0 ? 0 : errno();
    },
    lock: (descriptor) => libc.flock(descriptor, LOCK_EX | LOCK_NB) === 0,
  };
}

/** The calls; undefined where they can't be had. */
export function nativeWriting(): NativeWriting | undefined {
  loaded ??= { calls: load() };
  return loaded.calls;
}
